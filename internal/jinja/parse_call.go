package jinja

import (
	"strconv"
	"strings"
)

// number returns the value of a literal.
func (p *parser) number(t token) any {
	if t.kind == tokenFloat {
		f, _ := strconv.ParseFloat(strings.ReplaceAll(t.text, "_", ""), 64) // too large is infinity
		return f
	}
	if s := strings.Trim(t.text, "0_"); s != "" && t.text[0] == '0' && len(t.text) > 1 && isDigit(t.text[1]) {
		p.fail(t.pos, "an integer that begins with 0: %s", quoted(t.text))
	}
	i, err := strconv.ParseInt(t.text, 0, 64)
	if err != nil {
		p.fail(t.pos, "%s is not an integer of 64 bits", quoted(t.text))
	}
	return i
}

// list reads a list after its [.
func (p *parser) list() expr {
	d := &display{kind: isList}
	for !p.op("]") {
		if len(d.items) > 0 {
			p.expect(tokenOp, ",")
			if p.op("]") {
				break
			}
		}
		d.items = append(d.items, p.expression())
	}
	return d
}

// dict reads a dict after its {.
func (p *parser) dict(t token) expr {
	d := &dictDisplay{pos: t.pos}
	for !p.op("}") {
		if len(d.keys) > 0 {
			p.expect(tokenOp, ",")
			if p.op("}") {
				break
			}
		}
		d.keys = append(d.keys, p.expression())
		p.expect(tokenOp, ":")
		d.values = append(d.values, p.expression())
	}
	return d
}

// postfix reads members, subscripts and calls after x.
func (p *parser) postfix(x expr) expr {
	for {
		t := p.peek()
		switch {
		case p.op("."):
			x = p.member(x, t)
		case p.op("["):
			x = p.subscript(x, t)
		case t.is(tokenOp, "("):
			x = p.call(x)
		default:
			return x
		}
	}
}

// member reads what follows the dot of x.name or x.0.
func (p *parser) member(x expr, dot token) expr {
	t := p.next()
	switch t.kind {
	case tokenName:
		return &attr{x, t.text, dot.pos}
	case tokenInt:
		return &item{x, constant{p.number(t)}, dot.pos}
	}
	p.fail(t.pos, "unexpected %s, expected a name or a number", t.describe())
	return nil
}

// subscript reads x[key] or x[lo:hi:step] after the [.
func (p *parser) subscript(x expr, t token) expr {
	var parts [3]expr
	n, colons := 0, 0
	for !p.peek().is(tokenOp, "]") && colons < 3 {
		if p.op(":") {
			colons++
			n = colons
			continue
		}
		if n > 2 || parts[n] != nil {
			break
		}
		parts[n] = p.expression()
		if colons == 0 && p.peek().is(tokenOp, ",") {
			parts[0] = p.subscriptTuple(parts[0])
		}
	}
	p.expect(tokenOp, "]")
	if colons > 0 {
		return &slice{x, parts[0], parts[1], parts[2], t.pos}
	}
	if parts[0] == nil {
		p.fail(t.pos, "a subscript without key")
	}
	return &item{x, parts[0], t.pos}
}

// subscriptTuple reads the rest of x[a, b].
func (p *parser) subscriptTuple(first expr) expr {
	items := []expr{first}
	for p.op(",") {
		items = append(items, p.expression())
	}
	return &display{items, isTuple}
}

// call reads the call of x.
func (p *parser) call(x expr) expr {
	pos := p.peek().pos
	return &call{x, p.arguments(), pos}
}

// arguments reads arguments in brackets.
func (p *parser) arguments() (a arguments) {
	p.expect(tokenOp, "(")
	for first := true; !p.op(")"); first = false {
		if !first {
			p.expect(tokenOp, ",")
			if p.op(")") {
				break
			}
		}
		t := p.peek()
		switch {
		case a.dict != nil:
			p.fail(t.pos, "an argument after **")
		case p.op("**"):
			a.dict = p.expression()
		case t.kind == tokenName && p.peekAfter().is(tokenOp, "="):
			p.at += 2
			a.names, a.values = append(a.names, t.text), append(a.values, p.expression())
		case a.list != nil || a.names != nil:
			p.fail(t.pos, "a positional argument after *, ** or a named one")
		case p.op("*"):
			a.list = p.expression()
		default:
			a.pos = append(a.pos, p.expression())
		}
	}
	return a
}

// dotted reads a name that may have dots.
func (p *parser) dotted() token {
	t := p.ident()
	parts := []string{t.text}
	for p.op(".") {
		parts = append(parts, p.ident().text)
	}
	t.text = strings.Join(parts, ".")
	return t
}

// filters reads filters, each after a |, except the first if bare.
func (p *parser) filters(bare bool) (list []filtered) {
	for bare || p.op("|") {
		bare = false
		t := p.dotted()
		f := filtered{name: t.text, f: filters[t.text], pos: t.pos}
		if f.f == nil && p.soft == 0 {
			p.fail(t.pos, "no filter named %s", quoted(t.text))
		}
		if p.peek().is(tokenOp, "(") {
			f.args = p.arguments()
		}
		list = append(list, f)
	}
	return list
}

// test reads x is name, x is not name(…) or x is name y, from its "is" on.
func (p *parser) test(x expr) expr {
	p.next()
	negated := p.word("not")
	t := p.dotted()
	n := &tested{x: x, name: t.text, t: tests[t.text], pos: t.pos}
	if n.t == nil && p.soft == 0 {
		p.fail(t.pos, "no test named %s", quoted(t.text))
	}
	next := p.peek()
	switch {
	case next.is(tokenOp, "("):
		n.args = p.arguments()
	case next.is(tokenName, "is"):
		p.fail(next.pos, "tests cannot be chained with is")
	case next.kind == tokenString, next.kind == tokenInt, next.kind == tokenFloat,
		next.is(tokenOp, "["), next.is(tokenOp, "{"),
		next.kind == tokenName && next.text != "else" && next.text != "or" && next.text != "and":
		n.args.pos = []expr{p.postfix(p.primary())}
	}
	if negated {
		return &not{n}
	}
	return n
}
