//go:build js && wasm

package main

import (
	"errors"
	"syscall/js"

	"github.com/querent-ai/chord"
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

// withDeadline is parameters and how many milliseconds their call has.
type withDeadline[P any] struct {
	Params   P       `json:"params"`
	Deadline float64 `json:"deadline"`
}

// generate is model.generate.
func generate(m *chord.Model, args []js.Value) (any, error) {
	if arg(args, 0).Type() != js.TypeString {
		return nil, errInvalid{errors.New("prompt: no string")}
	}
	var p withDeadline[chord.Params]
	if err := decode("params", arg(args, 1), &p); err != nil {
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
	var p withDeadline[chord.ChatParams]
	if err := decode("params", arg(args, 1), &p); err != nil {
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
