package grammar

import "strings"

// alternatives reads what | separates; nested, line ends do not end it.
func (p *larkParser) alternatives(nested bool) (*ruleNode, error) {
	if p.depth++; p.depth > maxPatternDepth {
		return nil, p.fail("groups too deep")
	}
	defer func() { p.depth-- }()
	if err := p.grow(2); err != nil {
		return nil, err
	}
	or := &ruleNode{op: ruleOr, place: p.place()}
	for {
		n, err := p.conjunction(nested)
		if err == nil {
			err = p.grow(2)
		}
		if err != nil {
			return nil, err
		}
		or.args = append(or.args, n)
		if p.space(nested); p.has("->") {
			p.space(nested)
			if name, _ := p.name(); name == "" {
				return nil, p.fail("the name of an alternative, not %q", p.rest())
			}
		}
		if p.space(nested); p.has("%if") {
			return nil, p.fail("%%if: rules with parameters cannot be enforced")
		}
		before := p.at
		if p.space(true); !p.has("|") {
			p.at = before
			break
		}
	}
	if len(or.args) == 1 {
		return or.args[0], nil
	}
	return or, nil
}

// conjunction reads what & separates.
func (p *larkParser) conjunction(nested bool) (*ruleNode, error) {
	start, before := p.at, p.terminal
	and := &ruleNode{op: ruleAnd, place: p.place()}
	for {
		n, err := p.sequence(nested)
		if err != nil {
			p.terminal = before
			return nil, err
		}
		and.args = append(and.args, n)
		if p.space(nested); !p.has("&") {
			break
		}
		if !p.terminal { // what is before it is regular too
			p.terminal, p.at, and.args = true, start, and.args[:0]
		}
	}
	if p.terminal = before; len(and.args) == 1 {
		return and.args[0], nil
	}
	return p.leaf(and), nil
}

// leaf returns what a regular node is where it is read.
func (p *larkParser) leaf(n *ruleNode) *ruleNode {
	if p.terminal {
		return n
	}
	return &ruleNode{op: ruleLexeme, args: []*ruleNode{n}, place: n.place}
}

func (p *larkParser) sequence(nested bool) (*ruleNode, error) {
	seq := &ruleNode{op: ruleConcat, place: p.place()}
	for {
		p.space(nested)
		c := p.peek()
		if c == 0 || strings.IndexByte("\r\n|)]}&:", c) >= 0 || strings.HasPrefix(p.src[p.at:], "->") || strings.HasPrefix(p.src[p.at:], "%if") {
			break
		}
		a, err := p.atom()
		if err == nil {
			p.space(nested)
			a, err = p.repeat(a)
		}
		if err != nil {
			return nil, err
		}
		seq.args = append(seq.args, a)
	}
	if len(seq.args) == 1 {
		return seq.args[0], nil
	}
	return seq, nil
}

// repeat reads how often a comes.
func (p *larkParser) repeat(a *ruleNode) (*ruleNode, error) {
	n := &ruleNode{op: ruleRepeat, args: []*ruleNode{a}, max: unbounded, place: p.place()}
	start := p.at
	switch {
	case p.has("*"):
		return n, nil
	case p.has("+"):
		n.min = 1
		return n, nil
	case p.has("?"):
		n.max = 1
		return n, nil
	case p.has("~"):
		p.space(false)
		if n.min = p.number(); n.min < 0 { // a complement
			p.at = start
			return a, nil
		}
		n.max = n.min
		before := p.at
		if p.space(false); !p.has("..") {
			p.at = before
			break
		}
		p.space(false)
		if n.max = p.number(); n.max < 0 {
			return nil, p.fail("a number after .., not %q", p.rest())
		}
	case p.has("{"):
		if err := p.braces(n); err != nil {
			return nil, err
		}
	default:
		return a, nil
	}
	if n.max >= 0 && n.max < n.min {
		return nil, p.failAt(n.place, "%s: the first is larger", p.src[start:p.at])
	}
	if max(n.min, n.max) > maxRepeat {
		return nil, p.failAt(n.place, "a repeat of more than %d", maxRepeat)
	}
	return n, nil
}

// braces reads the rest of {n}, {n,}, {,m} or {n,m}.
func (p *larkParser) braces(n *ruleNode) error {
	p.space(false)
	n.min = p.number()
	n.max = n.min
	p.space(false)
	if p.has(",") {
		p.space(false)
		n.max = p.number()
	} else if n.min < 0 {
		return p.failAt(n.place, "templates cannot be enforced, and a repeat is {m}, {m,}, {,n} or {m,n}")
	}
	if p.space(false); !p.has("}") {
		return p.failAt(n.place, "a repeat is {m}, {m,}, {,n} or {m,n}")
	}
	n.min = max(n.min, 0)
	return nil
}

// atom reads what may be repeated.
func (p *larkParser) atom() (*ruleNode, error) {
	at := p.place()
	switch p.peek() {
	case '~':
		return p.complement(at)
	case '(', '[':
		optional := p.peek() == '['
		p.at++
		n, err := p.alternatives(true)
		if err != nil {
			return nil, err
		}
		if p.space(true); !p.has(map[bool]string{false: ")", true: "]"}[optional]) {
			return nil, p.failAt(at, "a group without an end")
		}
		if optional {
			n = &ruleNode{op: ruleRepeat, args: []*ruleNode{n}, max: 1, place: at}
		}
		return n, nil
	}
	return p.value()
}

// complement reads ~ and what it is the complement of: any other text in UTF-8.
func (p *larkParser) complement(at place) (*ruleNode, error) {
	p.at++
	before := p.terminal
	p.terminal = true
	p.space(false)
	if p.depth++; p.depth > maxPatternDepth {
		return nil, p.fail("complements too deep")
	}
	a, err := p.atom()
	p.depth--
	if p.terminal = before; err != nil {
		return nil, err
	}
	text := &ruleNode{op: ruleRepeat, max: unbounded, args: []*ruleNode{{op: ruleSet, set: anyRune}}}
	not := &ruleNode{op: ruleNot, args: []*ruleNode{a}, place: at}
	return p.leaf(&ruleNode{op: ruleAnd, args: []*ruleNode{text, not}, place: at}), nil
}

// checkTerminals returns an error if a terminal leads to itself.
func (p *larkParser) checkTerminals() error {
	state := map[string]int{} // 1 open, 2 done
	var visit func(n *ruleNode, depth int) error
	visit = func(n *ruleNode, depth int) error {
		if n.op == ruleName && isTerminal(n.text) && p.named[n.text] != nil && state[n.text] != 2 {
			if state[n.text] == 1 {
				return p.failAt(n.place, "terminal %.50q leads to itself", n.text)
			}
			if depth > maxPatternDepth {
				return p.failAt(n.place, "terminals too deep")
			}
			state[n.text] = 1
			err := visit(p.named[n.text].body, depth+1)
			state[n.text] = 2
			return err
		}
		for _, a := range n.args {
			if err := visit(a, depth); err != nil {
				return err
			}
		}
		return nil
	}
	for _, r := range p.rules {
		if isTerminal(r.name) && state[r.name] == 0 {
			if err := visit(&ruleNode{op: ruleName, text: r.name, place: r.body.place}, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// isTerminal reports whether a name is that of a terminal.
func isTerminal(name string) bool { return strings.ToUpper(name) == name }
