package chat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A template that reads no tools gets them in the system message, and if it knows of
// no calls either, calls as the text of the assistant and answers as messages of the
// user.

// toolless reports whether the template reads no tools.
func (t *Template) toolless() bool {
	return !t.text.Reads("tools") && (t.tooled == nil || !t.tooled.Reads("tools"))
}

// explain returns messages without tools, calls and answers, and with an explanation
// of tools in the system message or in the first one.
func (t *Template) explain(messages []Message, tools []json.RawMessage, where place) ([]Message, error) {
	f := t.form()
	text, err := f.explanation(tools)
	if err != nil {
		return nil, err
	}
	list := slices.Clone(messages)
	switch {
	case len(list) > 0 && (list[0].Role == "system" || where == inFirst):
		list[0].Kind = Text
		if list[0].Role == "system" && list[0].Content != "" {
			list[0].Content += "\n\n" + text
		} else {
			list[0].Content = text + "\n\n" + list[0].Content
		}
	default:
		list = append([]Message{{Role: "system", Content: text}}, list...)
	}
	if strings.Contains(t.source, "tool_calls") {
		return list, nil
	}
	return f.speak(list), nil
}

// A place is where the tools are explained.
type place uint8

const (
	inSystem place = iota
	inFirst        // in the first message, whatever its role
)

// explanation returns what the model is told of tools.
func (f *form) explanation(tools []json.RawMessage) (string, error) {
	var b strings.Builder
	b.WriteString("You can call these tools:\n")
	for i, tool := range tools {
		var in struct{ Function json.RawMessage }
		if err := json.Unmarshal(tool, &in); err != nil {
			return "", fmt.Errorf("chat: tools[%d]: %w", i, err)
		}
		if in.Function != nil {
			tool = in.Function
		}
		var line bytes.Buffer
		if err := json.Compact(&line, tool); err != nil {
			return "", fmt.Errorf("chat: tools[%d]: %w", i, err)
		}
		b.Write(line.Bytes())
		b.WriteByte('\n')
	}
	b.WriteString("\nTo call a tool, answer with its name and a JSON object of its arguments, like this:\n")
	b.WriteString(f.write([]Call{{Name: "name", Arguments: `{"argument": "value"}`}}))
	return b.String(), nil
}

// write returns calls with their arguments in JSON.
func (f *form) write(calls []Call) string {
	var list []string
	for _, c := range calls {
		text := strings.NewReplacer(slotName, c.Name, slotArgs, c.Arguments, slotID, c.ID, slotIndex, "0").Replace(f.call)
		list = append(list, text)
	}
	return f.begin + strings.Join(list, f.sep) + f.end
}

// speak returns messages with calls as text, and answers of tools as messages of the
// user.
func (f *form) speak(messages []Message) (list []Message) {
	for _, m := range messages {
		answer := m.Role == "tool"
		if answer {
			m = Message{Role: "user", Content: "<tool_response>\n" + m.Content + "\n</tool_response>"}
		}
		if len(m.ToolCalls) > 0 {
			text := f.write(m.ToolCalls)
			if m.Content != "" {
				text = m.Content + "\n" + text
			}
			m.Content, m.Kind, m.ToolCalls = text, Text, nil
		}
		if n := len(list); answer && n > 0 && list[n-1].Role == "user" && strings.HasPrefix(list[n-1].Content, "<tool_response>") {
			list[n-1].Content += "\n" + m.Content
			continue
		}
		list = append(list, m)
	}
	return list
}
