package chat

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/querent-ai/chord/grammar"
)

// arguments returns the part of the arguments that a schema allows.
func (w *formWriter) arguments(schema json.RawMessage) grammar.Part {
	if w.args.style == asObject {
		p, dropped := grammar.Relaxed(objectOnly(schema))
		w.drop(dropped...)
		return p
	}
	params := w.parameters(schema)
	switch w.args.style {
	case asPython:
		return joined(params, "", "", func(p parameter) grammar.Part {
			return grammar.Sequence(grammar.Literal(p.key+"="), w.json(p))
		})
	case asBraces:
		return joined(params, "{", "}", func(p parameter) grammar.Part {
			return grammar.Sequence(grammar.Literal(p.key+":"), w.quoted(p))
		})
	}
	var parts []grammar.Part
	for _, p := range params {
		part := w.tagged(p)
		if !p.required {
			part = grammar.Repeat(part, 0, 1)
		}
		parts = append(parts, part)
	}
	return grammar.Sequence(parts...)
}

// tagged returns the part of an argument between tags.
func (w *formWriter) tagged(p parameter) grammar.Part {
	a := &w.args
	if !isString(p.schema) {
		return grammar.Sequence(grammar.Literal(w.mark(a.keyOpen+p.key+a.valueOpen)), w.json(p), grammar.Literal(w.mark(a.valueClose)))
	}
	marks := []string{strings.TrimSpace(a.valueClose), strings.TrimLeft(a.keyOpen, "> \n"), w.open}
	text, dropped := grammar.Strings(p.schema, marks...)
	w.drop(at(p.key, dropped)...)
	return grammar.Sequence(grammar.Literal(w.mark(a.keyOpen+p.key+a.textOpen)), text, grammar.Literal(w.mark(a.valueClose)))
}

// json returns the part of an argument in JSON.
func (w *formWriter) json(p parameter) grammar.Part {
	part, dropped := grammar.Relaxed(p.schema)
	w.drop(at(p.key, dropped)...)
	return part
}

// quoted returns the part of an argument in JSON, or of a string in own quotes.
func (w *formWriter) quoted(p parameter) grammar.Part {
	if !isString(p.schema) {
		return w.json(p)
	}
	text, dropped := grammar.Strings(p.schema, w.args.quote)
	w.drop(at(p.key, dropped)...)
	quote := grammar.Literal(w.mark(w.args.quote))
	return grammar.Sequence(quote, text, quote)
}

// at adds the place to what has been dropped.
func at(key string, dropped []string) []string {
	for i, d := range dropped {
		dropped[i] = fmt.Sprintf("at #/properties/%s: %s", key, d)
	}
	return dropped
}

// joined returns the part of parameters with commas between them.
func joined(params []parameter, open, close string, write func(parameter) grammar.Part) grammar.Part {
	first, later := grammar.Literal(close), grammar.Literal(close) // what follows, with and without an argument before it
	for i := len(params) - 1; i >= 0; i-- {
		part := write(params[i])
		begin := grammar.Sequence(part, later)
		goOn := grammar.Sequence(grammar.Pattern(`, ?`), part, later)
		if params[i].required {
			first, later = begin, goOn
		} else {
			first, later = grammar.Either(begin, first), grammar.Either(goOn, later)
		}
	}
	return grammar.Sequence(grammar.Literal(open), first)
}
