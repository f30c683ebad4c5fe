package chat

import (
	"encoding/json"
	"math/rand/v2"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/internal/fixtures"
)

// A said is what a parser makes of a text.
type said struct {
	content, reasoning string
	calls              []ToolCall
	pieces             []ToolCall // put together
}

// add adds deltas.
func (s *said) add(t *testing.T, list []Delta) {
	t.Helper()
	for _, d := range list {
		if d.Content == "" && d.Reasoning == "" && d.ToolCall == nil && d.CallPiece == nil {
			t.Errorf("an empty delta")
		}
		if c := d.CallPiece; c != nil {
			if c.Name != "" {
				s.pieces = append(s.pieces, ToolCall{c.Index, Call{c.ID, c.Name, ""}})
			}
			last := &s.pieces[len(s.pieces)-1]
			if last.Index != c.Index || c.Name == "" && c.Arguments == "" {
				t.Errorf("piece %+v after %+v", c, last)
			}
			last.Arguments += c.Arguments
		}
		s.content += d.Content
		s.reasoning += d.Reasoning
		if d.ToolCall != nil {
			s.calls = append(s.calls, *d.ToolCall)
		}
	}
}

// parse parses text that comes in pieces of n bytes, or of any size for 0.
func parse(t *testing.T, tmpl *Template, prompt, text string, tools bool, n int, rnd *rand.Rand, list []json.RawMessage) (s said) {
	t.Helper()
	p := NewParser(tmpl, prompt, tools)
	p.Tools(list)
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
	if !reflect.DeepEqual(s.pieces, s.calls) {
		t.Errorf("pieces %+v of calls %+v", s.pieces, s.calls)
	}
	return s
}

// anySplit parses text whole, by bytes and in pieces of any size, and wants
// the same of all.
func anySplit(t *testing.T, tmpl *Template, prompt, text string, tools bool, list []json.RawMessage) said {
	t.Helper()
	rnd := rand.New(rand.NewPCG(1, 2))
	want := parse(t, tmpl, prompt, text, tools, len(text), rnd, list)
	for n := range 12 {
		if n > 3 {
			n = 0
		}
		if got := parse(t, tmpl, prompt, text, tools, n, rnd, list); !reflect.DeepEqual(got, want) {
			t.Fatalf("%q in pieces of %d:\ngot  %+v\nwant %+v", text, n, got, want)
		}
	}
	return want
}

const weather = `{"type": "function", "function": {"name": "get_weather", "description": "d", "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "list": {"type": "array"}}}}}`

// said by the templates of real models: they render the call, which is parsed
// again. What is not as usual:
var (
	unlike = map[string]string{"ByteDance-Seed-OSS": `{"city": "Łódź", "days": 2, "list": "['a', {'b': 1.5}]"}`} // prints lists as Python does
	mute   = []string{"ibm-granite-granite-3.3-2B-Instruct", "HuggingFaceTB-SmolLM3-3B", "LFM2-8B-A1B",          // print no calls
		"deepseek-ai-DeepSeek-R1-Distill-Llama-8B.2025-02", "deepseek-ai-DeepSeek-R1-Distill-Qwen-32B.2025-02"} // print no end of one call
)

// TestRoundTrip renders calls with the templates of real models and parses
// what the model must have said.
func TestRoundTrip(t *testing.T) {
	o := Options{Tools: []json.RawMessage{json.RawMessage(weather)}}
	right := 0
	for _, file := range fixtures.Names(t, "templates/jinja/*.jinja") {
		name := strings.TrimSuffix(path.Base(file), ".jinja")
		tmpl, err := New(string(fixtures.Read(t, file)), "", Tokens{EOS: "</s>"})
		if err != nil {
			t.Fatal(err)
		}
		args := `{"city": "Łódź", "days": 2, "list": ["a", {"b": 1.5}]}`
		list := []Message{{Role: "user", Content: "q"}, {Role: "assistant", Kind: Null, Reasoning: "hm", ToolCalls: []Call{{ID: "abcdefghi", Name: "get_weather", Arguments: args}}}, {Role: "tool", Content: "sunny", ToolCallID: "abcdefghi"}}
		o.NoGenerationPrompt = false
		prompt, err := tmpl.Apply(list[:1], o)
		if err != nil {
			continue // it reads no tools
		}
		o.NoGenerationPrompt = true
		full, err := tmpl.Apply(list, o)
		if err != nil {
			continue // its own filters
		}
		before, text := Join(prompt), Join(full)
		n := 0
		for n < min(len(before), len(text)) && before[n] == text[n] {
			n++
		}
		if i := strings.LastIndexByte(text[:n], '<'); i >= 0 && !strings.Contains(text[i:n], ">") {
			n = i // within a mark
		}
		text, before = text[n:], before[:n]
		got := anySplit(t, tmpl, before, text, true, o.Tools)
		switch {
		case slices.Contains(mute, name):
			continue
		case len(got.calls) != 1 || got.calls[0].Name != "get_weather":
			t.Errorf("%s: %q: got %+v", name, text, got)
			continue
		}
		want, ok := unlike[name]
		if !ok {
			want = args
		}
		if got.calls[0].Arguments != want || strings.Contains(got.content, "Łódź") {
			t.Errorf("%s: got %+v, want %s", name, got, want)
		}
		if strings.Contains(text, "hm") && got.reasoning != "hm" {
			t.Errorf("%s: %q: reasoning %q", name, text, got.reasoning)
		}
		right++
	}
	if right < 28 {
		t.Errorf("only %d templates", right)
	}
}

// TestParser parses what models say.
func TestParser(t *testing.T) {
	const ab = `{"a": "}</tool_call>\"", "b": [1]}`
	call := func(name, args string) ToolCall { return ToolCall{0, Call{"call00000", name, args}} }
	for _, c := range []struct {
		name, template, prompt, text, content, reasoning string
		calls                                            []ToolCall
	}{
		{"text", "<think> <tool_call>", "", "Hi <b>\n", "Hi <b>\n", "", nil},
		{"white space", "<think> <tool_call>", "", "\n Hi\n\n", "\n Hi\n\n", "", nil},
		{"only white space", "<tool_call>", "", "\n \n", "\n \n", "", nil},
		{"thought", "<think>", "", "\n<think>\nhm\n\nhm\n</think>\n\nHi <think>x</think>", "Hi <think>x</think>", "hm\n\nhm", nil},
		{"thought in the prompt", "<think>", "p<think>\n", "hm</think>\nHi", "Hi", "hm", nil},
		{"thought ended in the prompt", "<think>", "p<think>\n\n</think>\n\n", "Hi", "Hi", "", nil},
		{"thought without end", "<think>", "", "<think>hm </thin", "", "hm </thin", nil},
		{"no thought", "plain", "", "<think>hm</think>Hi", "<think>hm</think>Hi", "", nil},
		{"not thought", "<think>", "", "<thinker>hm</think>", "<thinker>hm</think>", "", nil},
		{"Mistral's thought", "[THINK]", "", "[THINK]hm[/THINK]Hi", "Hi", "hm", nil},
		{"Cohere", "<|START_THINKING|><|START_RESPONSE|><|END_RESPONSE|>", "", "<|START_THINKING|>hm<|END_THINKING|><|START_RESPONSE|>Hi<|END_RESPONSE|>", "Hi", "hm", nil},

		{"Hermes", "<tool_call>", "", "Hi\n<tool_call>\n{\"name\": \"f\", \"arguments\": " + ab + "}\n</tool_call>\n", "Hi", "", []ToolCall{call("f", ab)}},
		{"Hermes without end", "<tool_call>", "", "<tool_call>{\"name\": \"f\", \"arguments\": " + ab + "}", "", "", []ToolCall{call("f", ab)}},
		{"Hermes, two", "<tool_call>", "", `<tool_call>{"name": "f", "arguments": {}}</tool_call>` + "\n" + `<tool_call>{"name": "g", "arguments": {}}</tool_call>`, "", "",
			[]ToolCall{call("f", "{}"), {1, Call{"call00001", "g", "{}"}}}},
		{"text between", "<tool_call>", "", `<tool_call>{"name": "f", "arguments": {}}</tool_call>` + "\nand ", "\nand ", "", []ToolCall{call("f", "{}")}},
		{"arguments as text", "<tool_call>", "", `<tool_call>{"name": "f", "arguments": "{\"a\": 1}"}</tool_call>`, "", "", []ToolCall{call("f", `{"a": 1}`)}},
		{"no arguments", "<tool_call>", "", `<tool_call>{"name": "f"}</tool_call>`, "", "", []ToolCall{call("f", `{}`)}},
		{"id and function", "<tool_call>", "", `<tool_call>{"id": 7, "function": {"name": "f", "parameters": {"a": 1}}}</tool_call>`, "", "", []ToolCall{{0, Call{"7", "f", `{"a": 1}`}}}},
		{"thought, then a call", "<think><tool_call>", "", "<think>hm</think>\n\n" + `<tool_call>{"name": "f", "arguments": {}}</tool_call>`, "", "hm", []ToolCall{call("f", "{}")}},
		{"talk of calls", "<tool_call>", "", "write <tool_call> first", "write <tool_call> first", "", nil},
		{"malformed", "<tool_call>", "", `a <tool_call>{"name": f}</tool_call> b`, `a <tool_call>{"name": f}</tool_call> b`, "", nil},
		{"no name", "<tool_call>", "", `<tool_call>{"arguments": {}}</tool_call>`, `<tool_call>{"arguments": {}}</tool_call>`, "", nil},
		{"arguments that are no object", "<tool_call>", "", `<tool_call>{"name": "f", "arguments": [1]}</tool_call>`, `<tool_call>{"name": "f", "arguments": [1]}</tool_call>`, "", nil},
		{"cut off", "<tool_call>", "", `<tool_call>{"name": "f", "argum`, `<tool_call>{"name": "f", "argum`, "", nil},
		{"mark cut off", "<tool_call>", "", `a <tool_ca`, `a <tool_ca`, "", nil},

		{"Qwen3-Coder", "<tool_call><function=", "", "<tool_call>\n<function=f>\n<parameter=a>\nx\ny\n</parameter>\n<parameter=n>\n2\n</parameter>\n</function>\n</tool_call>", "", "", []ToolCall{call("f", `{"a": "x\ny", "n": 2}`)}},
		{"Qwen3-Coder without tag", "<tool_call><function=", "", "<function=f>\n<parameter=a>\n<b>\n</parameter>\n</function>\n</tool_call>", "\n</tool_call>", "", []ToolCall{call("f", `{"a": "<b>"}`)}},
		{"a string by its type", "<tool_call><function=", "", "<tool_call><function=get_weather><parameter=city>\n12\n</parameter></function></tool_call>", "", "", []ToolCall{call("get_weather", `{"city": "12"}`)}},
		{"Qwen3-Coder malformed", "<tool_call>", "", "<tool_call><function=f>x</function></tool_call>", "<tool_call><function=f>x</function></tool_call>", "", nil},
		{"GLM without arguments", "<tool_call><arg_key>", "", "<tool_call>f\n</tool_call>", "", "", []ToolCall{call("f", "{}")}},
		{"GLM, no call", "<tool_call><arg_key>", "", "<tool_call> is f", "<tool_call> is f", "", nil},
		{"GLM, cut off", "<tool_call><arg_key>", "", "<tool_call>f", "<tool_call>f", "", nil},
		{"GLM", "<tool_call><arg_key>", "", "<tool_call>f\n<arg_key>a</arg_key>\n<arg_value>x</arg_value>\n<arg_key>n</arg_key>\n<arg_value>[2]</arg_value>\n</tool_call>", "", "", []ToolCall{call("f", `{"a": "x", "n": [2]}`)}},
		{"Llama", `{"name": function name, "parameters"`, "", `{"name": "f", "parameters": {"a": 1}}`, "", "", []ToolCall{call("f", `{"a": 1}`)}},
		{"Llama, two", `{"name": function name, "parameters"`, "", `{"name": "f", "parameters": {}}; {"type": "function", "name": "g", "parameters": {}}`, "", "", []ToolCall{call("f", "{}"), {1, Call{"call00001", "g", "{}"}}}},
		{"Llama, other JSON", `{"name": function name, "parameters"`, "", `{"answer": {"name": "f", "parameters": {}}}`, `{"answer": {"name": "f", "parameters": {}}}`, "", nil},
		{"Llama, a person", `{"name": function name, "parameters"`, "", `{"name": "Ann", "age": 3}`, `{"name": "Ann", "age": 3}`, "", nil},
		{"Llama, later JSON", `{"name": function name, "parameters"`, "", `so {"name": "f", "parameters": {}}`, `so {"name": "f", "parameters": {}}`, "", nil},
		{"Python tag", "<|python_tag|>", "", `<|python_tag|>{"name": "f", "parameters": {"a": 1}}`, "", "", []ToolCall{call("f", `{"a": 1}`)}},
		{"Python tag, a tool", "<|python_tag|>", "", `<|python_tag|>search.call(query="a, b", n=2, x=True)`, "", "", []ToolCall{call("search", `{"query": "a, b", "n": 2, "x": true}`)}},
		{"Python tag, code", "<|python_tag|>", "", "<|python_tag|>print(1)\n", "<|python_tag|>print(1)\n", "", nil},
		{"Mistral", "[TOOL_CALLS]", "", `[TOOL_CALLS] [{"name": "f", "arguments": {"a": 1}, "id": "abcdefghi"}]`, "", "", []ToolCall{{0, Call{"abcdefghi", "f", `{"a": 1}`}}}},
		{"Mistral by name", "[TOOL_CALLS]", "", `[TOOL_CALLS]f[ARGS]{"a": 1}[TOOL_CALLS]g[CALL_ID]x1[ARGS]{}`, "", "", []ToolCall{call("f", `{"a": 1}`), {1, Call{"x1", "g", "{}"}}}},
		{"Mistral malformed", "[TOOL_CALLS]", "", `[TOOL_CALLS]no call`, `[TOOL_CALLS]no call`, "", nil},
		{"Functionary 3.1", "<function=", "", `Hi<function=f>{"a": 1}</function><function=g>{}</function>`, "Hi", "", []ToolCall{call("f", `{"a": 1}`), {1, Call{"call00001", "g", "{}"}}}},
		{"Functionary 3.2", ">>>all", "p>>>", "all\nHi\n>>>f\n" + `{"a": 1}>>>g` + "\n{}", "Hi", "", []ToolCall{call("f", `{"a": 1}`), {1, Call{"call00001", "g", "{}"}}}},
		{"Functionary 3.2, code", ">>>all", "p>>>", "python\nprint(1)", "python\nprint(1)", "", nil},
		{"DeepSeek R1", "<｜tool▁calls▁begin｜>", "", "Hi<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n" + `{"a": 1}` + "\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>g\n```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>", "Hi", "", []ToolCall{call("f", `{"a": 1}`), {1, Call{"call00001", "g", "{}"}}}},
		{"DeepSeek 3.1", "<｜tool▁calls▁begin｜>", "", `<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{"a": 1}<｜tool▁call▁end｜>`, "", "", []ToolCall{call("f", `{"a": 1}`)}},
		{"DeepSeek malformed", "<｜tool▁calls▁begin｜>", "", `<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f{}<｜tool▁calls▁end｜>x`, `<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f{}<｜tool▁calls▁end｜>x`, "", nil},
		{"Kimi", "<|tool_calls_section_begin|>", "", `Hi<|tool_calls_section_begin|><|tool_call_begin|>functions.f:3<|tool_call_argument_begin|>{"a": 1}<|tool_call_end|><|tool_calls_section_end|>`, "Hi", "", []ToolCall{{0, Call{"functions.f:3", "f", `{"a": 1}`}}}},
		{"Command R", "<|START_ACTION|>", "", `<|START_ACTION|>[{"tool_call_id": "0", "tool_name": "f", "parameters": {"a": 1}}]<|END_ACTION|>`, "", "", []ToolCall{{0, Call{"0", "f", `{"a": 1}`}}}},
		{"Granite", "<|tool_call|>", "", `<|tool_call|>[{"name": "f", "arguments": {"a": 1}}]`, "", "", []ToolCall{call("f", `{"a": 1}`)}},
		{"Gemma", "<|tool_call>", "", `<|tool_call>call:f{a:<|"|>x, "y"<|"|>,b:[1,{c:true}]}<tool_call|>`, "", "", []ToolCall{call("f", `{"a": "x, \"y\"", "b": [1, {"c": true}]}`)}},
		{"Firefunction", "functools", "", ` functools[{"name": "f", "arguments": {"a": 1}}]`, "", "", []ToolCall{call("f", `{"a": 1}`)}},
		{"functools of Python", "functools", "", "import functools\nfunctools.reduce", "import functools\nfunctools.reduce", "", nil},

		{"gpt-oss", "<|start|><|message|>", "<|start|>assistant", "<|channel|>analysis<|message|>hm <b><|end|><|start|>assistant<|channel|>final<|message|>Hi\n<|return|>", "Hi\n", "hm <b>", nil},
		{"gpt-oss, a call", "<|start|><|message|>", "<|start|>user<|message|>q<|end|><|start|>assistant", "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>commentary<|message|>So: <|end|><|start|>assistant<|channel|>commentary to=functions.f <|constrain|>json<|message|>" + ab + "<|call|>", "So: ", "hm", []ToolCall{call("f", ab)}},
		{"gpt-oss, for a tool first", "<|start|><|message|>", "<|start|>assistant", " to=functions.f<|channel|>commentary json<|message|>{}<|call|>", "", "", []ToolCall{call("f", "{}")}},
		{"gpt-oss, channel in the prompt", "<|start|><|message|>", "<|start|>assistant<|channel|>analysis", "<|message|>hm<|end|>", "", "hm", nil},
		{"gpt-oss, message in the prompt", "<|start|><|message|>", "<|start|>assistant<|channel|>final<|message|>", "Hi<|return|>", "Hi", "", nil},
		{"gpt-oss, no channel", "<|start|><|message|>", "<|start|>assistant", "Hi <|message|> there", "Hi <|message|> there", "", nil},
		{"gpt-oss, malformed", "<|start|><|message|>", "<|start|>assistant", "<|channel|>commentary to=functions.f<|message|>{a}<|call|>", "<|channel|>commentary to=functions.f<|message|>{a}", "", nil},
		{"gpt-oss, cut off", "<|start|><|message|>", "<|start|>assistant", "<|channel|>commentary to=functions.f<|message|>{\"a", "<|channel|>commentary to=functions.f<|message|>{\"a", "", nil},
		{"gpt-oss, a header cut off", "<|start|><|message|>", "<|start|>assistant", "<|channel|>final<|message|>Hi<|end|><|start|>assi", "Hi", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			tmpl, err := New(c.template+"{# Jinja #}", "", Tokens{})
			if err != nil {
				t.Fatal(err)
			}
			got := anySplit(t, tmpl, c.prompt, c.text, true, []json.RawMessage{json.RawMessage(weather)})
			if want := (said{c.content, c.reasoning, c.calls, c.calls}); !reflect.DeepEqual(got, want) {
				t.Errorf("%q:\ngot  %+v\nwant %+v", c.text, got, want)
			}
			got = anySplit(t, tmpl, c.prompt, c.text, false, nil)
			if got.calls != nil || got.reasoning != c.reasoning {
				t.Errorf("%q without tools: got %+v", c.text, got)
			}
			if !tmpl.speech.harmony && c.reasoning == "" && len(tmpl.speech.frames) == 0 && got.content != strings.Replace(c.text, "all\n", "", 1) {
				t.Errorf("%q without tools: got %q", c.text, got.content)
			}
		})
	}
}

// TestParserLost wants what is no call to be content to the byte.
func TestParserLost(t *testing.T) {
	tmpl := everything(t)
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		text := "a"
		for range 12 {
			text += pieces[rnd.IntN(len(pieces))]
		}
		got := anySplit(t, tmpl, "", text, true, nil)
		if got.calls == nil && strings.TrimRight(got.content, space) != strings.TrimRight(text, space) {
			t.Errorf("got %q\nwant %q", got.content, text)
		}
	}
}

// TestParserAnySplit wants the same of any split, whatever is said.
func TestParserAnySplit(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	mixed := slices.Concat(pieces, bodyEnds, headerStarts, []string{bodyMark, " to=f", "analysis", "final", ">>>", "all\n", "f\n{}", "{}", "<|channel|>analysis<|message|>", "<function=f><parameter=a>1"})
	for _, source := range []string{"", "<|start|><|message|>", ">>>all"} {
		tmpl := everything(t)
		if source != "" {
			var err error
			if tmpl, err = New(source, "", Tokens{}); err != nil {
				t.Fatal(err)
			}
		}
		for _, prompt := range []string{"", "<think>", ">>>", "<|start|>assistant"} {
			for range 60 {
				text := ""
				for range 15 {
					text += mixed[rnd.IntN(len(mixed))]
				}
				anySplit(t, tmpl, prompt, text, true, nil)
				anySplit(t, tmpl, prompt, text, false, nil)
			}
		}
	}
}

// pieces are of what models say.
var pieces = []string{"<think>", "</think>", "<tool_call>", "</tool_call>", "{", "}", `{"name": "f", "arguments": {}}`, `"`, "\\", "[TOOL_CALLS]", "[ARGS]", "f", " ", "\n",
	"<function=", "<parameter=a>", "</parameter>", "</function>", "<|python_tag|>", "[", "]", "functools", ">", ":", "call:", "<|tool_call>", "<tool_call|>", "<|tool_call|>",
	"<arg_key>", "<｜tool▁calls▁begin｜>", "<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>", "<|tool_call_begin|>", "<", "|", "all"}

// everything returns a template that knows every syntax.
func everything(t testing.TB) *Template {
	t.Helper()
	source := "<think>{% raw %}"
	for _, y := range syntaxes {
		source += y.mark
	}
	tmpl, err := New(source+"{% endraw %}", "", Tokens{})
	if err != nil {
		t.Fatal(err)
	}
	return tmpl
}

// TestParserMemory wants a bound to what a parser keeps, and to deltas that
// wait.
func TestParserMemory(t *testing.T) {
	harmony, err := New("<|start|><|message|>", "", Tokens{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name         string
		tmpl         *Template
		begin, again string
	}{
		{"JSON", everything(t), "<tool_call>{", `"a`},
		{"text", everything(t), "<tool_call>f", "a<"},
		{"white space", everything(t), "a", " \n"},
		{"white space in front", everything(t), "", " \n"},
		{"white space after a call", everything(t), `<tool_call>{"name": "f"}`, " "},
		{"white space in a call", everything(t), "<tool_call>", " "},
		{"a name", everything(t), "[TOOL_CALLS]", "a"},
		{"marks", everything(t), "", "<tool_call>"},
		{"thought", everything(t), "<think>", " </thin"},
		{"header", harmony, "", "<|start|>assistant"},
		{"call", harmony, "<|channel|>commentary to=f<|message|>", "<|en"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := NewParser(c.tmpl, "", true)
			total, out := 0, 0
			count := func(list []Delta) {
				for _, d := range list {
					out += len(d.Content) + len(d.Reasoning)
				}
			}
			for text := c.begin; total < 3<<20; text = strings.Repeat(c.again, 100) {
				count(p.Write(text))
				total += len(text)
				if waits := total - out; waits > maxCall+4*maxSpace+len(text) || cap(p.buf) > 4*maxCall || len(p.content.hold) > maxSpace {
					t.Fatalf("%d bytes wait, buffers of %d, %d", waits, cap(p.buf), len(p.content.hold))
				}
			}
			count(p.Close())
			if total-out > 4*maxSpace {
				t.Errorf("%d bytes are lost", total-out)
			}
		})
	}
}

// FuzzParser wants the same of any split, and no panic.
func FuzzParser(f *testing.F) {
	for _, p := range pieces {
		f.Add("a"+p+pieces[0]+p, uint64(1))
	}
	f.Add(`<think>hm</think><tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call>`, uint64(2))
	f.Add("<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>commentary to=f<|message|>{}<|call|>", uint64(3))
	all := everything(f)
	harmony, err := New("<|start|><|message|>", "", Tokens{})
	if err != nil {
		f.Fatal(err)
	}
	recipients, err := New(">>>all", "", Tokens{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		for _, tmpl := range []*Template{all, harmony, recipients} {
			for _, prompt := range []string{"", "<think>", ">>>", "<|start|>assistant"} {
				want := parse(t, tmpl, prompt, text, true, len(text), rnd, nil)
				if got := parse(t, tmpl, prompt, text, true, 0, rnd, nil); !reflect.DeepEqual(got, want) {
					t.Errorf("%q: got %+v, want %+v", text, got, want)
				}
			}
		}
	})
}
