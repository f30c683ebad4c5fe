package chat

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// A said is what a parser makes of a text.
type said struct {
	content, reasoning string
	calls              []ToolCall
}

// add adds deltas.
func (s *said) add(t *testing.T, list []Delta) {
	t.Helper()
	for _, d := range list {
		if d.Content == "" && d.Reasoning == "" && d.ToolCall == nil {
			t.Errorf("an empty delta")
		}
		s.content += d.Content
		s.reasoning += d.Reasoning
		if d.ToolCall != nil {
			s.calls = append(s.calls, *d.ToolCall)
		}
	}
}

// parse parses text that comes in pieces of n bytes, or of any size for 0.
func parse(t *testing.T, tmpl *Template, prompt, text string, tools bool, n int, rnd *rand.Rand) (s said) {
	t.Helper()
	p := NewParser(tmpl, prompt, tools)
	for text != "" {
		k := n
		if n == 0 {
			k = rnd.IntN(min(len(text), 1+rnd.IntN(40)) + 1)
		}
		k = min(k, len(text))
		s.add(t, p.Write(text[:k]))
		text = text[k:]
	}
	s.add(t, p.Close())
	return s
}

// anySplit parses text whole, by bytes and in pieces of any size, and wants
// the same of all.
func anySplit(t *testing.T, tmpl *Template, prompt, text string, tools bool) said {
	t.Helper()
	rnd := rand.New(rand.NewPCG(1, 2))
	want := parse(t, tmpl, prompt, text, tools, len(text), rnd)
	for n := range 12 {
		if n > 3 {
			n = 0
		}
		if got := parse(t, tmpl, prompt, text, tools, n, rnd); !reflect.DeepEqual(got, want) {
			t.Fatalf("%q in pieces of %d:\ngot  %+v\nwant %+v", text, n, got, want)
		}
	}
	return want
}

// readData returns a file of the test data, or skips the test.
func readData(t *testing.T, name ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(append([]string{"..", "..", "..", "shared", "data", "templates"}, name...)...))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no test data: ", err)
	}
	return b
}

const weather = `{"type": "function", "function": {"name": "get_weather", "description": "d", "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "list": {"type": "array"}}}}}`

// TestRoundTrip renders calls with the templates of real models and parses
// what the model must have said.
func TestRoundTrip(t *testing.T) {
	readData(t, "cases.json")
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "data", "templates", "jinja", "*.jinja"))
	if err != nil {
		t.Fatal(err)
	}
	tools := []json.RawMessage{json.RawMessage(weather)}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".jinja")
		tmpl, err := New(string(readData(t, "jinja", name+".jinja")), "", Tokens{EOS: "</s>"})
		if err != nil {
			t.Fatal(err)
		}
		chat := []Message{{Role: "user", Content: "q"}, {Role: "assistant", Kind: Null, Reasoning: "hm", ToolCalls: []Call{{ID: "abcdefghi", Name: "get_weather", Arguments: `{"city": "Łódź", "days": 2, "list": ["a", {"b": 1.5}]}`}}}, {Role: "tool", Content: "sunny", ToolCallID: "abcdefghi"}}
		prompt, err := tmpl.Apply(chat[:1], Options{Tools: tools})
		if err != nil {
			t.Log(name, err)
			continue
		}
		full, err := tmpl.Apply(chat, Options{Tools: tools, NoGenerationPrompt: true})
		if err != nil {
			t.Log(name, err)
			continue
		}
		text, ok := strings.CutPrefix(Join(full), Join(prompt))
		t.Log(name, ok, text)
		p := NewParser(tmpl, Join(prompt), true)
		p.Tools(tools)
		var s said
		s.add(t, p.Write(text))
		s.add(t, p.Close())
		t.Logf("=== %+v", s)
	}
	_ = slices.Sorted(maps.Keys(map[string]int{}))
}
