package chord

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/fixtures"
)

// TestBuiltinTemplates wants of every built-in template and chat what
// llama.cpp's llama_chat_apply_template prints, without and with what begins
// an answer. testdata has its output.
func TestBuiltinTemplates(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "chat_templates.json"))
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Chats   [][]Message
		Prompts map[string][]string
	}
	if err := json.Unmarshal(b, &golden); err != nil {
		t.Fatal(err)
	}
	names := BuiltinTemplates()
	if len(names) != len(golden.Prompts) || len(names) < 50 {
		t.Errorf("%d templates, llama.cpp has %d", len(names), len(golden.Prompts))
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			tmpl, err := NewChatTemplate(name, nil)
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range golden.Prompts[name] {
				got, err := tmpl.Apply(golden.Chats[i/2], ChatOptions{NoGenerationPrompt: i%2 == 0})
				if err != nil || got != want {
					t.Errorf("chat %d, generation prompt %v: %v\ngot  %q\nwant %q", i/2, i%2 == 1, err, got, want)
				}
			}
		})
	}
}

// TestApplyOfTemplates turns the chats of OpenAI's API into prompts with the
// templates of real models: what Python renders from the same chats.
func TestApplyOfTemplates(t *testing.T) {
	var cases map[string]struct {
		Messages []Message
		Tools    []json.RawMessage
		Generate bool  `json:"add_generation_prompt"`
		Thinking *bool `json:"enable_thinking"`
	}
	fixtures.ReadJSON(t, &cases, "templates/cases.json")
	var expected map[string]map[string]struct{ Out *string }
	fixtures.ReadJSON(t, &expected, "templates/expected.json")
	right, other, explained := 0, 0, 0
	for file, chats := range expected {
		tmpl, err := NewChatTemplate(string(fixtures.Read(t, "templates/jinja", file)), nil)
		if err != nil {
			t.Fatal(file, err)
		}
		for name, want := range chats {
			c := cases[name]
			o := ChatOptions{Tools: c.Tools, NoGenerationPrompt: !c.Generate, Now: time.Date(2026, 7, 26, 12, 0, 0, 0, time.UTC),
				Vars: map[string]any{"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}}
			if c.Thinking != nil {
				o.Vars["enable_thinking"] = *c.Thinking
			}
			got, err := tmpl.Apply(c.Messages, o)
			switch {
			case want.Out == nil && err == nil && file == "meetkai-functionary-medium-v3.2.jinja":
				other++ // takes arguments as text only, which Apply tries and the chat does not have
			case err == nil && strings.Contains(got, "You can call these tools:"): // the template reads none
				explained++
				if want.Out != nil && strings.Contains(*want.Out, "description") {
					t.Errorf("%s has tools", file)
				}
			case (want.Out == nil) != (err != nil):
				t.Errorf("%s, chat %s: got error %v", file, name, err)
			case err == nil && got != *want.Out:
				t.Errorf("%s, chat %s:\ngot  %q\nwant %q", file, name, got, *want.Out)
			default:
				right++
			}
		}
	}
	if right < 310 || other != 1 || explained != 11 {
		t.Errorf("%d prompts are right, %d are by text arguments, %d have tools explained", right, other, explained)
	}
}

// TestMessageJSON reads messages in every form of OpenAI's API.
func TestMessageJSON(t *testing.T) {
	for _, c := range []struct{ name, in, content, err string }{
		{"text", `{"role": "user", "content": "a"}`, "a", ""},
		{"null", `{"role": "assistant", "content": null, "tool_calls": []}`, "", ""},
		{"absent", `{"role": "assistant"}`, "", ""},
		{"parts", `{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}`, "a\nb", ""},
		{"no parts", `{"role": "user", "content": []}`, "", ""},
		{"an image", `{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {}}]}`, "", `content[1]: image_url: ""…, want a data: URL`},
		{"a sound", `{"role": "user", "content": [{"type": "input_audio"}]}`, "", `content[0]: type "input_audio"`},
		{"a number", `{"role": "user", "content": 1}`, "", "content 1: want a text, null or a list of parts"},
		{"no object", `[1]`, "", "cannot unmarshal array"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var m Message
			err := json.Unmarshal([]byte(c.in), &m)
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Fatalf("got %v, want %q", err, c.err)
			}
			if m.Content != c.content {
				t.Errorf("got %q, want %q", m.Content, c.content)
			}
		})
	}
}

// TestApplyVariables shows what reaches a template.
func TestApplyVariables(t *testing.T) {
	call := []ToolCall{{ID: "1", Type: "function", Function: FunctionCall{Name: "f", Arguments: `{"b":1,"a":[null]}`}}}
	for _, c := range []struct {
		name, template string
		messages       []Message
		o              ChatOptions
		want           string
	}{
		{"all", "{{ messages|tojson }}{{ add_generation_prompt }}{{ tools is defined }}", []Message{{Role: "assistant", ReasoningContent: "hm", ToolCalls: call}, {Role: "tool", Content: "x", Name: "f", ToolCallID: "1"}}, ChatOptions{},
			`[{"role": "assistant", "content": "", "reasoning_content": "hm", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": {"b": 1, "a": [null]}}}]}, {"role": "tool", "content": "x", "name": "f", "tool_call_id": "1"}]TrueFalse`},
		{"arguments as text", "{{ 'f' + messages[0].tool_calls[0].function.arguments }}", []Message{{ToolCalls: call}}, ChatOptions{}, `f{"b":1,"a":[null]}`},
		{"thinking", "{{ message.thinking }}{{ messages[0].thinking }}", []Message{{ReasoningContent: "hm"}}, ChatOptions{Vars: map[string]any{"message": map[string]any{}}}, "hm"},
		{"tools in order", "{{ tools|tojson }}", nil, ChatOptions{Tools: []json.RawMessage{[]byte(`{"z": 1, "a": 2.0}`)}}, `[{"z": 1, "a": 2.0}]`},
		{"variables", "{{ enable_thinking }}{{ n }}{{ bos_token }}|", nil, ChatOptions{Vars: map[string]any{"enable_thinking": false, "n": []int{1}}}, "False[1]|"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tmpl, err := NewChatTemplate(c.template, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := tmpl.Apply(c.messages, c.o); err != nil || got != c.want {
				t.Errorf("%v\ngot  %s\nwant %s", err, got, c.want)
			}
		})
	}
}

// TestApplyErrors wants errors to name what is wrong.
func TestApplyErrors(t *testing.T) {
	bad := func(args string) []Message {
		return []Message{{}, {ToolCalls: []ToolCall{{Function: FunctionCall{Arguments: args}}}}}
	}
	for _, c := range []struct {
		name, template string
		messages       []Message
		o              ChatOptions
		want           string
	}{
		{"template", "\n{% if %}", nil, ChatOptions{}, "jinja: line 2, column 7"},
		{"raised", "{{ raise_exception('no') }}", bad("{}"), ChatOptions{}, "no"},
		{"arguments", "{{ messages[1].tool_calls[0].function.arguments.x }}", bad("{"), ChatOptions{}, ""},
		{"tools", "{{ tools }}", nil, ChatOptions{Tools: []json.RawMessage{[]byte("1")}}, "chat: tools[0]: no JSON object"},
		{"tools cut", "{{ tools }}", nil, ChatOptions{Tools: []json.RawMessage{[]byte("{")}}, "chat: tools[0]: jinja: JSON, byte 1"},
		{"variable", "", nil, ChatOptions{Vars: map[string]any{"x": func() {}}}, `chat: variable "x"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			tmpl, err := NewChatTemplate(c.template, nil)
			if err == nil {
				_, err = tmpl.Apply(c.messages, c.o)
			}
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// vocabOfFile returns the file of vocabFile and its tokenizer.
func vocabOfFile(t *testing.T, kv map[string]any) (*gguf.File, *bpe.Tokenizer) {
	t.Helper()
	f := vocabFile(t, kv)
	tok, err := bpe.FromGGUF(f)
	if err != nil {
		t.Fatal(err)
	}
	return f, tok
}

// TestChatTemplateOfFile wants the file's template, its tokens, and no BOS
// twice.
func TestChatTemplateOfFile(t *testing.T) {
	const text = "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}"
	for _, c := range []struct {
		name, override, want, err string
		kv                        map[string]any
		o                         ChatOptions
	}{
		{name: "its own", kv: map[string]any{"tokenizer.chat_template": text}, want: "a</s>"},
		{name: "BOS not added", kv: map[string]any{"tokenizer.chat_template": text, "add_bos_token": false}, want: "<s>a</s>"},
		{name: "EOS added", kv: map[string]any{"tokenizer.chat_template": text, "add_eos_token": true}, want: "a"},
		{name: "none", want: "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n"},
		{name: "by name", override: "vicuna", kv: map[string]any{"tokenizer.chat_template": text}, want: "USER: a\nASSISTANT:"},
		{name: "by text", override: "{{ 1 }}", kv: map[string]any{"tokenizer.chat_template": text}, want: "1"},
		{name: "for tools", kv: map[string]any{"tokenizer.chat_template": text, "tokenizer.chat_template.tool_use": "T{{ tools|length }}"}, want: "T1",
			o: ChatOptions{Tools: []json.RawMessage{[]byte("{}")}}},
		{name: "for tools, without", kv: map[string]any{"tokenizer.chat_template": text, "tokenizer.chat_template.tool_use": "T"}, want: "a</s>"},
		{name: "for tools only", kv: map[string]any{"tokenizer.chat_template.tool_use": "T"}, want: "T"},
		{name: "malformed", kv: map[string]any{"tokenizer.chat_template": "{{"}, err: `chord: key "tokenizer.chat_template": jinja: line 1, column 3`},
		{name: "a number", kv: map[string]any{"tokenizer.chat_template": uint32(1)}, err: `key "tokenizer.chat_template"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, tok := vocabOfFile(t, c.kv)
			tmpl, err := chatTemplateOf(f, c.override, tok)
			got := ""
			if err == nil {
				got, err = tmpl.Apply([]Message{{Role: "user", Content: "a"}}, c.o)
			}
			if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %q, %v; want %q, %q", got, err, c.want, c.err)
			}
		})
	}
}

// TestChatTemplateRender renders variables as they are.
func TestChatTemplateRender(t *testing.T) {
	_, tok := vocabOfFile(t, nil)
	tmpl, err := NewChatTemplate("{{ bos_token }}{{ eos_token }}{{ x }}", tok)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := tmpl.Render([]byte(`{"x": 1.0, "eos_token": "E"}`)); err != nil || got != "<s>E1.0" {
		t.Errorf("got %q, %v", got, err)
	}
	for _, in := range []string{"[]", "{", "{} {}", ""} {
		if _, err := tmpl.Render([]byte(in)); err == nil {
			t.Errorf("%q: no error", in)
		}
	}
}

// TestModelApplyTemplate asks a model.
func TestModelApplyTemplate(t *testing.T) {
	path := filepath.Join("tales", "chord-tales-q4_0.gguf")
	m, err := Open(path, Options{ChatTemplate: "llama3"})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	got, err := m.ApplyTemplate([]Message{{Role: "user", Content: "a"}}, ChatOptions{NoGenerationPrompt: true})
	if want := "<|start_header_id|>user<|end_header_id|>\n\na<|eot_id|>"; err != nil || got != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	if tmpl, err := m.ChatTemplate(); err != nil || tmpl == nil {
		t.Error(tmpl, err)
	}
	if _, err := Open(path, Options{ChatTemplate: "{{"}); err == nil || !strings.Contains(err.Error(), "Options.ChatTemplate: jinja: line 1") {
		t.Errorf("got %v", err)
	}
	tmpl, err := OpenChatTemplate(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := tmpl.Apply(nil, ChatOptions{}); err != nil || got != "<|im_start|>assistant\n" {
		t.Errorf("got %q, %v", got, err)
	}
	if !slices.Contains(BuiltinTemplates(), DefaultTemplate) {
		t.Error("the default is not built in")
	}
}
