package chord

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/querent-ai/chord/internal/chat"
)

// A Message is a message of a chat, with the JSON names of OpenAI's API. Content
// given as a list of parts becomes their texts, one a line; a part that is not text
// is an error. Content that is null or absent in JSON is "" here; templates and
// MarshalJSON see it as null or absent, until Content is set.
type Message struct {
	Role             string     `json:"role"` // "system", "user", "assistant" or "tool"; templates may know others
	Content          string     `json:"content"`
	ReasoningContent string     `json:"reasoning_content,omitempty"` // reasoning before Content
	Name             string     `json:"name,omitempty"`              // of the tool, in its answer
	ToolCalls        []ToolCall `json:"tool_calls,omitempty"`        // of the assistant
	ToolCallID       string     `json:"tool_call_id,omitempty"`      // of the call that a tool message answers

	kind chat.Content // of an empty Content
}

// A ToolCall is a call of a tool by the assistant.
type ToolCall struct {
	ID       string       `json:"id,omitempty"`
	Type     string       `json:"type"` // "function"
	Function FunctionCall `json:"function"`
}

// A FunctionCall is a function name and arguments. UnmarshalJSON takes the arguments
// as an object or as a string with the object; MarshalJSON writes the string.
type FunctionCall struct {
	Name      string `json:"name"`
	Arguments string `json:"arguments"` // a JSON object, as text
}

// ChatOptions say how a chat is rendered to a prompt. The zero value ends the prompt
// where the assistant's answer begins.
type ChatOptions struct {
	// Tools are the tools that the assistant may call, JSON objects as in
	// OpenAI's API. A template without support for tools gets a system message
	// that explains them.
	Tools []json.RawMessage `json:"tools,omitempty"`
	// NoGenerationPrompt leaves out the beginning of the assistant's answer.
	NoGenerationPrompt bool `json:"no_generation_prompt,omitempty"`
	// Vars are more variables for the template, such as enable_thinking and
	// reasoning_effort. Variables not set are undefined in the template.
	Vars map[string]any `json:"chat_template_kwargs,omitempty"`
	// TrustContent lets names of control tokens in messages, tools and Vars
	// become control tokens. Without it they stay text.
	TrustContent bool `json:"trust_content,omitempty"`
	// Now is the date for templates that print it. The zero time means the
	// current time.
	Now time.Time `json:"-"`
}

// UnmarshalJSON reads a message of OpenAI's API.
func (m *Message) UnmarshalJSON(b []byte) error {
	type plain Message
	in := struct {
		*plain
		Content json.RawMessage `json:"content"`
	}{plain: (*plain)(m)}
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	m.kind = chat.Text
	switch string(in.Content) {
	case "":
		m.kind = chat.Absent
	case "null":
		m.kind = chat.Null
	}
	var err error
	m.Content, err = contentText(in.Content)
	return err
}

// MarshalJSON writes a message of OpenAI's API.
func (m Message) MarshalJSON() ([]byte, error) {
	type plain Message
	if m.Content != "" || m.kind == chat.Text {
		return json.Marshal(plain(m))
	}
	out := struct {
		Role    string           `json:"role"`
		Content *json.RawMessage `json:"content,omitempty"`
		plain
	}{Role: m.Role, plain: plain(m)}
	if m.kind == chat.Null {
		null := json.RawMessage("null")
		out.Content = &null
	}
	return json.Marshal(out)
}

// contentText returns the text of a message's content: a string, null or a list of
// parts.
func contentText(b json.RawMessage) (string, error) {
	if len(b) == 0 {
		return "", nil
	}
	if b[0] != '[' {
		var s string // stays empty for null
		if err := json.Unmarshal(b, &s); err != nil {
			return "", fmt.Errorf("content %.20s: want a text, null or a list of parts", b)
		}
		return s, nil
	}
	var parts []struct {
		Type string
		Text *string
	}
	if err := json.Unmarshal(b, &parts); err != nil {
		return "", err
	}
	text := ""
	for i, p := range parts {
		if p.Type != "text" || p.Text == nil {
			return "", fmt.Errorf("content[%d]: type %q, only text can be read", i, p.Type)
		}
		if i > 0 {
			text += "\n"
		}
		text += *p.Text
	}
	return text, nil
}

// UnmarshalJSON reads a function call of OpenAI's API; arguments may be an object
// instead of a string.
func (f *FunctionCall) UnmarshalJSON(b []byte) error {
	type plain FunctionCall
	in := struct {
		*plain
		Arguments json.RawMessage `json:"arguments"`
	}{plain: (*plain)(f)}
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	f.Arguments = ""
	switch a := bytes.TrimSpace(in.Arguments); {
	case len(a) == 0 || string(a) == "null":
	case a[0] == '{':
		f.Arguments = string(a)
	case a[0] == '"':
		return json.Unmarshal(a, &f.Arguments)
	default:
		return fmt.Errorf("arguments %.20s: want a JSON object or its text", a)
	}
	return nil
}

// chatMessages converts messages to those of package chat.
func chatMessages(messages []Message) []chat.Message {
	list := make([]chat.Message, len(messages))
	for i, m := range messages {
		list[i] = chat.Message{Role: m.Role, Content: m.Content, Reasoning: m.ReasoningContent,
			Name: m.Name, ToolCallID: m.ToolCallID}
		if m.Content == "" {
			list[i].Kind = m.kind
		}
		for _, c := range m.ToolCalls {
			list[i].ToolCalls = append(list[i].ToolCalls, chat.Call{ID: c.ID, Name: c.Function.Name, Arguments: c.Function.Arguments})
		}
	}
	return list
}
