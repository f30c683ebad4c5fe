package chord

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/chat"
	"github.com/querent-ai/chord/internal/fixtures"
)

// TestContentOfTemplates wants a template to tell no content, null and "" apart
// as jinja2 does, and one that takes a text only to get "".
func TestContentOfTemplates(t *testing.T) {
	const print = "{% for m in messages %}[{{ 'undefined' if m.content is undefined else 'none' if m.content is none else m.content }}]{% endfor %}"
	const chats = `[{"role": "assistant"}, {"role": "assistant", "content": null}, {"role": "assistant", "content": ""}, {"role": "user", "content": "a"}]`
	for _, c := range []struct{ name, template, want string }{
		{"told apart", print, "[undefined][none][][a]"},
		{"a text wanted", "{% for m in messages %}{{ '[' + m.content + ']' }}{% endfor %}", "[][][][a]"},
		{"built in", "vicuna", "</s>\n</s>\n</s>\nUSER: a\nASSISTANT:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var messages []Message
			if err := json.Unmarshal([]byte(chats), &messages); err != nil {
				t.Fatal(err)
			}
			tmpl, err := NewChatTemplate(c.template, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := tmpl.Apply(messages, ChatOptions{})
			if err != nil || c.name != "built in" && got != c.want || strings.Contains(got, "None") {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
		})
	}
	tmpl, err := NewChatTemplate(print, nil)
	if err != nil {
		t.Fatal(err)
	}
	var m Message
	if err := json.Unmarshal([]byte(`{"role": "assistant", "content": null}`), &m); err != nil {
		t.Fatal(err)
	}
	m.Content = "set"
	if got, err := tmpl.Apply([]Message{m, {Role: "user"}}, ChatOptions{}); err != nil || got != "[set][]" {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestContentOfCalls renders an answer that calls a tool: its content is null,
// and its arguments are a JSON object instead of a text.
func TestContentOfCalls(t *testing.T) {
	for _, c := range []struct{ name, template, content, arguments, want string }{
		{"null content", `{% for m in messages %}{% if m.content is none %}<call {{ m.tool_calls[0].function.name }}>{% else %}[{{ m.role }}: {{ m.content }}]{% endif %}{% endfor %}`,
			`null`, `"{\"a\": 3}"`, "[user: 6*7?]<call times>[tool: 42]"},
		{"arguments as an object", `{% for m in messages %}{% for t in m.tool_calls or [] %}{{ t.function.arguments | tojson }}{% endfor %}{% endfor %}`,
			`""`, `{"a": 3}`, `{"a": 3}`},
	} {
		tmpl, err := NewChatTemplate(c.template, nil)
		if err != nil {
			t.Fatal(err)
		}
		var messages []Message
		chat := `[{"role": "user", "content": "6*7?"},
			{"role": "assistant", "content": ` + c.content + `, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "times", "arguments": ` + c.arguments + `}}]},
			{"role": "tool", "tool_call_id": "c1", "content": "42"}]`
		if err := json.Unmarshal([]byte(chat), &messages); err != nil {
			t.Fatal(err)
		}
		if got, err := tmpl.Apply(messages, ChatOptions{NoGenerationPrompt: true}); err != nil || got != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}

// TestMessageJSONAgain wants messages to be in JSON what they were.
func TestMessageJSONAgain(t *testing.T) {
	for in, want := range map[string]string{
		`{"role":"assistant"}`:                                   `{"role":"assistant"}`,
		`{"role":"assistant","content":null}`:                    `{"role":"assistant","content":null}`,
		`{"role":"assistant","content":"", "name":"n"}`:          `{"role":"assistant","content":"","name":"n"}`,
		`{"role":"user","content":[{"type":"text","text":"a"}]}`: `{"role":"user","content":"a"}`,
		`{"role":"assistant","content":null,"tool_calls":[{"type":"function","function":{"name":"f","arguments":{"a": [1,  2]}}}]}`: `{"role":"assistant","content":null,"tool_calls":[{"type":"function","function":{"name":"f","arguments":"{\"a\": [1,  2]}"}}]}`,
	} {
		var m Message
		if err := json.Unmarshal([]byte(in), &m); err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got, err := json.Marshal(m); err != nil || string(got) != want {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	}
}

// TestArgumentsJSON reads the arguments of calls in both forms.
func TestArgumentsJSON(t *testing.T) {
	for in, want := range map[string]string{
		`"{\"a\":1}"`: `{"a":1}`, `{"a": 1}`: `{"a": 1}`, `null`: "", `""`: "",
		`1`: "arguments 1: want a JSON object or its text", `[1]`: "arguments [1]: want a JSON object or its text",
	} {
		var f FunctionCall
		err := json.Unmarshal([]byte(`{"name": "f", "arguments": `+in+`}`), &f)
		if err != nil && err.Error() != want || err == nil && (f.Arguments != want || f.Name != "f") {
			t.Errorf("%s: got %q, %v, want %q", in, f, err, want)
		}
	}
}

// vocabulary returns that of a real file, with more special tokens. As in real
// vocabularies, those that are written like XML, such as <think>, are
// user-defined.
func vocabulary(t *testing.T, file string, special []string) *bpe.Tokenizer {
	t.Helper()
	f, err := gguf.Open(fixtures.Path(t, "vocab", file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tokens, _, err1 := f.Strs("tokenizer.ggml.tokens")
	types, _, err2 := f.Ints("tokenizer.ggml.token_type")
	scores, scored, err3 := f.Floats("tokenizer.ggml.scores")
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	for _, name := range special {
		if !slices.Contains(tokens, name) {
			kind := int32(bpe.UserDefined)
			if strings.ContainsAny(name, "|｜[") || strings.Contains(name, "_of_turn") {
				kind = bpe.Control
			}
			tokens, types, scores = append(tokens, name), append(types, kind), append(scores, 0)
		}
	}
	kv := []gguf.KV{{Key: "tokenizer.ggml.tokens", Value: tokens}, {Key: "tokenizer.ggml.token_type", Value: types}}
	if scored {
		kv = append(kv, gguf.KV{Key: "tokenizer.ggml.scores", Value: scores})
	}
	for _, k := range kv {
		if err := f.Override(k); err != nil {
			t.Fatal(err)
		}
	}
	tok, err := bpe.FromGGUF(f)
	if err != nil {
		t.Fatal(file, err)
	}
	return tok
}

var controlName = regexp.MustCompile(`<[|｜]?[a-zA-Z_/][^<>\s'"{}]{0,40}[|｜]?>|\[/?[A-Z_]{3,}\]`)

// controls returns the ids of control tokens in ids.
func controls(tok *bpe.Tokenizer, ids []int32) (list []int32) {
	for _, id := range ids {
		if tok.IsControl(id) {
			list = append(list, id)
		}
	}
	return list
}

// TestContentStaysText encodes chats with the templates of real models and with
// real vocabularies: the ids are those of the text, and where content has the
// names of all control tokens, all control tokens are the template's.
func TestContentStaysText(t *testing.T) {
	var cases map[string]struct {
		Messages []Message
		Tools    []json.RawMessage
	}
	b, err := os.ReadFile("internal/jinja/testdata/chats.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	sources := BuiltinTemplates()
	for _, name := range fixtures.Names(t, "templates/jinja/*.jinja") {
		sources = append(sources, string(fixtures.Read(t, name)))
	}
	vocabularies := []string{"ggml-vocab-gpt-2.gguf", "ggml-vocab-llama-spm.gguf"}
	encoded, kept := 0, 0
	for _, file := range vocabularies {
		var names []string
		for _, s := range sources {
			tmpl, err := newChatTemplate(s, "", nil)
			if err != nil {
				t.Fatal(err)
			}
			text, _ := tmpl.Apply([]Message{{Role: "system", Content: "s"}, {Role: "user", Content: "u"}, {Role: "assistant", Content: "a"}, {Role: "user", Content: "u"}}, ChatOptions{})
			names = append(names, controlName.FindAllString(s+text, -1)...)
		}
		slices.Sort(names)
		names = slices.Compact(names)
		tok := vocabulary(t, file, names)
		for _, s := range sources {
			tmpl, err := newChatTemplate(s, "", tok)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range slices.Sorted(maps.Keys(cases)) {
				c := cases[name]
				o := ChatOptions{Tools: c.Tools}
				prompt, err := tmpl.segments(c.Messages, o)
				if err != nil {
					continue
				}
				encoded++
				got, want := encodeChat(t, tok, prompt, bpe.EncodeOptions{}), tok.Encode(nil, chat.Join(prompt), bpe.EncodeOptions{})
				if !slices.Equal(got, want) {
					t.Errorf("%s, %.40q, %s: got %d, want %d", file, s, name, got, want)
				}
				if prompt, err = tmpl.segments(hostileMessages(c.Messages, strings.Join(names, " ")), o); err != nil {
					continue
				}
				var own []int32
				for _, s := range prompt {
					if !s.Content {
						own = append(own, controls(tok, tok.Encode(nil, s.Text, bpe.EncodeOptions{NoBOS: true}))...)
					}
				}
				got = controls(tok, encodeChat(t, tok, prompt, bpe.EncodeOptions{NoBOS: true}))
				if kept += len(own); !slices.Equal(got, own) {
					t.Errorf("%s, %.40q, %s: got %d, want %d", file, s, name, got, own)
				}
				o.TrustContent = true
				trusted, err := tmpl.Encode(hostileMessages(c.Messages, "<|im_end|>"), o, tok)
				if err == nil && len(controls(tok, trusted)) <= len(controls(tok, want)) {
					t.Errorf("%s, %.40q, %s: trusted content has no control tokens", file, s, name)
				}
			}
		}
	}
	if encoded < 600 || kept < 3000 {
		t.Errorf("%d prompts, %d control tokens", encoded, kept)
	}
}

// hostileMessages returns messages with names of control tokens in them.
func hostileMessages(messages []Message, names string) []Message {
	list := slices.Clone(messages)
	for i := range list {
		m := &list[i]
		m.Content += " " + names
		m.ToolCalls = slices.Clone(m.ToolCalls)
		for j := range m.ToolCalls {
			m.ToolCalls[j].Function.Name += names
			text, _ := json.Marshal(names)
			m.ToolCalls[j].Function.Arguments = fmt.Sprintf(`{%s: [%s]}`, text, text)
		}
	}
	return list
}

// TestRoles wants roles that the template knows to be its own, others to be
// content.
func TestRoles(t *testing.T) {
	tok := vocabulary(t, "ggml-vocab-gpt-2.gguf", []string{"<|user|>", "<|odd|>", "<|end|>"})
	tmpl, err := NewChatTemplate("{% for m in messages %}{{ '<|' + m.role + '|>' }}{{ 'odd' if 0 }}{% endfor %}", tok)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := tmpl.Encode([]Message{{Role: "user"}, {Role: "odd"}, {Role: "end"}, {Role: "x|><|end"}}, ChatOptions{}, tok)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, id := range controls(tok, ids) {
		names = append(names, tok.Token(id))
	}
	if !slices.Equal(names, []string{"<|user|>", "<|odd|>"}) {
		t.Errorf("got %q", names)
	}
}

// encodeChat returns the ids of a prompt.
func encodeChat(t *testing.T, tok *bpe.Tokenizer, prompt []chat.Segment, o bpe.EncodeOptions) []int32 {
	t.Helper()
	ids, err := chat.Encode(t.Context(), nil, tok, prompt, o)
	if err != nil {
		t.Fatal(err)
	}
	return ids
}
