//go:build cgo

package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/grammar"
)

// decode sets v, of which no member may be unknown, to the JSON in text; none is {}.
func decode(what string, text []byte, v any) error {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("%s: %w: %w", what, chord.ErrInvalid, err)
	}
	if d.More() {
		return fmt.Errorf("%s: %w: more than one value", what, chord.ErrInvalid)
	}
	return nil
}

// chatParams returns parameters with the grammar of the same object.
func chatParams(text []byte) (chord.ChatParams, error) {
	var p chord.ChatParams
	var more struct {
		Grammar *string         `json:"grammar"`
		Schema  json.RawMessage `json:"json_schema"`
		LoRA    loras           `json:"lora"`
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return p, nil
	}
	err := json.Unmarshal(text, &p)
	if err == nil {
		err = json.Unmarshal(text, &more)
	}
	if p.Adapters = more.LoRA; err != nil {
		return p, fmt.Errorf("params: %w: %w", chord.ErrInvalid, err)
	}
	switch {
	case more.Grammar != nil && more.Schema != nil:
		err = fmt.Errorf("grammar and json_schema: want one of them")
	case more.Grammar != nil:
		p.Grammar, err = grammar.Parse(*more.Grammar)
	case more.Schema != nil:
		p.Grammar, err = grammar.JSONSchema(more.Schema)
	}
	if err != nil {
		return p, fmt.Errorf("params: %w: %w", chord.ErrInvalid, err)
	}
	return p, nil
}
