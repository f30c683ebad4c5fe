package jinja

import "strings"

// expression reads an expression, which may be a condition.
func (p *parser) expression() expr {
	p.enter()
	defer p.leave()
	x := p.or()
	for p.word("if") {
		p.soft++
		test := p.or()
		var y expr
		if p.word("else") {
			y = p.expression()
		}
		p.soft--
		x = &cond{test, x, y}
	}
	return x
}

// or reads x or y.
func (p *parser) or() expr {
	x := p.and()
	for p.word("or") {
		x = &or{x, p.and()}
	}
	return x
}

func (p *parser) and() expr {
	x := p.not()
	for p.word("and") {
		x = &and{x, p.not()}
	}
	return x
}

func (p *parser) not() expr {
	if !p.word("not") {
		return p.compare()
	}
	p.enter()
	defer p.leave()
	return &not{p.not()}
}

// compare reads chains of comparisons.
func (p *parser) compare() expr {
	x := p.sum()
	var rest []comparison
	for {
		t := p.peek()
		op := ""
		switch {
		case t.kind == tokenOp && comparisons[t.text], t.is(tokenName, "in"):
			op = p.next().text
		case t.is(tokenName, "not") && p.peekAfter().is(tokenName, "in"):
			p.at += 2
			op = "not in"
		}
		if op == "" {
			break
		}
		rest = append(rest, comparison{op, p.sum(), t.pos})
	}
	if rest == nil {
		return x
	}
	return &compare{x, rest}
}

var comparisons = map[string]bool{"==": true, "!=": true, "<": true, "<=": true, ">": true, ">=": true}

// sum reads + and -, which bind less than ~.
func (p *parser) sum() expr {
	x := p.concat()
	for {
		t := p.peek()
		if !p.op("+") && !p.op("-") {
			return x
		}
		x = &binary{t.text, x, p.concat(), t.pos}
	}
}

func (p *parser) concat() expr {
	x := p.product()
	if !p.peek().is(tokenOp, "~") {
		return x
	}
	parts := []expr{x}
	for p.op("~") {
		parts = append(parts, p.product())
	}
	return &concat{parts}
}

func (p *parser) product() expr {
	x := p.power()
	for {
		t := p.peek()
		if !p.op("*") && !p.op("/") && !p.op("//") && !p.op("%") {
			return x
		}
		x = &binary{t.text, x, p.power(), t.pos}
	}
}

// power reads **, which groups from the left here, unlike Python's.
func (p *parser) power() expr {
	x := p.unary(true)
	for {
		t := p.peek()
		if !p.op("**") {
			return x
		}
		x = &binary{t.text, x, p.unary(true), t.pos}
	}
}

// unary reads a sign and its operand. Members, subscripts and calls apply to the
// operand, filters and tests to the operand with its sign.
func (p *parser) unary(filters bool) expr {
	t := p.peek()
	var x expr
	if p.op("-") || p.op("+") {
		p.enter()
		x = &unary{t.text, p.unary(false), t.pos}
		p.leave()
	} else {
		x = p.primary()
	}
	x = p.postfix(x)
	for filters {
		t := p.peek()
		switch {
		case t.is(tokenOp, "|"):
			for _, f := range p.filters(false) {
				f.x = x
				x = &f
			}
		case t.is(tokenName, "is"):
			x = p.test(x)
		case t.is(tokenOp, "("):
			x = p.call(x)
		default:
			return x
		}
	}
	return x
}

// primary reads a name or a literal.
func (p *parser) primary() expr {
	t := p.next()
	switch t.kind {
	case tokenName:
		switch t.text {
		case "true", "True":
			return constant{true}
		case "false", "False":
			return constant{false}
		case "none", "None":
			return constant{nil}
		}
		p.reads[t.text] = true
		return &name{p.sym(t.text), t.pos, t.text}
	case tokenString:
		parts := []string{t.text}
		for p.peek().kind == tokenString {
			parts = append(parts, p.next().text)
		}
		return constant{strings.Join(parts, "")}
	case tokenInt, tokenFloat:
		return constant{p.number(t)}
	case tokenOp:
		switch t.text {
		case "(":
			x := p.tuple(&t)
			p.expect(tokenOp, ")")
			return x
		case "[":
			return p.list()
		case "{":
			return p.dict(t)
		}
	}
	p.fail(t.pos, "unexpected %s, expected an expression", t.describe())
	return nil
}

// tuple reads expressions with commas between them, or one without. bracket
// is the ( before it, nil if there is none: only in brackets may it be empty.
func (p *parser) tuple(bracket *token) expr {
	return p.tupleOf(p.expression, bracket != nil, "")
}

// tupleWithoutCond is tuple where an expression ends before "if" and the name end.
func (p *parser) tupleWithoutCond(end string) expr {
	return p.tupleOf(p.or, false, end)
}

func (p *parser) tupleOf(read func() expr, mayBeEmpty bool, end string) expr {
	var items []expr
	for !p.tupleEnds(end) {
		items = append(items, read())
		if !p.op(",") {
			if len(items) == 1 {
				return items[0]
			}
			break
		}
	}
	if t := p.peek(); len(items) == 0 && !mayBeEmpty {
		p.fail(t.pos, "unexpected %s, expected an expression", t.describe())
	}
	return &display{items, isTuple}
}

// tupleEnds reports whether no element of a tuple can be next.
func (p *parser) tupleEnds(end string) bool {
	t := p.peek()
	return t.kind == tokenPrintEnd || t.kind == tokenBlockEnd || t.is(tokenOp, ")") ||
		end != "" && t.is(tokenName, end)
}
