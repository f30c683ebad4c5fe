//go:build wasip1

package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/grammar"
)

// convert returns parameters as chord has them. They pass through JSON, in which what is
// absent differs from 0, as it does here.
func convert(p Params) (chord.ChatParams, error) {
	all := map[string]any{}
	if p.More != nil {
		if err := json.Unmarshal([]byte(*p.More), &all); err != nil {
			return chord.ChatParams{}, errInvalid{fmt.Errorf("params.more: %w", err)}
		}
	}
	put(all, "max_tokens", p.MaxTokens)
	put(all, "seed", p.Seed)
	put(all, "temperature", p.Temperature)
	put(all, "top_k", p.TopK)
	put(all, "top_p", p.TopP)
	put(all, "min_p", p.MinP)
	put(all, "repeat_penalty", p.RepeatPenalty)
	put(all, "stop", p.Stop)
	if p.Tools != nil {
		all["tools"] = json.RawMessage(*p.Tools)
	}
	var c chord.ChatParams
	b, err := json.Marshal(all)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil {
		return c, errInvalid{fmt.Errorf("params: %w", err)}
	}
	c.Grammar, err = constraint(p)
	return c, err
}

// put adds a value that is there.
func put[T any](all map[string]any, name string, v *T) {
	if v != nil {
		all[name] = *v
	}
}

// constraint is the grammar of a text, nil if it has none.
func constraint(p Params) (g *grammar.Grammar, err error) {
	switch {
	case p.Grammar != nil && p.JSONSchema != nil:
		return nil, errInvalid{errors.New("params: both grammar and json-schema")}
	case p.Grammar != nil:
		if g, err = grammar.Parse(*p.Grammar); err != nil {
			return nil, errInvalid{fmt.Errorf("params.grammar: %w", err)}
		}
	case p.JSONSchema != nil:
		if g, err = grammar.JSONSchema([]byte(*p.JSONSchema)); err != nil {
			return nil, errInvalid{fmt.Errorf("params.json-schema: %w", err)}
		}
	}
	return g, nil
}
