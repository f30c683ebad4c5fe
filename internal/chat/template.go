package chat

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/querent-ai/chord/internal/jinja"
)

// A Segment is a part of a prompt: text of the template, or content.
type Segment = jinja.Segment

// Tokens are the special tokens of a vocabulary.
type Tokens struct {
	BOS, EOS       string // their names
	AddBOS, AddEOS bool   // whether encoding adds them
}

// A Template renders chats to prompts in the form that a model was trained on. It is
// immutable and may be used by any number of goroutines.
type Template struct {
	name         string          // of a built-in one, else ""
	source       string          // of all its texts
	text, tooled *jinja.Template // tooled is for chats with tools, nil if it is the same
	vocab        Tokens
	speech       speech
	reasoning    string // the template's name of the reasoning

	forms sync.Once
	found form
}

// New returns the template of two texts, the second for chats with tools. A text is
// the name of a built-in template (see [Builtin]) or Jinja source. An empty text
// means the other one; if both are empty, the default.
func New(text, tools string, vocab Tokens) (*Template, error) {
	if text == "" {
		text = tools
	}
	if text == "" {
		text = Default
	}
	t := &Template{vocab: vocab, reasoning: "reasoning_content"}
	if b, ok := builtin(text); ok {
		t.name, text = text, b
	}
	if !strings.Contains(text, t.reasoning) && strings.Contains(text, "message.thinking") {
		t.reasoning = "thinking"
	}
	var err error
	if t.text, err = jinja.Parse(text); err != nil {
		return nil, err
	}
	t.source = text
	if tools != "" && tools != text {
		if t.tooled, err = jinja.Parse(tools); err != nil {
			return nil, fmt.Errorf("tool_use: %w", err)
		}
		t.source += "\n" + tools
	}
	t.speech = speechOf(t.source)
	if t.toolless() {
		t.speech.explained()
	}
	return t, nil
}

// Name returns the name of a built-in template, "" for others.
func (t *Template) Name() string { return t.name }

// Source returns the Jinja of all its texts.
func (t *Template) Source() string { return t.source }

// template returns the text for chats with or without tools.
func (t *Template) template(o *Options) *jinja.Template {
	if t.tooled != nil && len(o.Tools) > 0 {
		return t.tooled
	}
	return t.text
}

// Apply renders the chat to a prompt.
//
// A BOS or EOS of the template that encoding the prompt adds is left out. Templates
// get the arguments of calls as JSON values, or as text if they fail with values;
// content that is null or absent as such, or as "" if they fail with it. A template
// that reads no tools gets them explained in the system message, or in the first one
// if it takes no system message.
func (t *Template) Apply(messages []Message, o Options) ([]Segment, error) {
	if len(o.Tools) == 0 || !t.toolless() {
		return t.applyAny(messages, o)
	}
	var first error
	tools := o.Tools
	o.Tools = nil
	for _, where := range []place{inSystem, inFirst} {
		list, err := t.explain(messages, tools, where)
		if err != nil {
			return nil, err
		}
		prompt, err := t.applyAny(list, o)
		if err == nil {
			return prompt, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// applyAny renders the chat in the first of its representations that the template
// takes.
func (t *Template) applyAny(messages []Message, o Options) ([]Segment, error) {
	var first error
	for _, w := range t.ways(messages) {
		list, err := t.apply(messages, o, w)
		if err == nil {
			return list, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// ways returns the representations to try, in order. Built-in templates print any
// content.
func (t *Template) ways(messages []Message) []way {
	calls, empty := false, false
	for i := range messages {
		calls = calls || len(messages[i].ToolCalls) > 0
		empty = empty || messages[i].Kind != Text
	}
	list := []way{{emptyContent: t.name != ""}}
	if calls {
		list = append(list, way{true, t.name != ""})
	}
	if empty && t.name == "" {
		for _, w := range list {
			list = append(list, way{w.textArguments, true})
		}
	}
	return list
}

func (t *Template) apply(messages []Message, o Options, w way) ([]Segment, error) {
	b := builder{t, &o, w}
	vars, err := b.variables(messages)
	if err != nil {
		return nil, err
	}
	list, err := t.template(&o).Segments(vars, jinja.Options{Now: o.Now})
	if err != nil {
		return nil, err
	}
	return t.trim(list), nil
}

// trim drops the BOS and EOS that encoding adds again, if the template wrote them.
func (t *Template) trim(list []Segment) []Segment {
	if n := len(list); n > 0 && t.vocab.AddBOS && !list[0].Content {
		if list[0].Text = strings.TrimPrefix(list[0].Text, t.vocab.BOS); list[0].Text == "" {
			list = list[1:]
		}
	}
	if n := len(list); n > 0 && t.vocab.AddEOS && !list[n-1].Content {
		if list[n-1].Text = strings.TrimSuffix(list[n-1].Text, t.vocab.EOS); list[n-1].Text == "" {
			list = list[:n-1]
		}
	}
	return list
}

// tokens sets bos_token and eos_token if they are not set.
func (t *Template) tokens(vars *jinja.Dict) {
	for _, v := range []struct{ key, text string }{{"bos_token", t.vocab.BOS}, {"eos_token", t.vocab.EOS}} {
		if _, ok := vars.Get(v.key); !ok {
			vars.Set(v.key, v.text)
		}
	}
}

// Render renders the template with the variables of a JSON object, as Python's
// jinja2 would. bos_token and eos_token default to those of the vocabulary.
func (t *Template) Render(variables []byte) (string, error) {
	v, err := jinja.Decode(variables)
	if err != nil {
		return "", err
	}
	vars, ok := v.(*jinja.Dict)
	if !ok {
		return "", errors.New("chat: the variables of a template are no JSON object")
	}
	t.tokens(vars)
	return t.text.Render(vars, jinja.Options{})
}
