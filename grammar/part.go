package grammar

import (
	"encoding/json"
	"fmt"
)

// A Part is a set of texts of which larger ones are put together: what frames a
// JSON value, for instance. It does not change; the zero Part is the empty text. A
// grammar has the rules of a Part once, however often it is in there.
type Part struct{ node *partNode }

// A partNode is what a Part stands for: a regular expression, or rules.
type partNode struct {
	regular func(*exprs) (expr, error)
	lower   func(*rules) (symbol, error)
}

func regularPart(f func(*exprs) (expr, error)) Part { return Part{&partNode{regular: f}} }
func rulesPart(f func(*rules) (symbol, error)) Part { return Part{&partNode{lower: f}} }

// Literal returns the part that is exactly text.
func Literal(text string) Part {
	return regularPart(func(x *exprs) (expr, error) { return x.bytes(text), nil })
}

// Pattern returns the part that a regular expression matches as a whole; see
// [Regexp].
func Pattern(expression string) Part {
	return regularPart(func(x *exprs) (expr, error) {
		p, err := parsePattern(expression)
		if err != nil {
			return none, err
		}
		return x.pattern(p, plain{})
	})
}

// Sequence returns the part of one text of each of parts, one after another.
func Sequence(parts ...Part) Part {
	if all := regulars(parts); all != nil {
		return regularPart(func(x *exprs) (expr, error) {
			list, err := lowerAll(all, x)
			return x.concat(list...), err
		})
	}
	return rulesPart(func(r *rules) (symbol, error) {
		list, err := symbols(r, parts)
		s := r.nonterminal()
		r.add(s, list...)
		return s, err
	})
}

// Either returns the part whose texts are those of any of parts.
func Either(parts ...Part) Part {
	if all := regulars(parts); all != nil {
		return regularPart(func(x *exprs) (expr, error) {
			list, err := lowerAll(all, x)
			return x.or(list...), err
		})
	}
	return rulesPart(func(r *rules) (symbol, error) {
		list, err := symbols(r, parts)
		s := r.nonterminal()
		for _, a := range list {
			r.add(s, a)
		}
		return s, err
	})
}

// Repeat returns the part of at least least and at most most texts of p; most < 0 is
// no limit.
func Repeat(p Part, least, most int) Part {
	return rulesPart(func(r *rules) (symbol, error) {
		a, err := p.symbol(r)
		inner := r.nonterminal()
		r.add(inner, a)
		inner.min, inner.max = int32(least), int32(max(most, -1))
		s := r.nonterminal()
		r.add(s, inner)
		return s, err
	})
}

// Value returns the part of the JSON values that a schema allows; see [JSONSchema].
func Value(schema json.RawMessage) (Part, error) {
	root, err := parseValue(schema)
	if err != nil {
		return Part{}, fmt.Errorf("grammar: JSON Schema: %w", err)
	}
	p := valueOf(root)
	_, err = p.Grammar()
	return p, err
}

// valueOf returns the part of the values of a schema.
func valueOf(root *value) Part {
	return rulesPart(func(r *rules) (symbol, error) {
		s := newSchemas(r, root.clone()) // which numbers its schemas
		s.index(s.root, "", 0)
		sym, err := s.value(conj{s.idOf(s.root)})
		return sym, err
	})
}

// clone returns a copy of v.
func (v *value) clone() *value {
	c := *v
	c.items = make([]*value, len(v.items))
	for i, a := range v.items {
		c.items[i] = a.clone()
	}
	return &c
}

// Grammar returns the grammar of the texts of p.
func (p Part) Grammar() (*Grammar, error) {
	g, err := newGrammar(Source{}, func(r *rules) error {
		start := r.nonterminal()
		r.first = start.id
		s, err := p.symbol(r)
		r.add(start, s)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("grammar: %w", err)
	}
	return g, nil
}

// symbol returns the symbol of p.
func (p Part) symbol(r *rules) (symbol, error) {
	if p.node == nil {
		return r.terminal(eps), nil
	}
	if s, ok := r.parts[p.node]; ok {
		return s, nil
	}
	var s symbol
	var err error
	if p.node.lower != nil {
		s, err = p.node.lower(r)
	} else {
		var e expr
		e, err = p.node.regular(r.x)
		s = r.terminal(e)
	}
	if r.parts == nil {
		r.parts = map[*partNode]symbol{}
	}
	r.parts[p.node] = s
	return s, err
}

// regulars returns the regular expressions of parts, nil if one is none.
func regulars(parts []Part) (all []func(*exprs) (expr, error)) {
	all = []func(*exprs) (expr, error){}
	for _, p := range parts {
		switch {
		case p.node == nil:
			all = append(all, func(*exprs) (expr, error) { return eps, nil })
		case p.node.lower != nil:
			return nil
		default:
			all = append(all, p.node.regular)
		}
	}
	return all
}

func lowerAll(list []func(*exprs) (expr, error), x *exprs) (out []expr, err error) {
	for _, f := range list {
		e, err := f(x)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// symbols returns the symbols of parts, neighbours that are regular each on its own.
func symbols(r *rules, parts []Part) (list []symbol, err error) {
	for _, p := range parts {
		s, err := p.symbol(r)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}
