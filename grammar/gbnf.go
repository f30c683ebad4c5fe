package grammar

import "fmt"

// GBNF returns the grammar that src, in llama.cpp's notation, describes: rules
// name ::= alternatives, of texts in quotes, classes of characters, groups,
// names, and repeats. The text is the rule called root.
func GBNF(src string) (*Grammar, error) {
	g, err := newGrammar(func(r *rules) error {
		p := &gbnfParser{src: src}
		if err := p.parse(); err != nil {
			return err
		}
		return (&gbnfLowering{r: r, named: p.named}).lower(p.rules)
	})
	if err != nil {
		return nil, fmt.Errorf("grammar: GBNF: %w", err)
	}
	return g, nil
}

// A gbnfLowering turns what was read into rules. A rule that does not lead to
// itself, and is not too large, becomes a regular expression.
type gbnfLowering struct {
	r     *rules
	named map[string]*gbnfRule
	depth int
}

// maxRegular bounds the size of rules that become regular expressions.
const maxRegular = 2000

// States of a gbnfRule.
const (
	gbnfNew uint8 = iota
	gbnfOpen
	gbnfRegular
	gbnfFree
)

func (l *gbnfLowering) lower(list []*gbnfRule) error {
	root := l.named["root"]
	if root == nil {
		return fmt.Errorf(`there is no rule "root"`)
	}
	for _, r := range list {
		if err := l.check(r.body); err != nil {
			return fmt.Errorf("rule %q: %w", r.name, err)
		}
	}
	for _, r := range list {
		l.classify(r)
	}
	for _, r := range list {
		if r.state != gbnfRegular {
			r.sym = l.r.nonterminal()
		}
	}
	for _, r := range list {
		if r.state != gbnfRegular {
			l.addAll(r.sym, r.body)
		}
	}
	if root.state == gbnfRegular {
		return l.r.only(l.expr(root.body), nil)
	}
	l.r.first = root.sym.id
	return nil
}

// check reports names that no rule has.
func (l *gbnfLowering) check(n *gbnfNode) error {
	if n.op == gbnfName && l.named[n.text] == nil {
		return fmt.Errorf("line %d: there is no rule %q", n.line, n.text)
	}
	for _, a := range n.args {
		if err := l.check(a); err != nil {
			return err
		}
	}
	return nil
}

// classify finds out whether r is regular. A rule that is met while it is open
// leads to itself.
func (l *gbnfLowering) classify(r *gbnfRule) {
	if r.state != gbnfNew {
		return
	}
	if l.depth++; l.depth > maxPatternDepth {
		r.state = gbnfFree
		return
	}
	defer func() { l.depth-- }()
	r.state = gbnfOpen
	size, ok := l.measure(r.body)
	if r.state = gbnfFree; ok && size <= maxRegular {
		r.state, r.size = gbnfRegular, size
	}
}

// measure returns the size of n as a regular expression, ok false if it is none.
func (l *gbnfLowering) measure(n *gbnfNode) (size int64, ok bool) {
	switch n.op {
	case gbnfText:
		return int64(len(n.text)) + 1, true
	case gbnfSet:
		return int64(len(n.set)) + 1, true
	case gbnfName:
		r := l.named[n.text]
		l.classify(r)
		return r.size, r.state == gbnfRegular
	}
	size, ok = 1, true
	for _, a := range n.args {
		s, regular := l.measure(a)
		size += s
		ok = ok && regular
	}
	if n.op == gbnfRepeat && n.max > 1 && counted(n.args[0], l) {
		size *= int64(min(n.max, maxRegular+1))
	}
	return min(size, 1<<40), ok
}

// counted reports whether n has a repeat with different bounds.
func counted(n *gbnfNode, l *gbnfLowering) bool {
	if n.op == gbnfRepeat && n.max > 1 && n.min != n.max {
		return true
	}
	if n.op == gbnfName && l.named[n.text].state == gbnfRegular && counted(l.named[n.text].body, l) {
		return true
	}
	for _, a := range n.args {
		if counted(a, l) {
			return true
		}
	}
	return false
}

// expr returns the regular expression of n.
func (l *gbnfLowering) expr(n *gbnfNode) expr {
	x := l.r.x
	switch n.op {
	case gbnfText:
		return x.bytes(n.text)
	case gbnfSet:
		return plain{}.set(x, n.set)
	case gbnfName:
		r := l.named[n.text]
		if r.expr == none {
			r.expr = l.expr(r.body)
		}
		return r.expr
	}
	args := make([]expr, len(n.args))
	for i, a := range n.args {
		args[i] = l.expr(a)
	}
	switch n.op {
	case gbnfOr:
		return x.or(args...)
	case gbnfRepeat:
		return x.repeat(args[0], n.min, n.max)
	}
	return x.concat(args...)
}

// addAll gives sym the alternatives of n.
func (l *gbnfLowering) addAll(sym symbol, n *gbnfNode) {
	if n.op != gbnfOr {
		l.r.add(sym, l.symbols(n)...)
		return
	}
	regular := none
	for _, a := range n.args {
		if size, ok := l.measure(a); ok && size <= maxRegular {
			regular = l.r.x.or(regular, l.expr(a))
			continue
		}
		l.r.add(sym, l.symbols(a)...)
	}
	if regular != none {
		l.r.add(sym, l.r.terminal(regular))
	}
}

// symbols returns n as the symbols of a right side, neighbours that are regular
// as one terminal.
func (l *gbnfLowering) symbols(n *gbnfNode) []symbol {
	if n.op != gbnfConcat {
		return []symbol{l.symbol(n)}
	}
	var out []symbol
	regular, total := eps, int64(0)
	flush := func() {
		if regular != eps {
			out = append(out, l.r.terminal(regular))
		}
		regular, total = eps, 0
	}
	for _, a := range n.args {
		size, ok := l.measure(a)
		if !ok || total+size > maxRegular {
			flush()
		}
		if !ok || size > maxRegular {
			out = append(out, l.symbol(a))
			continue
		}
		regular = l.r.x.concat(regular, l.expr(a))
		total += size
	}
	flush()
	return out
}

// symbol returns n as one symbol.
func (l *gbnfLowering) symbol(n *gbnfNode) symbol {
	if size, ok := l.measure(n); ok && size <= maxRegular {
		return l.r.terminal(l.expr(n))
	}
	switch {
	case n.op == gbnfName:
		return l.named[n.text].sym
	case n.op == gbnfRepeat:
		s := l.symbol(n.args[0])
		if !s.once() {
			inner := l.r.nonterminal()
			l.r.add(inner, s)
			s = inner
		}
		s.min, s.max = int32(n.min), int32(n.max)
		return s
	case n.op == gbnfConcat && len(n.args) == 1:
		return l.symbol(n.args[0])
	}
	s := l.r.nonterminal()
	l.addAll(s, n)
	return s
}
