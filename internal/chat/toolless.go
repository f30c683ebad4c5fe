package chat

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A template that reads no tools gets them in the system message, and if it knows of
// no calls either, calls as the text of the assistant and answers as messages of the
// user. The marks around calls are the template's text, all else is content.

// toolless reports whether the template reads no tools.
func (t *Template) toolless() bool {
	return !t.text.Reads("tools") && (t.tooled == nil || !t.tooled.Reads("tools"))
}

// A place is where the tools are explained.
type place uint8

const (
	inSystem place = iota
	inFirst        // in the first message, whatever its role
)

// explain returns messages without tools, calls and answers, and with an explanation
// of tools in the system message or in the first one.
func (t *Template) explain(messages []Message, tools []json.RawMessage, where place) ([]Message, error) {
	f := t.form()
	told, err := f.explanation(tools)
	if err != nil {
		return nil, err
	}
	list := slices.Clone(messages)
	blank := Segment{Text: "\n\n"}
	switch {
	case len(list) == 0 || list[0].Role != "system" && where == inSystem:
		list = append([]Message{{Role: "system"}}, list...)
		list[0].say(told)
	case list[0].Content == "":
		list[0].say(told)
	case list[0].Role == "system":
		list[0].say(append([]Segment{content(list[0].Content), blank}, told...))
	default:
		list[0].say(append(told, blank, content(list[0].Content)))
	}
	if strings.Contains(t.source, "tool_calls") {
		return list, nil
	}
	return f.speak(list), nil
}

// content returns a part that is content.
func content(text string) Segment { return Segment{Text: text, Content: true} }

// say sets the content of a message.
func (m *Message) say(parts []Segment) {
	m.parts, m.Content, m.Kind = parts, Join(parts), Text
}

// explanation returns what the model is told of tools.
func (f *form) explanation(tools []json.RawMessage) ([]Segment, error) {
	parts := []Segment{{Text: "You can call these tools:\n"}}
	for i, tool := range tools {
		var in struct{ Function json.RawMessage }
		if err := json.Unmarshal(tool, &in); err != nil {
			return nil, fmt.Errorf("chat: tools[%d]: %w", i, err)
		}
		if in.Function != nil {
			tool = in.Function
		}
		var line bytes.Buffer
		if err := json.Compact(&line, tool); err != nil {
			return nil, fmt.Errorf("chat: tools[%d]: %w", i, err)
		}
		parts = append(parts, content(line.String()), Segment{Text: "\n"})
	}
	parts = append(parts, Segment{Text: "\nTo call a tool, answer with its name and a JSON object of its arguments, like this:\n"})
	return append(parts, f.write([]Call{{Name: "name", Arguments: `{"argument": "value"}`}})...), nil
}

// write returns calls with their arguments in JSON.
func (f *form) write(calls []Call) (parts []Segment) {
	parts = append(parts, Segment{Text: f.begin})
	for i, c := range calls {
		if i > 0 {
			parts = append(parts, Segment{Text: f.sep})
		}
		values := map[string]string{slotName: c.Name, slotArgs: cmp.Or(c.Arguments, "{}"), slotID: c.ID, slotIndex: "0"}
		for n, text := range strings.Split(f.call, "\x00") {
			if n > 0 {
				parts = append(parts, content(values["\x00"+text[:1]]))
				text = text[1:]
			}
			parts = append(parts, Segment{Text: text})
		}
	}
	return append(parts, Segment{Text: f.end})
}

// speak returns messages with calls as text, and answers of tools as messages of the
// user, those to the same calls as one.
func (f *form) speak(messages []Message) (list []Message) {
	answered := false
	for _, m := range messages {
		answer := m.Role == "tool"
		if answer {
			parts := []Segment{{Text: "<tool_response>\n"}, content(m.Content), {Text: "\n</tool_response>"}}
			if n := len(list); answered {
				list[n-1].say(append(append(slices.Clip(list[n-1].parts), Segment{Text: "\n"}), parts...))
				continue
			}
			m = Message{Role: "user"}
			m.say(parts)
		}
		answered = answer
		if len(m.ToolCalls) > 0 {
			parts := f.write(m.ToolCalls)
			if m.Content != "" {
				parts = append([]Segment{content(m.Content), {Text: "\n"}}, parts...)
			}
			m.say(parts)
			m.ToolCalls = nil
		}
		list = append(list, m)
	}
	return list
}
