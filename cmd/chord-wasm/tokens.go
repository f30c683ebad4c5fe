//go:build js && wasm

package main

import (
	"context"
	"errors"
	"syscall/js"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
)

// tokenize is model.tokenize: the ids of a text, as JSON.
func tokenize(m *chord.Model, args []js.Value) (any, error) {
	if arg(args, 0).Type() != js.TypeString {
		return nil, errInvalid{errors.New("text: no string")}
	}
	return encode(m.Tokenizer().Encode(nil, args[0].String(), bpe.EncodeOptions{}))
}

// detokenize is model.detokenize: the text of ids, which are JSON, as
// tokenize gives them: without its BOS.
func detokenize(m *chord.Model, args []js.Value) (any, error) {
	var ids []int32
	if err := decode("ids", arg(args, 0), &ids); err != nil {
		return nil, err
	}
	return m.Tokenizer().Decode(ids, bpe.DecodeOptions{RemoveSpecial: true}), nil
}

// embed is model.embed: the vectors of texts, both as JSON, with options.
func embed(m *chord.Model, args []js.Value) (any, error) {
	var texts []string
	if err := decode("texts", arg(args, 0), &texts); err != nil {
		return nil, err
	}
	var o chord.EmbedOptions
	if err := decode("options", arg(args, 1), &o); err != nil {
		return nil, err
	}
	vectors, err := m.Embed(context.Background(), texts, o)
	if err != nil {
		return nil, err
	}
	return encode(vectors)
}
