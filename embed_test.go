package chord_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
)

// bertTexts have words in pieces, accents, capitals and an unknown word.
var bertTexts = []string{"The cat sat on the mat.", "a sleeper, running Café dogs", "xyzzy"}

// embed returns the vectors of texts.
func embed(t *testing.T, m *chord.Model, texts []string, o chord.EmbedOptions) [][]float32 {
	t.Helper()
	v, err := m.Embed(t.Context(), texts, o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestEmbed compares with what llama-embedding gives for the made embedder; its
// GELU comes from a table.
func TestEmbed(t *testing.T) {
	var want map[string][][]float64
	b, err := os.ReadFile("testdata/embed.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	for pooling, in := range map[string]uint32{"mean": 1, "cls": 2, "last": 3} {
		t.Run(pooling, func(t *testing.T) {
			got, most := embed(t, openBert(t, in), bertTexts, chord.EmbedOptions{}), 0.0
			if len(want[pooling]) != len(got) {
				t.Fatalf("%d vectors wanted, got %d", len(want[pooling]), len(got))
			}
			for i, w := range want[pooling] {
				for j := range w {
					most = max(most, math.Abs(float64(got[i][j])-w[j]))
				}
			}
			t.Logf("within %.2g", most)
			if !(most <= 5e-4) {
				t.Errorf("an element is %g off", most)
			}
			named := embed(t, openBert(t, 0), bertTexts, chord.EmbedOptions{Pooling: pooling})
			if !slices.EqualFunc(got, named, slices.Equal) {
				t.Error("the file's pooling and a named one differ")
			}
		})
	}
}

// TestEmbedTogether wants the same bits for a text alone and among more others
// than share a pass, and of a raw vector another length only.
func TestEmbedTogether(t *testing.T) {
	m := openBert(t, 1)
	many := slices.Repeat(append(bertTexts, ""), 60)
	all, raw := embed(t, m, many, chord.EmbedOptions{}), embed(t, m, many, chord.EmbedOptions{Raw: true})
	for i := range 4 {
		one := embed(t, m, many[i:i+1], chord.EmbedOptions{})[0]
		length, dot := 0.0, 0.0
		for j, x := range raw[i] {
			length += float64(x) * float64(x)
			dot += float64(x) * float64(one[j])
		}
		if length = math.Sqrt(length); math.Abs(length-1) < 0.1 || math.Abs(dot/length-1) > 1e-6 {
			t.Errorf("text %d: raw length %g, cosine %g", i, length, dot/length)
		}
		for k := i; k < len(all); k += 4 {
			if !slices.Equal(all[k], one) {
				t.Fatalf("text %d differs from the same one alone", k)
			}
		}
	}
	const first = -1.1513032 // of what llama-embedding --embd-normalize -1 gives for the last word
	if got := raw[2][0]; !(math.Abs(float64(got)-first) <= 2e-3) {
		t.Errorf("raw: got %g, want %g", got, first)
	}
	if v := embed(t, m, nil, chord.EmbedOptions{}); len(v) != 0 {
		t.Errorf("no texts: %d vectors", len(v))
	}
}

func TestEmbedErrors(t *testing.T) {
	m, texts := openBert(t, 1), []string{"a", strings.Repeat("a ", 23)}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	v, err := m.Embed(t.Context(), texts, chord.EmbedOptions{})
	wantError(t, err, chord.ErrContextFull, "text 1: 25 tokens, context of 24")
	if len(v) != 2 || v[0] == nil || v[1] != nil {
		t.Error("one text that is too long changes another's vector")
	}
	if v := embed(t, m, texts, chord.EmbedOptions{Truncate: true}); v[1] == nil {
		t.Error("Truncate: no vector")
	}
	_, err = m.Embed(done, texts[:1], chord.EmbedOptions{})
	wantError(t, err, context.Canceled, "")
	_, err = m.Embed(t.Context(), texts[:1], chord.EmbedOptions{Pooling: "max"})
	wantError(t, err, nil, `EmbedOptions.Pooling: "max", want none, mean`)
	wantError(t, last(m.Generate(t.Context(), "a", chord.Params{})), chord.ErrUnsupported, "bert gives vectors")
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = m.Embed(t.Context(), texts[:1], chord.EmbedOptions{})
	wantError(t, err, chord.ErrClosed, "")
}

// wantError wants err to wrap target, if that is not nil, and to say what.
func wantError(t *testing.T, err, target error, what string) {
	t.Helper()
	if err == nil || target != nil && !errors.Is(err, target) || !strings.Contains(err.Error(), what) {
		t.Errorf("got %v, want %v, %q", err, target, what)
	}
}

// last returns the last element's error.
func last[T any](seq func(func(T, error) bool)) (err error) {
	for _, e := range seq {
		err = e
	}
	return err
}

// A model that generates text gives vectors too: "last" is what the token gives
// that nothing follows, "mean" that of all in "none".
func TestEmbedGenerator(t *testing.T) {
	m := story(t)
	text := []string{"Once upon a time there was a cat"}
	tokens := embed(t, m, text, chord.EmbedOptions{Pooling: "none", Raw: true})[0]
	dim := m.Info().Dim
	n := len(tokens) / dim
	if n*dim != len(tokens) || n != len(m.Tokenizer().Encode(nil, text[0], bpe.EncodeOptions{})) {
		t.Fatalf("%d elements for vectors of %d", len(tokens), dim)
	}
	if last := embed(t, m, text, chord.EmbedOptions{Raw: true})[0]; !slices.Equal(last, tokens[(n-1)*dim:]) {
		t.Error("last is not the vector of the last token")
	}
	if cls := embed(t, m, text, chord.EmbedOptions{Raw: true, Pooling: "cls"})[0]; !slices.Equal(cls, tokens[:dim]) {
		t.Error("cls is not the vector of the first token")
	}
	mean := embed(t, m, text, chord.EmbedOptions{Raw: true, Pooling: "mean"})[0]
	for i, got := range mean {
		want := 0.0
		for k := range n {
			want += float64(tokens[k*dim+i]) / float64(n)
		}
		if math.Abs(float64(got)-want) > 1e-5 {
			t.Fatalf("mean: element %d is %g, want %g", i, got, want)
		}
	}
}
