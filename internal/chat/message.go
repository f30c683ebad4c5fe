package chat

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/querent-ai/chord/internal/jinja"
)

// A Message is a message of a chat.
type Message struct {
	Role       string
	Content    string
	Kind       Content // of Content; if it is not Text, Content is ""
	Reasoning  string  // reasoning before Content
	Name       string
	ToolCalls  []Call
	ToolCallID string // of the call that a tool message answers

	parts []Segment // of Content, if not all of it is content; nil else
}

// Content says what kind of content a message has.
type Content uint8

const (
	Text   Content = iota // a text, maybe empty
	Null                  // JSON's null, None in templates
	Absent                // none, undefined in templates
)

// A Call is a call of a tool by the assistant.
type Call struct {
	ID, Name  string
	Arguments string // a JSON object, as text
}

// Options say how a chat is rendered to a prompt.
type Options struct {
	Tools              []json.RawMessage // JSON objects
	NoGenerationPrompt bool
	Vars               map[string]any // more variables of the template
	Now                time.Time      // date for templates; zero: the current time
	TrustContent       bool           // names of control tokens in content are control tokens
}

// A way is a choice of representations on which templates disagree.
type way struct {
	textArguments bool // arguments of calls as text instead of JSON values
	emptyContent  bool // null or absent content as ""
}

// A builder builds the variables of a rendering.
type builder struct {
	t *Template
	o *Options
	way
}

// mark marks v as content.
func (b *builder) mark(v any) any {
	if b.o.TrustContent {
		return v
	}
	return jinja.Mark(v)
}

// content returns the template's variable of a message's content.
func (b *builder) content(m *Message) any {
	if m.parts == nil || b.o.TrustContent {
		return b.mark(m.Content)
	}
	return jinja.Joined(m.parts)
}

// role returns a message's role, not marked as content if the template has it as a
// string: some templates build control tokens from roles.
func (b *builder) role(role string) any {
	switch role {
	case "system", "user", "assistant", "tool", "developer":
		return role
	}
	if b.t.names(role) {
		return role
	}
	return b.mark(role)
}

// message returns the template's variable of a message.
func (b *builder) message(m *Message) (*jinja.Dict, error) {
	d := jinja.NewDict()
	d.Set("role", b.role(m.Role))
	switch {
	case m.Kind == Text || b.emptyContent:
		d.Set("content", b.content(m))
	case m.Kind == Null:
		d.Set("content", nil)
	}
	for _, f := range []struct{ key, text string }{
		{b.t.reasoning, m.Reasoning}, {"name", m.Name}, {"tool_call_id", m.ToolCallID},
	} {
		if f.text != "" {
			d.Set(f.key, b.mark(f.text))
		}
	}
	var calls []any
	for i := range m.ToolCalls {
		c, err := b.call(&m.ToolCalls[i])
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

// call returns the template's variable of a call.
func (b *builder) call(c *Call) (*jinja.Dict, error) {
	f := jinja.NewDict()
	f.Set("name", b.mark(c.Name))
	f.Set("arguments", b.mark(c.Arguments))
	if !b.textArguments && c.Arguments != "" {
		v, err := jinja.Decode([]byte(c.Arguments))
		if err != nil {
			return nil, fmt.Errorf("function.arguments: %w", err)
		}
		f.Set("arguments", b.mark(v))
	}
	d := jinja.NewDict()
	if c.ID != "" {
		d.Set("id", b.mark(c.ID))
	}
	d.Set("type", "function")
	d.Set("function", f)
	return d, nil
}

// variables returns the variables of a rendering.
func (b *builder) variables(messages []Message) (*jinja.Dict, error) {
	d := jinja.NewDict()
	list := make([]any, len(messages))
	for i := range messages {
		m, err := b.message(&messages[i])
		if err != nil {
			return nil, fmt.Errorf("chat: messages[%d].%w", i, err)
		}
		list[i] = m
	}
	d.Set("messages", jinja.NewList(list...))
	if err := b.tools(d); err != nil {
		return nil, err
	}
	d.Set("add_generation_prompt", !b.o.NoGenerationPrompt)
	for k, v := range b.o.Vars {
		text, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("chat: variable %q: %w", k, err)
		}
		x, err := jinja.Decode(text)
		if err != nil {
			return nil, fmt.Errorf("chat: variable %q: %w", k, err)
		}
		d.Set(k, b.mark(x))
	}
	b.t.tokens(d)
	return d, nil
}

// tools sets the variable tools if there are tools.
func (b *builder) tools(d *jinja.Dict) error {
	if len(b.o.Tools) == 0 {
		return nil
	}
	tools := make([]any, len(b.o.Tools))
	for i, t := range b.o.Tools {
		v, err := jinja.Decode(t)
		if err != nil {
			return fmt.Errorf("chat: tools[%d]: %w", i, err)
		}
		if _, ok := v.(*jinja.Dict); !ok {
			return fmt.Errorf("chat: tools[%d]: no JSON object", i)
		}
		tools[i] = b.mark(v)
	}
	d.Set("tools", jinja.NewList(tools...))
	return nil
}

// names reports whether the template contains s as a string.
func (t *Template) names(s string) bool {
	return s != "" && (strings.Contains(t.source, "'"+s+"'") || strings.Contains(t.source, `"`+s+`"`))
}
