package chord

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/querent-ai/chord/internal/jinja"
)

// A Message is a turn of a chat, with the names of OpenAI's JSON. Content that
// JSON gives as parts is their texts, one line each; parts that are no text
// are an error.
type Message struct {
	Role             string     `json:"role"` // "system", "user", "assistant" or "tool"; templates may know others
	Content          string     `json:"content"`
	ReasoningContent string     `json:"reasoning_content,omitempty"` // what the assistant thought before Content
	Name             string     `json:"name,omitempty"`              // of the tool, in its answer
	ToolCalls        []ToolCall `json:"tool_calls,omitempty"`        // of the assistant
	ToolCallID       string     `json:"tool_call_id,omitempty"`      // which call a tool answers
}

// A ToolCall is a function that the assistant wants to be called.
type ToolCall struct {
	ID       string       `json:"id,omitempty"`
	Type     string       `json:"type"` // "function"
	Function FunctionCall `json:"function"`
}

// A FunctionCall is a function and its arguments.
type FunctionCall struct {
	Name      string `json:"name"`
	Arguments string `json:"arguments"` // a JSON object, as text
}

// ChatOptions say how a chat becomes a prompt. The zero value ends it where
// the assistant's answer begins.
type ChatOptions struct {
	// Tools may be called; each is a JSON object as OpenAI's API has them,
	// which the template gets with its keys in order.
	Tools []json.RawMessage `json:"tools,omitempty"`
	// NoGenerationPrompt leaves out what begins the assistant's answer.
	NoGenerationPrompt bool `json:"no_generation_prompt,omitempty"`
	// Vars are more variables for the template, such as enable_thinking and
	// reasoning_effort. What is not set is undefined, so the template decides.
	Vars map[string]any `json:"chat_template_kwargs,omitempty"`
	// Now is the date that templates print. The zero time means the clock.
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
	var err error
	m.Content, err = contentText(in.Content)
	return err
}

// contentText returns the text of a message's content: a string, null or
// parts.
func contentText(b json.RawMessage) (string, error) {
	if len(b) == 0 {
		return "", nil
	}
	if b[0] != '[' {
		var s string // stays empty for null
		err := json.Unmarshal(b, &s)
		return s, err
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

// arguments is how templates get the arguments of calls.
type arguments uint8

const (
	asObject arguments = iota // what the text means; most templates print it as JSON
	asText
)

// value returns the message as a template sees it. reasoning is what the
// template calls ReasoningContent.
func (m *Message) value(how arguments, reasoning string) (*jinja.Dict, error) {
	d := jinja.NewDict()
	d.Set("role", m.Role)
	d.Set("content", m.Content)
	for _, f := range []struct{ key, text string }{
		{reasoning, m.ReasoningContent}, {"name", m.Name}, {"tool_call_id", m.ToolCallID},
	} {
		if f.text != "" {
			d.Set(f.key, f.text)
		}
	}
	var calls []any
	for i := range m.ToolCalls {
		c, err := m.ToolCalls[i].value(how)
		if err != nil {
			return nil, fmt.Errorf("tool_calls[%d]: %w", i, err)
		}
		calls = append(calls, c)
	}
	if calls != nil {
		d.Set("tool_calls", jinja.NewList(calls...))
	}
	return d, nil
}

// value returns the call as a template sees it.
func (c *ToolCall) value(how arguments) (*jinja.Dict, error) {
	f := jinja.NewDict()
	f.Set("name", c.Function.Name)
	f.Set("arguments", c.Function.Arguments)
	if how == asObject && c.Function.Arguments != "" {
		v, err := jinja.Decode([]byte(c.Function.Arguments))
		if err != nil {
			return nil, fmt.Errorf("function.arguments: %w", err)
		}
		f.Set("arguments", v)
	}
	d := jinja.NewDict()
	if c.ID != "" {
		d.Set("id", c.ID)
	}
	d.Set("type", "function")
	d.Set("function", f)
	return d, nil
}

// vars returns the variables of a template but for those of the vocabulary.
func (o *ChatOptions) vars(messages []Message, how arguments, reasoning string) (*jinja.Dict, error) {
	d := jinja.NewDict()
	list := make([]any, len(messages))
	for i := range messages {
		m, err := messages[i].value(how, reasoning)
		if err != nil {
			return nil, fmt.Errorf("chord: messages[%d].%w", i, err)
		}
		list[i] = m
	}
	d.Set("messages", jinja.NewList(list...))
	if len(o.Tools) > 0 {
		tools := make([]any, len(o.Tools))
		for i, t := range o.Tools {
			v, err := jinja.Decode(t)
			if _, ok := v.(*jinja.Dict); err == nil && !ok {
				err = errors.New("no JSON object")
			}
			if err != nil {
				return nil, fmt.Errorf("chord: tools[%d]: %w", i, err)
			}
			tools[i] = v
		}
		d.Set("tools", jinja.NewList(tools...))
	}
	d.Set("add_generation_prompt", !o.NoGenerationPrompt)
	for k, v := range o.Vars {
		b, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("chord: ChatOptions.Vars[%q]: %w", k, err)
		}
		x, err := jinja.Decode(b)
		if err != nil {
			return nil, fmt.Errorf("chord: ChatOptions.Vars[%q]: %w", k, err)
		}
		d.Set(k, x)
	}
	return d, nil
}
