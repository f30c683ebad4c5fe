// Package grammar_test has other people's validator judge the texts that masks
// let through. The rest of the tests of grammar are beside it.
package grammar_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"math/bits"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/querent-ai/chord/grammar"
	"github.com/querent-ai/chord/internal/fixtures"
)

// A vocab is single bytes, a few longer tokens, and the end token last.
var vocab, endToken = func() (*grammar.Vocab, int32) {
	var tokens [][]byte
	for b := range 256 {
		tokens = append(tokens, []byte{byte(b)})
	}
	for _, s := range []string{`{"`, `":`, `",`, `"}`, `", "`, "12", "tru", "é", "日", "abc", "null", "-1", "0.", "2024-", ".com", "://", "a@b"} {
		tokens = append(tokens, []byte(s))
	}
	tokens = append(tokens, []byte("</s>"))
	return grammar.NewVocab(tokens, []int32{int32(len(tokens) - 1)}, nil), int32(len(tokens) - 1)
}()

// sample returns a text of random tokens that the masks allow; after some tokens
// those that may end it soon are taken where they may come.
func sample(t *testing.T, g *grammar.Grammar, rng *rand.Rand) []byte {
	t.Helper()
	m := g.NewMatcher(vocab)
	mask := make([]uint64, vocab.Words())
	var text []byte
	can := make([]int32, 0, vocab.Size())
	patience := 5 + rng.IntN(60)
	for n := 0; n < 3000; n++ {
		if !m.Mask(mask) {
			t.Fatalf("after %q: no token may come", text)
		}
		can = can[:0]
		for w, set := range mask {
			for ; set != 0; set &= set - 1 {
				can = append(can, int32(64*w+bits.TrailingZeros64(set)))
			}
		}
		id := can[rng.IntN(len(can))]
		if n > patience {
			for _, end := range []int32{endToken, '}', ']', '"'} {
				if mask[end/64]>>(end%64)&1 != 0 && rng.IntN(4) > 0 {
					id = end
					break
				}
			}
		}
		if err := m.Accept(id); err != nil {
			t.Fatalf("after %q: %v", text, err)
		}
		if m.Ended() {
			return text
		}
		text = append(text, vocab.Text(id)...)
	}
	return nil
}

// ecmaBlanks is what \s stands for in ECMAScript.
const ecmaBlanks = `\s\v\x{a0}\x{feff}\p{Z}`

// ecma compiles a pattern whose \s is that of ECMAScript, where Go's knows ASCII only.
func ecma(pattern string) (jsonschema.Regexp, error) {
	var b strings.Builder
	class := false
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern):
			i++
			if pattern[i] != 's' {
				b.WriteString(pattern[i-1 : i+1])
			} else if class {
				b.WriteString(ecmaBlanks)
			} else {
				b.WriteString("[" + ecmaBlanks + "]")
			}
			continue
		case c == '[':
			class = true
		case c == ']':
			class = false
		}
		b.WriteByte(pattern[i])
	}
	return regexp.Compile(b.String())
}

// check samples texts of a schema and has each validated. It returns how many.
func check(t *testing.T, name string, schema []byte, n int, o grammar.SchemaOptions) int {
	t.Helper()
	g, err := grammar.JSONSchemaWith(schema, o)
	if err != nil {
		return 0
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	c.UseRegexpEngine(ecma)
	c.DefaultDraft(jsonschema.Draft2020)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return 0
	}
	if err := c.AddResource("mem:///schema.json", doc); err != nil {
		return 0
	}
	valid, err := c.Compile("mem:///schema.json")
	if err != nil {
		return 0
	}
	rng := rand.New(rand.NewPCG(1, 2))
	done := 0
	for range n {
		text := sample(t, g, rng)
		if text == nil {
			continue
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Errorf("%s: %.300q is no JSON: %v", name, text, err)
			return done
		}
		if err := valid.Validate(v); err != nil {
			t.Errorf("%s: %.300q: %v", name, text, err)
			return done
		}
		done++
	}
	return done
}

// benchSamples is how many texts are made of every schema of MaskBench: 200 take half
// a minute.
var benchSamples = flag.Int("samples", 10, "texts of every schema of MaskBench")

// samples is how many texts are made of every schema of the test suite.
func samples() int {
	if testing.Short() {
		return 2
	}
	return 200
}

// TestSuiteSamples makes texts of the schemas of the JSON Schema test suite.
func TestSuiteSamples(t *testing.T) {
	root := fixtures.Path(t, "grammar/JSON-Schema-Test-Suite/tests/draft2020-12")
	done := 0
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var groups []struct {
			Description string
			Schema      json.RawMessage
		}
		if err := json.Unmarshal(b, &groups); err != nil {
			return err
		}
		if strings.HasPrefix(d.Name(), "ecmascript-regex") {
			return nil // the validator's patterns are Go's, with another \s
		}
		for _, g := range groups {
			if strings.Contains(string(g.Schema), `"uri-template"`) {
				continue // the validator takes it for an address
			}
			done += check(t, strings.TrimSuffix(d.Name(), ".json")+": "+g.Description, g.Schema, samples(), grammar.SchemaOptions{})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d texts are valid", done)
	if done < 300*samples() {
		t.Errorf("%d texts, want at least %d", done, 300*samples())
	}
}

// TestBenchSamples makes texts of the schemas of MaskBench.
func TestBenchSamples(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(fixtures.Path(t, "jsonschemabench"), "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	done := 0
	for i, name := range names {
		if testing.Short() && i%30 != 0 {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var f struct{ Schema json.RawMessage }
		if err := json.Unmarshal(b, &f); err != nil {
			t.Fatal(err)
		}
		done += check(t, filepath.Base(name), f.Schema, *benchSamples, grammar.SchemaOptions{})
	}
	t.Logf("%d texts are valid", done)
	if done == 0 {
		t.Error("no texts")
	}
}
