package chat

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/querent-ai/chord/internal/jinja"
)

// A Message is a turn of a chat.
type Message struct {
	Role       string
	Content    string
	Kind       Content // of the content; if it is not Text, Content is empty
	Reasoning  string  // what the assistant thought before Content
	Name       string
	ToolCalls  []Call
	ToolCallID string // which call a tool answers
}

// Content says what kind of content a message has.
type Content uint8

const (
	Text   Content = iota // a text, if perhaps an empty one
	Null                  // JSON's null, None in templates
	Absent                // none, undefined in templates
)

// A Call is a function that the assistant wants to be called.
type Call struct {
	ID, Name  string
	Arguments string // a JSON object, as text
}

// Options say how a chat becomes a prompt.
type Options struct {
	Tools              []json.RawMessage // JSON objects
	NoGenerationPrompt bool
	Vars               map[string]any // more variables of the template
	Now                time.Time      // what templates print as date; zero means the clock
	TrustContent       bool           // content is not marked: its names of control tokens are control tokens
}

// A way is how a template gets what templates disagree about.
type way struct {
	textArguments bool // the arguments of calls as text, not as what it means
	emptyContent  bool // content that is null or absent as an empty text
}

// A builder makes the variables of one rendering.
type builder struct {
	t *Template
	o *Options
	way
}

// mark returns v as content.
func (b *builder) mark(v any) any {
	if b.o.TrustContent {
		return v
	}
	return jinja.Mark(v)
}

// role returns a message's role, which is the template's own if the template
// knows it: some make control tokens of roles.
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

// message returns a message as a template sees it.
func (b *builder) message(m *Message) (*jinja.Dict, error) {
	d := jinja.NewDict()
	d.Set("role", b.role(m.Role))
	switch {
	case m.Kind == Text || b.emptyContent:
		d.Set("content", b.mark(m.Content))
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

// call returns a call as a template sees it.
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

// tools sets the variable tools, if there are any.
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

// names reports whether the template has s as a string.
func (t *Template) names(s string) bool {
	return s != "" && (strings.Contains(t.source, "'"+s+"'") || strings.Contains(t.source, `"`+s+`"`))
}
