//go:build js && wasm

package main

import (
	"encoding/json"
	"errors"
	"syscall/js"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/grammar"
)

// newModel is a model as JavaScript has it.
func newModel(m *chord.Model) (any, error) {
	info, err := encode(m.Info())
	if err != nil {
		return nil, err
	}
	all := map[string]any{"info": info}
	for name, f := range map[string]func(m *chord.Model, args []js.Value) (any, error){
		"generate": generate, "chat": chat, "tokenize": tokenize, "detokenize": detokenize, "embed": embed,
		"close": func(m *chord.Model, _ []js.Value) (any, error) { return nil, m.Close() },
	} {
		all[name] = async(func(args []js.Value) (any, error) { return f(m, args) })
	}
	return all, nil
}

// A request is parameters, how many milliseconds their call has, and what constrains
// the text: a grammar, as grammar.Parse reads it, or a JSON Schema.
type request[P any] struct {
	Params     P               `json:"params"`
	Deadline   float64         `json:"deadline"`
	Grammar    string          `json:"grammar"`
	JSONSchema json.RawMessage `json:"json_schema"`
}

// grammar is the grammar of a request, nil if it has none.
func (r *request[P]) grammar() (*grammar.Grammar, error) {
	switch {
	case r.Grammar != "" && r.JSONSchema != nil:
		return nil, errInvalid{errors.New("params: both grammar and json_schema")}
	case r.Grammar != "":
		g, err := grammar.Parse(r.Grammar)
		return g, invalid("grammar", err)
	case r.JSONSchema != nil:
		g, err := grammar.JSONSchema(r.JSONSchema)
		return g, invalid("json_schema", err)
	}
	return nil, nil
}

// generate is model.generate.
func generate(m *chord.Model, args []js.Value) (any, error) {
	if arg(args, 0).Type() != js.TypeString {
		return nil, errInvalid{errors.New("prompt: no string")}
	}
	var p request[chord.Params]
	err := decode("params", arg(args, 1), &p)
	if err == nil {
		p.Params.Grammar, err = p.grammar()
	}
	if err != nil {
		return nil, err
	}
	c, err := newCall(p.Deadline, arg(args, 2), arg(args, 3))
	if err != nil {
		return nil, err
	}
	defer c.end()
	for t, err := range m.Generate(c.ctx, args[0].String(), p.Params) {
		if err := c.step(err, t); err != nil {
			return nil, err
		}
		if t.Result != nil {
			return encode(t.Result)
		}
	}
	return nil, errors.New("a text without an end")
}

// chat is model.chat.
func chat(m *chord.Model, args []js.Value) (any, error) {
	var messages []chord.Message
	if err := decode("messages", arg(args, 0), &messages); err != nil {
		return nil, err
	}
	var p request[chord.ChatParams]
	err := decode("params", arg(args, 1), &p)
	if err == nil {
		p.Params.Grammar, err = p.grammar()
	}
	if err != nil {
		return nil, err
	}
	c, err := newCall(p.Deadline, arg(args, 2), arg(args, 3))
	if err != nil {
		return nil, err
	}
	defer c.end()
	for d, err := range m.Chat(c.ctx, messages, p.Params) {
		if err := c.step(err, d); err != nil {
			return nil, err
		}
		if d.Result != nil {
			return encode(d.Result)
		}
	}
	return nil, errors.New("an answer without an end")
}
