//go:build js && wasm

package main

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
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
		"session": session, "restore": restore,
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
	return tokens(args[1:], func(ctx context.Context, p chord.Params) iter.Seq2[chord.Token, error] {
		return m.Generate(ctx, args[0].String(), p)
	})
}

// tokens passes on what start gives for the arguments params, onToken and abort, and
// returns the result.
func tokens(args []js.Value, start func(ctx context.Context, p chord.Params) iter.Seq2[chord.Token, error]) (any, error) {
	var p request[chord.Params]
	err := decode("params", arg(args, 0), &p)
	if err == nil {
		p.Params.Grammar, err = p.grammar()
	}
	if err != nil {
		return nil, err
	}
	c, err := newCall(p.Deadline, arg(args, 1), arg(args, 2))
	if err != nil {
		return nil, err
	}
	defer c.end()
	for t, err := range start(c.ctx, p.Params) {
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
	return deltas(args, m.Chat)
}

// deltas passes on what start gives for the arguments messages, params, onDelta and
// abort, and returns the result.
func deltas(args []js.Value, start func(ctx context.Context, messages []chord.Message, p chord.ChatParams) iter.Seq2[chord.Delta, error]) (any, error) {
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
	for d, err := range start(c.ctx, messages, p.Params) {
		if err := c.step(err, d); err != nil {
			return nil, err
		}
		if d.Result != nil {
			return encode(d.Result)
		}
	}
	return nil, errors.New("an answer without an end")
}
