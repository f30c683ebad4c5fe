package grammar

import (
	"encoding/json"
	"fmt"
	"slices"
)

// A Part is a set of texts that larger ones are made of, such as the text around a
// JSON value. It does not change; the zero Part is the empty text. A
// grammar has the rules of a Part once, however often it is in there.
type Part struct{ node *partNode }

// A partNode is what a Part stands for: a regular expression, or rules. The other
// fields say how it was made; see partSource.
type partNode struct {
	regular func(*exprs) (expr, error)
	lower   func(*rules) (symbol, error)

	op          string
	text        string
	marks       []string
	parts       []Part
	least, most int
}

// Literal returns the part that is exactly text.
func Literal(text string) Part {
	return Part{&partNode{op: partLiteral, text: text, regular: func(x *exprs) (expr, error) { return x.bytes(text), nil }}}
}

// Pattern returns the part that a regular expression matches as a whole; see
// [Regexp].
func Pattern(expression string) Part {
	return Part{&partNode{op: partPattern, text: expression, regular: func(x *exprs) (expr, error) {
		p, err := parsePattern(expression)
		if err != nil {
			return none, err
		}
		return x.pattern(p, plain{})
	}}}
}

// Sequence returns the part of one text of each of parts, one after another.
func Sequence(parts ...Part) Part {
	n := &partNode{op: partSequence, parts: slices.Clone(parts)}
	if n.regulars() {
		n.regular = func(x *exprs) (expr, error) {
			list, err := n.exprs(x)
			return x.concat(list...), err
		}
		return Part{n}
	}
	n.lower = func(r *rules) (symbol, error) {
		list, err := symbols(r, n.parts)
		s := r.nonterminal()
		r.add(s, list...)
		return s, err
	}
	return Part{n}
}

// Either returns the part whose texts are those of any of parts.
func Either(parts ...Part) Part {
	n := &partNode{op: partEither, parts: slices.Clone(parts)}
	if n.regulars() {
		n.regular = func(x *exprs) (expr, error) {
			list, err := n.exprs(x)
			return x.or(list...), err
		}
		return Part{n}
	}
	n.lower = func(r *rules) (symbol, error) {
		list, err := symbols(r, n.parts)
		s := r.nonterminal()
		for _, a := range list {
			r.add(s, a)
		}
		return s, err
	}
	return Part{n}
}

// Repeat returns the part of at least least and at most most texts of p; most < 0 is
// no limit.
func Repeat(p Part, least, most int) Part {
	return Part{&partNode{op: partRepeat, parts: []Part{p}, least: least, most: max(most, -1), lower: func(r *rules) (symbol, error) {
		a, err := p.symbol(r)
		inner := r.nonterminal()
		r.add(inner, a)
		inner.min, inner.max = int32(least), int32(max(most, -1))
		s := r.nonterminal()
		r.add(s, inner)
		return s, err
	}}}
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
	root = root.clone() // compiling numbers its schemas
	return Part{&partNode{op: partValue, text: string(root.write(nil)), lower: func(r *rules) (symbol, error) {
		return newSchemas(r, root.clone()).whole()
	}}}
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
	g, err := newGrammar(Source{kindParts, ""}, func(r *rules) error {
		start := r.nonterminal()
		r.first = start.id
		s, err := p.symbol(r)
		r.add(start, s)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("grammar: %w", err)
	}
	g.part = p
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
		e, err = p.expr(r.x)
		s = r.terminal(e)
	}
	if r.parts == nil {
		r.parts = map[*partNode]symbol{}
	}
	r.parts[p.node] = s
	return s, err
}

// regulars reports whether the parts of n are regular expressions.
func (n *partNode) regulars() bool {
	return !slices.ContainsFunc(n.parts, func(p Part) bool { return p.node != nil && p.node.lower != nil })
}

// expr returns the expression of p, which is regular.
func (p Part) expr(x *exprs) (expr, error) {
	if p.node == nil {
		return eps, nil
	}
	if e, ok := x.partOf[p.node]; ok {
		return e, nil
	}
	e, err := p.node.regular(x)
	if x.partOf == nil {
		x.partOf = map[*partNode]expr{}
	}
	x.partOf[p.node] = e
	return e, err
}

// exprs returns the expressions of the parts of n.
func (n *partNode) exprs(x *exprs) (out []expr, err error) {
	for _, p := range n.parts {
		e, err := p.expr(x)
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
