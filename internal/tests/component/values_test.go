package component

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/grammar"
)

// grammarAnswer is what the program asks for with a grammar.
func grammarAnswer(t *testing.T, m *chord.Model, prompt string) string {
	t.Helper()
	g, err := grammar.Parse(`root ::= "yes" | "no"`)
	if err != nil {
		t.Fatal(err)
	}
	r, err := m.Complete(t.Context(), prompt, chord.Params{Grammar: g, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	return r.Text
}

// specials is how many tokens the name of a control token is.
func specials(m *chord.Model) int { return len(m.Tokenizer().Encode(nil, "</s>", bpe.EncodeOptions{})) }

// hash is the hash of the bits of two vectors.
func hash(t *testing.T, m *chord.Model) string {
	t.Helper()
	vectors, err := m.Embed(t.Context(), []string{"a", "b"}, chord.EmbedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	for _, v := range vectors {
		for _, x := range v {
			h.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(x)))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// values are the lines that a program prints, by name, each as JSON.
func values(t *testing.T, out string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for line := range strings.Lines(out) {
		var v struct {
			Name  string
			Value json.RawMessage
		}
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("no JSON: %s", line)
		}
		all[v.Name] = string(v.Value)
	}
	return all
}

// check compares values with what they should be, and reports those that are missing or
// unknown.
func check(t *testing.T, got map[string]string, want map[string]any) {
	t.Helper()
	for name, v := range want {
		var text strings.Builder
		e := json.NewEncoder(&text)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil {
			t.Fatal(err)
		}
		if got[name] != strings.TrimSpace(text.String()) {
			t.Errorf("%s: got %s, want %s", name, got[name], text.String())
		}
		delete(got, name)
	}
	for name, v := range got {
		t.Errorf("%s: %s, which nothing is known of", name, v)
	}
}
