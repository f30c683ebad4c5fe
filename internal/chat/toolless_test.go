package chat

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestToolless explains tools to models whose templates know of none, and writes
// calls and answers as text.
func TestToolless(t *testing.T) {
	chat := []Message{{Role: "user", Content: "q"}, {Role: "assistant", Content: "Well.", ToolCalls: []Call{{ID: "1", Name: "clock", Arguments: `{"zone": "CET"}`}, {ID: "2", Name: "clock", Arguments: "{}"}}},
		{Role: "tool", ToolCallID: "1", Content: "noon"}, {Role: "tool", ToolCallID: "2", Content: "one"}}
	const told = "You can call these tools:\n" + `{"name":"clock","parameters":{"type":"object","properties":{"zone":{"type":"string"}}}}` +
		"\n\nTo call a tool, answer with its name and a JSON object of its arguments, like this:\n<tool_call>\n" + `{"name": "name", "arguments": {"argument": "value"}}` + "\n</tool_call>"
	const calls = "Well.\n<tool_call>\n" + `{"name": "clock", "arguments": {"zone": "CET"}}` + "\n</tool_call>\n<tool_call>\n" + `{"name": "clock", "arguments": {}}` + "\n</tool_call>"
	const answers = "<tool_response>\nnoon\n</tool_response>\n<tool_response>\none\n</tool_response>"
	plain := "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"
	for _, c := range []struct {
		name, template, system, want string
	}{
		{"a new system message", plain, "", "[system]" + told + "[user]q[assistant]" + calls + "[user]" + answers},
		{"after the system message", plain, "Be brief.", "[system]Be brief.\n\n" + told + "[user]q[assistant]" + calls + "[user]" + answers},
		{"no system message", "{% if messages[0].role == 'system' %}{{ raise_exception('no') }}{% endif %}" + plain, "", "[user]" + told + "\n\nq[assistant]" + calls + "[user]" + answers},
		{"own calls", "{# tool_calls #}" + plain, "", "[system]" + told + "[user]q[assistant]Well.[tool]noon[tool]one"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tmpl, err := New(c.template, "", Tokens{})
			if err != nil {
				t.Fatal(err)
			}
			list := chat
			if c.system != "" {
				list = append([]Message{{Role: "system", Content: c.system}}, chat...)
			}
			prompt, err := tmpl.Apply(list, Options{Tools: []json.RawMessage{json.RawMessage(clock)}})
			if err != nil || Join(prompt) != c.want {
				t.Errorf("%v\ngot  %q\nwant %q", err, Join(prompt), c.want)
			}
			if chat[1].Content != "Well." || chat[0].Content != "q" {
				t.Error("the messages have changed")
			}
		})
	}
	tmpl, err := New("{{ raise_exception('never') }}", "", Tokens{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tmpl.Apply(chat, Options{Tools: []json.RawMessage{json.RawMessage(clock)}}); err == nil || !strings.Contains(err.Error(), "never") {
		t.Errorf("got %v", err)
	}
	if _, err := tmpl.Apply(chat, Options{Tools: []json.RawMessage{json.RawMessage("{")}}); err == nil || !strings.Contains(err.Error(), "tools[0]") {
		t.Errorf("got %v", err)
	}
}
