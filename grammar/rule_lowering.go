package grammar

import "fmt"

// A ruleLowering turns what was read into rules. A rule that does not lead to
// itself, and is not too large, becomes a regular expression.
type ruleLowering struct {
	r     *rules
	named map[string]*namedRule
	depth int

	skip    *ruleNode // what is ignored after a lexeme, nil for nothing
	skips   int       // how often at most
	err     error
	lexemes bool // every lexeme is a terminal of its own
}

// maxRegular bounds the size of rules that become regular expressions.
const maxRegular = 2000

// States of a namedRule.
const (
	ruleNew uint8 = iota
	ruleOpen
	ruleRegular
	ruleFree
)

// lower makes the rules of list; the whole text is the rule named start.
func (l *ruleLowering) lower(list []*namedRule, start string) error {
	root := l.named[start]
	if root == nil {
		return fmt.Errorf("there is no rule %q", start)
	}
	for _, r := range list {
		if err := l.check(r.body); err != nil {
			return fmt.Errorf("rule %q: %w", r.name, err)
		}
	}
	if l.skip != nil {
		if err := l.check(l.skip); err != nil {
			return fmt.Errorf("%%ignore: %w", err)
		}
	}
	for _, r := range list {
		l.classify(r)
	}
	for _, r := range list {
		if r.state != ruleRegular {
			r.sym = l.r.nonterminal()
		}
	}
	for _, r := range list {
		if r.state != ruleRegular {
			l.addAll(r.sym, r.body)
		}
	}
	if l.err != nil {
		return l.err
	}
	if root.state == ruleRegular {
		return l.r.only(l.expr(root.body), nil)
	}
	l.r.first = root.sym.id
	return nil
}

// check reports names that no rule has.
func (l *ruleLowering) check(n *ruleNode) error {
	if n.op == ruleName && l.named[n.text] == nil {
		return fmt.Errorf("%v: there is no rule %q", n.place, n.text)
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
func (l *ruleLowering) classify(r *namedRule) {
	if r.state != ruleNew {
		return
	}
	if l.depth++; l.depth > maxPatternDepth {
		r.state = ruleFree
		return
	}
	defer func() { l.depth-- }()
	r.state = ruleOpen
	size, ok := l.measure(r.body)
	if r.state = ruleFree; ok && size <= maxRegular {
		r.state, r.size = ruleRegular, size
	}
}

// measure returns the size of n as a regular expression, ok false if it is none.
func (l *ruleLowering) measure(n *ruleNode) (size int64, ok bool) {
	switch n.op {
	case ruleText:
		return int64(len(n.text)) + 1, true
	case ruleSet:
		return int64(len(n.set)) + 1, true
	case ruleName:
		r := l.named[n.text]
		l.classify(r)
		return r.size, r.state == ruleRegular
	case rulePattern:
		return patternSize(n.pattern), true
	case ruleSubstring:
		for _, c := range n.chunks {
			size += int64(2 * len(c))
		}
		return size + 1, true
	case ruleLexeme:
		size, ok = l.measure(n.args[0])
		if l.skip != nil {
			more, _ := l.measure(l.skip)
			size += more
		}
		return size, ok && !l.lexemes
	case ruleLazy, ruleSchema:
		return 1, false
	}
	size, ok = 1, true
	for _, a := range n.args {
		s, regular := l.measure(a)
		size += s
		ok = ok && regular
	}
	if n.op == ruleRepeat && n.max > 1 && counted(n.args[0], l) {
		size *= int64(min(n.max, maxRegular+1))
	}
	return min(size, 1<<40), ok
}

// counted reports whether n has a repeat with different bounds.
func counted(n *ruleNode, l *ruleLowering) bool {
	if n.op == ruleRepeat && n.max > 1 && n.min != n.max {
		return true
	}
	if n.op == ruleName && l.named[n.text].state == ruleRegular && counted(l.named[n.text].body, l) {
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
func (l *ruleLowering) expr(n *ruleNode) expr {
	x := l.r.x
	switch n.op {
	case ruleText:
		return x.bytes(n.text)
	case ruleSet:
		return plain{}.set(x, n.set)
	case ruleName:
		r := l.named[n.text]
		if r.expr == none {
			r.expr = l.expr(r.body)
		}
		return r.expr
	case rulePattern:
		e, err := x.pattern(n.pattern, plain{})
		if err != nil && l.err == nil {
			l.err = fmt.Errorf("%v: %w", n.place, err)
		}
		return e
	case ruleSubstring:
		return x.substrings(n.chunks)
	case ruleLexeme:
		e := l.expr(n.args[0])
		if l.skip != nil {
			e = x.concat(e, x.repeat(l.expr(l.skip), 0, l.skips))
		}
		return e
	}
	args := make([]expr, len(n.args))
	for i, a := range n.args {
		args[i] = l.expr(a)
	}
	switch n.op {
	case ruleOr:
		return x.or(args...)
	case ruleRepeat:
		return x.repeat(args[0], n.min, n.max)
	case ruleAnd:
		return x.and(args...)
	case ruleNot:
		return x.not(args[0])
	}
	return x.concat(args...)
}

// addAll gives sym the alternatives of n.
func (l *ruleLowering) addAll(sym symbol, n *ruleNode) {
	if n.op != ruleOr {
		l.r.add(sym, l.symbols(n)...)
		return
	}
	var regular []expr
	for _, a := range n.args {
		if size, ok := l.measure(a); ok && size <= maxRegular {
			regular = append(regular, l.expr(a))
			continue
		}
		l.r.add(sym, l.symbols(a)...)
	}
	if len(regular) > 0 {
		l.r.add(sym, l.r.terminal(l.r.x.or(regular...)))
	}
}

// symbols returns n as the symbols of a right side, neighbours that are regular
// as one terminal.
func (l *ruleLowering) symbols(n *ruleNode) []symbol {
	if n.op != ruleConcat {
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
func (l *ruleLowering) symbol(n *ruleNode) symbol {
	if size, ok := l.measure(n); ok && size <= maxRegular {
		return l.r.terminal(l.expr(n))
	}
	switch {
	case n.op == ruleName:
		return l.named[n.text].sym
	case n.op == ruleRepeat:
		s := l.symbol(n.args[0])
		if !s.once() {
			inner := l.r.nonterminal()
			l.r.add(inner, s)
			s = inner
		}
		s.min, s.max = int32(n.min), int32(n.max)
		return s
	case n.op == ruleConcat && len(n.args) == 1:
		return l.symbol(n.args[0])
	case n.op <= ruleSet || n.op >= rulePattern && n.op <= ruleNot: // a terminal, however large
		return l.r.terminal(l.expr(n))
	case n.op == ruleLexeme || n.op == ruleLazy || n.op == ruleSchema:
		return l.lexeme(n)
	}
	s := l.r.nonterminal()
	l.addAll(s, n)
	return s
}

// lexeme returns the symbol of a lexeme and of what is ignored after it.
func (l *ruleLowering) lexeme(n *ruleNode) symbol {
	var s symbol
	switch {
	case n.op == ruleSchema:
		var err error
		if s, err = newSchemas(l.r, n.schema).whole(); err != nil {
			if l.err == nil {
				l.err = fmt.Errorf("%v: %%json: %w", n.place, err)
			}
			return l.r.terminal(none)
		}
	case n.op == ruleLazy:
		s = l.r.lazyTerminal(l.expr(n.args[0]))
	case l.lexemes:
		s = l.r.terminal(l.expr(n.args[0]))
	default:
		s = l.symbol(n.args[0])
	}
	if l.skip == nil {
		return s
	}
	both := l.r.nonterminal()
	l.r.add(both, s, l.skipped())
	return both
}

// skipped returns the symbol of what is ignored.
func (l *ruleLowering) skipped() symbol {
	s := l.r.terminal(l.expr(l.skip))
	s.min, s.max = 0, int32(l.skips)
	return s
}
