package openai

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server/internal/wire"
)

// A message is a message of a request.
type message struct {
	Role             string     `json:"role"`
	Content          wire.Raw   `json:"content"`
	ReasoningContent *string    `json:"reasoning_content"`
	Reasoning        *string    `json:"reasoning"`
	Name             *string    `json:"name"`
	ToolCalls        []toolCall `json:"tool_calls"`
	ToolCallID       *string    `json:"tool_call_id"`
}

// A toolCall is a call in a message of a request.
type toolCall struct {
	ID       string  `json:"id"`
	Type     *string `json:"type"`
	Function struct {
		Name      string   `json:"name"`
		Arguments wire.Raw `json:"arguments"`
	} `json:"function"`
}

// maxRole bounds the name of a role: templates know a few more than OpenAI does.
const maxRole = 64

// chat converts the messages of a request.
func chat(messages []message) ([]chord.Message, error) {
	if len(messages) == 0 {
		return nil, wire.Errorf("messages", "empty, want at least one message")
	}
	list := make([]chord.Message, len(messages))
	for i := range messages {
		at := fmt.Sprintf("messages[%d]", i)
		if err := messages[i].convert(at, &list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// convert converts a message, the field at.
func (m *message) convert(at string, to *chord.Message) error {
	if m.Role == "" || len(m.Role) > maxRole {
		return wire.Errorf(at+".role", "want system, developer, user, assistant or tool")
	}
	if m.Content == nil { // templates tell null from ""
		if err := json.Unmarshal([]byte(`{"content":null}`), to); err != nil {
			return err
		}
	}
	text, err := contentText(at+".content", m.Content)
	if err != nil {
		return err
	}
	to.Role, to.Content = m.Role, text
	if to.Role == "developer" {
		to.Role = "system"
	}
	to.Name, to.ToolCallID = deref(m.Name), deref(m.ToolCallID)
	if to.ReasoningContent = deref(m.ReasoningContent); to.ReasoningContent == "" {
		to.ReasoningContent = deref(m.Reasoning)
	}
	for i, c := range m.ToolCalls {
		at := fmt.Sprintf("%s.tool_calls[%d].function", at, i)
		if c.Function.Name == "" {
			return wire.Errorf(at+".name", "missing")
		}
		call := chord.ToolCall{ID: c.ID, Type: "function", Function: chord.FunctionCall{Name: c.Function.Name}}
		switch c.Function.Arguments.Kind() {
		case 0:
		case '{':
			call.Function.Arguments = string(c.Function.Arguments)
		default:
			if err := wire.DecodeAt(at+".arguments", c.Function.Arguments, &call.Function.Arguments); err != nil {
				return err
			}
		}
		to.ToolCalls = append(to.ToolCalls, call)
	}
	return nil
}

// contentText returns the text of content: a string, null or parts, one a line.
func contentText(at string, raw wire.Raw) (string, error) {
	var text string
	if raw.Kind() != '[' {
		if raw == nil {
			return "", nil
		}
		err := wire.DecodeAt(at, raw, &text)
		return text, err
	}
	var parts []struct {
		Type string  `json:"type"`
		Text *string `json:"text"`
	}
	if err := wire.DecodeAt(at, raw, &parts); err != nil {
		return "", err
	}
	texts := make([]string, len(parts))
	for i, p := range parts {
		switch {
		case p.Type != "text" && p.Type != "input_text" && p.Type != "output_text":
			return "", wire.Errorf(fmt.Sprintf("%s[%d].type", at, i), "%.40q, only text can be read", p.Type)
		case p.Text == nil:
			return "", wire.Errorf(fmt.Sprintf("%s[%d].text", at, i), "missing")
		}
		texts[i] = *p.Text
	}
	return strings.Join(texts, "\n"), nil
}

// deref returns *p, or the zero value of nil.
func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
