package chat

import (
	"encoding/json"
	"math/bits"
	"math/rand/v2"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/grammar"
	"github.com/querent-ai/chord/internal/fixtures"
)

// Tools of which random walks make calls: their texts are short.
var walked = []ToolSchema{
	{"get_weather", json.RawMessage(`{"type":"object","properties":{"city":{"type":"string","minLength":1,"maxLength":4},"unit":{"enum":["celsius","fahren heit"]},"days":{"type":"integer","minimum":1,"maximum":30},"deep":{"type":"object","properties":{"list":{"type":"array","items":{"type":"string","maxLength":4},"maxItems":2},"on":{"type":"boolean"}},"required":["list"],"additionalProperties":false}},"required":["city","deep"],"additionalProperties":false}`)},
	{"no_arguments", nil},
	{"all.optional", json.RawMessage(`{"type":"object","properties":{"a":{"type":"string","pattern":"^[a-z]{1,3}$"},"b":{"type":["integer","null"],"minimum":0,"maximum":9},"c":{"$ref":"#/$defs/small"}},"additionalProperties":false,"$defs":{"small":{"enum":["x",1]}}}`)},
}

// bytesVocab is the vocabulary of all bytes, the last token of which ends a text.
var bytesVocab = func() *grammar.Vocab {
	var tokens [][]byte
	for b := range 256 {
		tokens = append(tokens, []byte{byte(b)})
	}
	return grammar.NewVocab(append(tokens, nil), []int32{256}, nil)
}()

// walk returns a random text of g.
func walk(t *testing.T, g *grammar.Grammar, rnd *rand.Rand) string {
	t.Helper()
	m := g.NewMatcher(bytesVocab)
	mask := make([]uint64, bytesVocab.Words())
	var text []byte
	for len(text) < 20000 {
		if !m.Mask(mask) {
			t.Fatalf("no byte may follow %q", text)
		}
		if mask[4]&1 != 0 && rnd.IntN(3) > 0 {
			return string(text)
		}
		n := 0
		for _, w := range mask[:4] {
			n += bits.OnesCount64(w)
		}
		if n == 0 {
			return string(text)
		}
		b := nth(mask, rnd.IntN(n))
		if err := m.Accept(int32(b)); err != nil {
			t.Fatal(err)
		}
		text = append(text, byte(b))
	}
	t.Fatalf("a text without end: %.300q", text)
	return ""
}

// nth returns the number of the bit that n lower ones precede.
func nth(mask []uint64, n int) int {
	for b := 0; ; b++ {
		if mask[b/64]>>(b%64)&1 != 0 {
			if n == 0 {
				return b
			}
			n--
		}
	}
}

// tools returns tools as a template gets them.
func openAI(tools []ToolSchema) (list []json.RawMessage) {
	for _, s := range tools {
		parameters := s.Parameters
		if parameters == nil {
			parameters = json.RawMessage(`{"type":"object","properties":{}}`)
		}
		list = append(list, json.RawMessage(`{"type":"function","function":{"name":"`+s.Name+`","description":"d","parameters":`+string(parameters)+`}}`))
	}
	return list
}

// schemaOf returns the grammar of the arguments of a tool.
func schemaOf(t *testing.T, name string) *grammar.Grammar {
	t.Helper()
	for _, s := range walked {
		if s.Name != name {
			continue
		}
		if s.Parameters == nil {
			s.Parameters = json.RawMessage(`{"type":"object","additionalProperties":false}`)
		}
		g, err := grammar.JSONSchema(s.Parameters)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	t.Fatalf("no tool is called %q", name)
	return nil
}

// templates returns the templates of test data and the built-in ones, by name.
func templates(t *testing.T) map[string]*Template {
	t.Helper()
	all := map[string]*Template{}
	for _, file := range fixtures.Names(t, "templates/jinja/*.jinja") {
		tmpl, err := New(string(fixtures.Read(t, file)), "", Tokens{EOS: "</s>"})
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(path.Base(file), ".jinja")] = tmpl
	}
	for _, name := range []string{"chatml", "gemma", "llama2", "gpt-oss"} {
		tmpl, err := New(name, "", Tokens{})
		if err != nil {
			t.Fatal(err)
		}
		all["built in: "+name] = tmpl
	}
	for name, mark := range syntaxMarks() {
		tmpl, err := New("{% for m in messages %}{{ m.content }}{% endfor %}{{ tools }}{% raw %}"+mark+"{% endraw %}", "", Tokens{})
		if err != nil {
			t.Fatal(err)
		}
		all["mark: "+name] = tmpl
	}
	return all
}

// syntaxMarks are the marks by which syntaxes with forms are recognised.
func syntaxMarks() map[string]string {
	marks := map[string]string{}
	for i := range syntaxes {
		if y := &syntaxes[i]; y.form.call != "" {
			marks[y.mark+" "+y.open] = y.mark
		}
	}
	return marks
}

func same(text string) string { return text }

// TestPlanWalks parses what the grammars of calls allow: every text is calls of the
// tools, with arguments that their schemas allow.
func TestPlanWalks(t *testing.T) {
	for name, tmpl := range templates(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rnd := rand.New(rand.NewPCG(7, 8))
			prompt := ""
			if p, err := tmpl.Apply([]Message{{Role: "user", Content: "q"}}, Options{Tools: openAI(walked)}); err == nil {
				prompt = Join(p)
			}
			for _, alone := range []bool{false, true} {
				plan, err := tmpl.Plan(PlanOptions{Tools: walked, Alone: alone, Mark: same})
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range plan.Relaxed {
					t.Errorf("relaxed: %s", r)
				}
				if tmpl.Thinking(prompt) == Thinks {
					prompt += tmpl.CloseThinking()
				}
				for range 4 {
					checkCalls(t, tmpl, prompt, walk(t, plan.Calls, rnd), alone)
				}
			}
		})
	}
}

// checkCalls wants text to be calls.
func checkCalls(t *testing.T, tmpl *Template, prompt, text string, alone bool) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(9, 9))
	var s said
	for split := range 3 {
		p := NewParser(tmpl, prompt, true)
		p.Sure = true
		p.Tools(openAI(walked))
		s = said{}
		for rest := text; rest != ""; {
			n := []int{len(rest), 1, 1 + rnd.IntN(min(20, len(rest)))}[split]
			s.add(t, p.Write(rest[:n]))
			rest = rest[n:]
		}
		s.add(t, p.Close())
		if !reflect.DeepEqual(s.pieces, s.calls) {
			t.Fatalf("%q: pieces %+v of calls %+v", text, s.pieces, s.calls)
		}
		if len(s.calls) == 0 || s.content != "" || s.reasoning != "" || alone && len(s.calls) > 1 {
			t.Fatalf("%q after %q: got %+v", text, prompt[max(0, len(prompt)-40):], s)
		}
	}
	for _, c := range s.calls {
		if ok, at := schemaOf(t, c.Name).Match([]byte(c.Arguments)); !ok {
			t.Fatalf("%q: arguments %s are wrong at %d", text, c.Arguments, at)
		}
	}
}

// otherwise are the templates that write nested values in a way of their own, where
// calls have them in JSON.
var otherwise = []string{"ByteDance-Seed-OSS", "google-gemma-4-31B-it"}

// TestPlanRenders wants the grammars of calls to allow what the templates render.
func TestPlanRenders(t *testing.T) {
	args := `{"city": "Ły", "unit": "celsius", "days": 2, "deep": {"list": ["a"], "on": true}}`
	calls := []Call{{"abcdefghi", "get_weather", args}, {"abcdefghj", "get_weather", args}}
	one, two := 0, 0
	for name, tmpl := range templates(t) {
		plan, err := tmpl.Plan(PlanOptions{Tools: walked, Mark: same})
		if err != nil {
			t.Fatal(err)
		}
		for n := 1; n <= 2; n++ {
			o := Options{Tools: openAI(walked), NoGenerationPrompt: true}
			full, err := tmpl.Apply([]Message{{Role: "user", Content: "q"}, {Role: "assistant", ToolCalls: calls[:n]}}, o)
			f := tmpl.form()
			if err != nil || tmpl.speech.harmony || f.open == recipient || n == 2 && f.alone || !strings.Contains(Join(full), "Ły") {
				continue
			}
			text := Join(full)
			at := strings.LastIndex(text[:strings.LastIndex(text, "get_weather")], f.open)
			if f.open == "" {
				at = strings.LastIndex(text[:strings.LastIndex(text, "get_weather")], "{")
			} else if n == 2 && f.begin == "" {
				at = strings.LastIndex(text[:at], f.open)
			}
			_, wrong := plan.Calls.Match([]byte(text[at:]))
			end := at + wrong
			ok, _ := plan.Calls.Match([]byte(text[at:end]))
			for ; !ok && end > at && end > at+wrong-20; ok, _ = plan.Calls.Match([]byte(text[at:end])) {
				end-- // a separator may follow
			}
			if !ok && !slices.Contains(otherwise, name) {
				t.Errorf("%s: %q is wrong at %q", name, text[at:], text[end:])
			}
			if !ok {
				continue
			}
			if one++; n == 2 {
				two++
			}
		}
	}
	if one < 40 || two < 15 {
		t.Errorf("only %d and %d renderings", one, two)
	}
}

// TestParserQuadratic reads what would be slow if texts were read again and again:
// it ends, or go test's own limit says so.
func TestParserQuadratic(t *testing.T) {
	for _, c := range []struct{ name, template, begin, again string }{
		{"objects that do not end", "<tool_call><function=", "<tool_call><function=f>", "<parameter=a>{</parameter>"},
		{"lists that end late", "<tool_call><function=", "<tool_call><function=f>", "<parameter=a>[</parameter>"},
		{"strings that do not end", "<arg_key>", "<tool_call>f", "<arg_key>a</arg_key><arg_value>\"</arg_value>"},
		{"calls whose objects do not end", "<｜tool▁calls▁begin｜>", "<｜tool▁calls▁begin｜>", "<｜tool▁call▁begin｜>f<｜tool▁sep｜>{<｜tool▁call▁end｜>"},
		{"ends within a call", "<tool_call><function=", "<tool_call>", "<function=f></tool_call>"},
		{"begins of calls", "<tool_call>", "", "<tool_call>{"},
		{"nesting", "<tool_call>", `<tool_call>{"name": "get_weather", "arguments": `, `{"a":[`},
		{"braces", "<|tool_call>", "<|tool_call>call:f", "{a:["},
		{"Python", "<|tool_list_start|>", "<|tool_call_start|>[f(a=", "[{"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tmpl, err := New("{% raw %}"+c.template+"{% endraw %}{{ tools }}", "", Tokens{})
			if err != nil {
				t.Fatal(err)
			}
			for _, end := range []string{"", strings.Repeat("]}", 1000) + "</function></tool_call>"} {
				p := NewParser(tmpl, "", true)
				p.Sure = true
				p.Tools(openAI(walked))
				text := c.begin + strings.Repeat(c.again, (2<<20)/len(c.again)) + end
				for len(text) > 0 {
					n := min(777, len(text))
					p.Write(text[:n])
					text = text[n:]
				}
				p.Close()
			}
		})
	}
}
