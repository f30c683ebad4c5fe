package chat

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// writer is a tool with arguments of every type.
const writer = `{"type":"function","function":{"name":"write","parameters":{"type":"object","properties":{"text":{"type":"string"},"any":{"type":["string","null"]},"n":{"type":"number"},"list":{"type":"array"},"deep":{"type":"object"},"on":{"type":"boolean"}}}}}`

// long is a text that has to be told before it is complete: with quotes, line ends and
// characters of several bytes.
var long = strings.Repeat("He said \"é 日本\"\\ <b>\nand 𝄞 < went. ", 8)

// calls are two calls in each form whose arguments are no JSON object, and in one that
// has JSON.
var writtenCalls = []struct{ name, template, text string }{
	{"Hermes", "<tool_call>", `<tool_call>{"name": "write", "arguments": ` + long1 + `}</tool_call><tool_call>{"name": "stop", "arguments": {}}</tool_call>`},
	{"Qwen3-Coder", "{% for m in messages %}{{ m.content }}{% for c in m.tool_calls or [] %}<tool_call>\n<function={{ c.function.name }}>\n{% for k, v in c.function.arguments|items %}<parameter={{ k }}>\n{{ v if v is string else v|tojson }}\n</parameter>\n{% endfor %}</function>\n</tool_call>\n{% endfor %}{% endfor %}{{ tools }}", "<tool_call>\n<function=write>\n<parameter=text>\n@</parameter>\n<parameter=any>\n\"x<y\"\n</parameter>\n<parameter=n>\n-1.5\n</parameter>\n<parameter=list>\n[1, \"</parameter>\", {\"k\": null}]\n</parameter>\n<parameter=on>\ntrue\n</parameter>\n</function>\n</tool_call>\n<tool_call>\n<function=stop>\n</function>\n</tool_call>"},
	{"Seed", "<seed:tool_call>", "<seed:tool_call>\n<function=write>\n<parameter=text>@</parameter>\n<parameter=deep>{\"a\": [\"}\"]}</parameter>\n</function>\n</seed:tool_call>\n<seed:tool_call>\n<function=stop>\n</function>\n</seed:tool_call>"},
	{"MiniMax", "<minimax:tool_call>", "<minimax:tool_call>\n<invoke name=\"write\">\n<parameter name=\"list\">[]</parameter>\n<parameter name=\"text\">@</parameter>\n</invoke>\n<invoke name=\"stop\">\n</invoke>\n</minimax:tool_call>"},
	{"GLM", "<arg_key>", "<tool_call>write\n<arg_key>text</arg_key>\n<arg_value>@</arg_value>\n<arg_key>n</arg_key>\n<arg_value>7</arg_value>\n</tool_call>\n<tool_call>stop\n</tool_call>"},
	{"DeepSeek 3.2", "｜DSML｜", "<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"write\">\n<｜DSML｜parameter name=\"text\" string=\"true\">@</｜DSML｜parameter>\n<｜DSML｜parameter name=\"any\" string=\"false\">null</｜DSML｜parameter>\n</｜DSML｜invoke>\n<｜DSML｜invoke name=\"stop\">\n</｜DSML｜invoke>\n</｜DSML｜function_calls>"},
	{"Gemma 4", "<|tool_call>", `<|tool_call>call:write{text:<|"|>@<|"|>,deep:{a:<|"|>}<|"|>, "b" : [1,true, "]"],<|"|>c<|"|>:{}},n:-1e3}<tool_call|><|tool_call>call:stop{}<tool_call|>`},
	{"FunctionGemma", "<start_function_call>", `<start_function_call>call:write{list:[<escape>a<escape>,[]],text:<escape>@<escape>}<end_function_call><start_function_call>call:stop{}<end_function_call>`},
	{"LFM2", "<|tool_list_start|>", `<|tool_call_start|>[write(on=True, any=None, deep={"k": [1, {"]": "x"}]}, text=` + "#" + `), stop()]<|tool_call_end|>`},
}

var long1 = `{"n": 1, "text": #}`

// shown returns a template, or the one that has a mark.
func shown(t *testing.T, text string) *Template {
	t.Helper()
	if !strings.Contains(text, "{{") {
		text = "{% raw %}" + text + "{% endraw %}{{ tools }}"
	}
	tmpl, err := New(text, "", Tokens{})
	if err != nil {
		t.Fatal(err)
	}
	return tmpl
}

// TestPiecesStream writes calls byte by byte: at any time the pieces are the beginning
// of the arguments, which lag behind the text by little more than a mark.
func TestPiecesStream(t *testing.T) {
	tools := []json.RawMessage{json.RawMessage(writer), json.RawMessage(`{"type":"function","function":{"name":"stop"}}`)}
	for _, c := range writtenCalls {
		t.Run(c.name, func(t *testing.T) {
			tmpl := shown(t, c.template)
			text := strings.NewReplacer("@", long, "#", quote(long)).Replace(c.text)
			start := strings.Index(text, long[:7])
			p := NewParser(tmpl, "", true)
			p.Sure = true
			p.Tools(tools)
			var s said
			for i := range len(text) {
				s.add(t, p.Write(text[i:i+1]))
				if n := i - start; n < 50 || n > len(long) {
					continue
				}
				if len(s.pieces) == 0 {
					t.Fatalf("after %q: no pieces", text[:i+1])
				}
				at := strings.Index(s.pieces[0].Arguments, `"He said`)
				if told := len(s.pieces[0].Arguments) - at; at < 0 || told < i-start-35 {
					t.Fatalf("after %q: told %q", text[:i+1], s.pieces[0].Arguments)
				}
			}
			s.add(t, p.Close())
			if fmt.Sprint(s.pieces) != fmt.Sprint(s.calls) || len(s.calls) != 2 || s.calls[1].Name != "stop" || s.content != "" {
				t.Fatalf("pieces %+v\ncalls  %+v\n%q", s.pieces, s.calls, s.content)
			}
			var args struct{ Text string }
			if err := json.Unmarshal([]byte(s.calls[0].Arguments), &args); err != nil || strings.TrimSuffix(args.Text, "\n") != strings.TrimSuffix(long, "\n") {
				t.Errorf("text %q, %v", args.Text, err)
			}
		})
	}
}

// TestPiecesCutOff ends calls anywhere: what has been told is the beginning of the
// arguments of the whole call, and no part of a call is content.
func TestPiecesCutOff(t *testing.T) {
	tools := []json.RawMessage{json.RawMessage(writer), json.RawMessage(`{"type":"function","function":{"name":"stop"}}`)}
	for _, c := range writtenCalls {
		t.Run(c.name, func(t *testing.T) {
			tmpl := shown(t, c.template)
			text := strings.NewReplacer("@", "é x<", "#", `"é x<"`).Replace(c.text)
			say := func(n int) (s said) {
				p := NewParser(tmpl, "", true)
				p.Sure = true
				p.Tools(tools)
				for i := 0; i < n; i += 3 {
					s.add(t, p.Write(text[i:min(i+3, n)]))
				}
				s.add(t, p.Close())
				return s
			}
			whole := say(len(text))
			for n := range text {
				s := say(n)
				for i, c := range s.pieces {
					if want := whole.calls[i]; c.ID != want.ID || c.Name != want.Name || i >= len(s.calls) && !strings.HasPrefix(want.Arguments, c.Arguments) {
						t.Fatalf("%q: told %+v of %+v", text[:n], c, want)
					}
				}
				if len(s.pieces) > len(s.calls) && s.content != "" {
					t.Errorf("%q: %q is content beside %+v", text[:n], s.content, s.pieces)
				}
			}
		})
	}
}

// TestPiecesMarks tells arguments that contain the marks which end calls.
func TestPiecesMarks(t *testing.T) {
	tools := []json.RawMessage{json.RawMessage(writer), json.RawMessage(`{"type":"function","function":{"name":"stop"}}`)}
	const marks = "a </tool_call> b </seed:tool_call> </minimax:tool_call> <tool_call|> <end_function_call> </｜DSML｜function_calls> <|tool_call_end|> c"
	for _, c := range writtenCalls {
		text := strings.NewReplacer("@", marks, "#", quote(marks)).Replace(c.text)
		for n := 1; n <= 40; n++ {
			p := NewParser(shown(t, c.template), "", true)
			p.Sure = true
			p.Tools(tools)
			var s said
			for at := 0; at < len(text); at += n {
				s.add(t, p.Write(text[at:min(at+n, len(text))]))
			}
			s.add(t, p.Close())
			var args struct{ Text string }
			if len(s.calls) == 2 {
				_ = json.Unmarshal([]byte(s.calls[0].Arguments), &args) // the text says if it failed
			}
			if args.Text != marks || fmt.Sprint(s.pieces) != fmt.Sprint(s.calls) {
				t.Fatalf("%s, in pieces of %d:\npieces %+v\ncalls  %+v\n%q", c.name, n, s.pieces, s.calls, s.content)
			}
		}
	}
}

// TestPiecesAnyText tells calls in texts that nobody wrote: no panic, and the same of any
// split.
func TestPiecesAnyText(t *testing.T) {
	tools := []json.RawMessage{json.RawMessage(writer), json.RawMessage(`{"type":"function","function":{"name":"stop"}}`)}
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, c := range writtenCalls {
		tmpl := shown(t, c.template)
		whole := strings.NewReplacer("@", "é<x", "#", `"é\"x<"`).Replace(c.text)
		for range 200 {
			text := damage(whole, rnd)
			var want said
			for split := range 3 {
				p := NewParser(tmpl, "", true)
				p.Sure = true
				p.Tools(tools)
				var s said
				for rest := text; rest != ""; {
					n := []int{len(rest), 1, 1 + rnd.IntN(min(20, len(rest)))}[split]
					s.add(t, p.Write(rest[:n]))
					rest = rest[n:]
				}
				s.add(t, p.Close())
				if split == 0 {
					want = s
				} else if fmt.Sprint(s.calls, s.content) != fmt.Sprint(want.calls, want.content) {
					t.Fatalf("%s: %q:\ngot  %+v\nwant %+v", c.name, text, s, want)
				}
			}
		}
	}
}

// damage returns text with some parts left out, twice or in another place.
func damage(text string, rnd *rand.Rand) string {
	for range 1 + rnd.IntN(3) {
		i, j := rnd.IntN(len(text)), rnd.IntN(len(text))
		n := min(1+rnd.IntN(12), len(text)-i)
		switch part := text[i : i+n]; rnd.IntN(3) {
		case 0:
			text = text[:i] + text[i+n:]
		case 1:
			text = text[:j] + part + text[j:]
		default:
			text = text[:i] + string("{}[]()\"':,=<>\\"[rnd.IntN(14)]) + text[i:]
		}
	}
	return text
}
