package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/querent-ai/chord/internal/fixtures"
)

// write writes text to a new file and returns its name.
func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestApplyTemplate names template and chat in every way.
func TestApplyTemplate(t *testing.T) {
	const chat = `[{"role": "user", "content": "a"}]`
	const want = "<|im_start|>user\na<|im_end|>\n"
	const begin = "<|im_start|>assistant\n"
	jinja := write(t, "{{ bos_token }}{% for m in messages %}{{ m.role }}:{{ m.content }};{% endfor %}{{ tools|length }}{{ x }}")
	for _, c := range []struct {
		name, stdin string
		args        []string
		want        string
	}{
		{"the model in the binary", chat, nil, want + begin},
		{"no answer", chat, []string{"--no-generation-prompt"}, want},
		{"a file of messages", "", []string{"--messages", write(t, chat)}, want + begin},
		{"a request", `{"messages": ` + chat + `, "tools": [{}], "chat_template_kwargs": {"x": 1}}`, []string{"--template", jinja}, "user:a;11"},
		{"a request without answer", `{"messages": ` + chat + `, "add_generation_prompt": false}`, nil, want},
		{"variables", `{"messages": ` + chat + `, "bos_token": "B", "x": 1.0}`, []string{"--template", jinja, "--context", "-"}, "Buser:a;01.0"},
		{"a file as chat template", chat, []string{"--chat-template", jinja}, "user:a;0"},
		{"a name", chat, []string{"--chat-template", "vicuna"}, "USER: a\nASSISTANT:"},
		{"text", chat, []string{"--chat-template", "{{ messages|length }}"}, "1"},
		{"the template from stdin", "{{ messages|length }}", []string{"--template", "-", "--messages", write(t, chat)}, "1"},
		{"JSON", chat, []string{"--chat-template", "{{ '<' }}", "--json"}, "{\n  \"prompt\": \"<\"\n}\n"},
		{"a model", chat, []string{"-m", tiny(t), "--chat-template", "{{ eos_token }}{{ bos_token }}"}, "</s><s>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := ok(t, c.stdin, append([]string{"apply-template"}, c.args...)...); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestApplyTemplateErrors wants one line that says what is wrong.
func TestApplyTemplateErrors(t *testing.T) {
	for _, c := range []struct {
		name, stdin string
		args        []string
		code        int
		want        string
	}{
		{"template", "[]", []string{"--chat-template", "{{\n x y }}"}, exitFailure, "jinja: line 2, column 4: unexpected 'y', expected '}}'"},
		{"raised", "[]", []string{"--chat-template", "{{ raise_exception('no') }}"}, exitFailure, "jinja: line 1, column 19: no"},
		{"no such template", "[]", []string{"--chat-template", "nonesuch"}, exitUsage, "--chat-template nonesuch: no built-in name"},
		{"no such file", "[]", []string{"--template", "nonesuch"}, exitFailure, "nonesuch"},
		{"an empty file", "[]", []string{"--template", write(t, "")}, exitFailure, "the template is empty"},
		{"two templates", "[]", []string{"--template", "x", "--chat-template", "y"}, exitUsage, "name one"},
		{"two chats", "", []string{"--messages", "-", "--context", "-"}, exitUsage, "--context"},
		{"stdin twice", "", []string{"--template", "-"}, exitUsage, "stdin"},
		{"no messages", "{}", nil, exitFailure, "messages: there are none"},
		{"no JSON", "x", nil, exitFailure, "messages: invalid character"},
		{"variables that are none", "[]", []string{"--context", "-"}, exitFailure, "no JSON object"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := do(t, c.stdin, append([]string{"apply-template"}, c.args...)...)
			if r.code != c.code || r.out != "" || !strings.Contains(r.stderr, c.want) || strings.Count(r.stderr, "\n") != 1 {
				t.Errorf("got %+v, want %d and %q", r, c.code, c.want)
			}
		})
	}
}

// TestApplyTemplateReal renders real templates of test data that print no date.
func TestApplyTemplateReal(t *testing.T) {
	var expected map[string]map[string]struct{ Out string }
	fixtures.ReadJSON(t, &expected, "templates/expected.json")
	var cases map[string]json.RawMessage
	fixtures.ReadJSON(t, &cases, "templates/cases.json")
	for _, name := range []string{"Qwen-Qwen2.5-7B-Instruct.jinja", "mistralai-Mistral-Nemo-Instruct-2407.jinja"} {
		for _, chat := range []string{"suau", "tools_call"} {
			got := ok(t, string(cases[chat]), "apply-template", "--template", fixtures.Path(t, "templates/jinja", name), "--context", "-")
			if want := expected[name][chat].Out; got != want || want == "" {
				t.Errorf("%s, chat %s:\ngot  %q\nwant %q", name, chat, got, want)
			}
		}
	}
}
