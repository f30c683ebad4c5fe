package jinja

import "slices"

// block reads statements up to a block with one of the names in ends, which
// it moves past and returns; without ends, up to the end of the template.
func (p *parser) block(ends ...string) (body []stmt, end token) {
	p.enter()
	defer p.leave()
	for {
		switch t := p.next(); t.kind {
		case tokenEOF:
			if len(ends) > 0 {
				p.fail(t.pos, "unexpected end of template, expected %s", quoted(ends[len(ends)-1]))
			}
			return body, t
		case tokenData:
			body = append(body, text{t.text})
		case tokenPrint:
			pos := p.peek().pos
			body = append(body, output{p.tuple(nil), pos})
			p.expect(tokenPrintEnd, "")
		default: // tokenBlock
			if next := p.peek(); next.kind == tokenName && slices.Contains(ends, next.text) {
				return body, p.next()
			}
			body = append(body, p.statement())
			p.expect(tokenBlockEnd, "")
		}
	}
}

// body reads the statements of a block after the rest of its first tag.
func (p *parser) body(ends ...string) ([]stmt, token) {
	p.op(":")
	p.expect(tokenBlockEnd, "")
	return p.block(ends...)
}

// statement reads a block tag and what belongs to it, up to the end of the last
// tag.
func (p *parser) statement() stmt {
	t := p.ident()
	switch t.text {
	case "if":
		return p.ifStmt()
	case "for":
		return p.forStmt()
	case "set":
		return p.setStmt()
	case "macro":
		name := p.ident()
		sym := p.sym(name.text)
		return macroStmt{sym, p.macro(name, "endmacro")}
	case "call":
		return p.callBlock(t)
	case "filter":
		p.enter()
		defer p.leave()
		filters := p.filters(true)
		body, _ := p.body("endfilter")
		return filterBlock{filters, body}
	case "with":
		return p.with(t)
	case "generation":
		body, _ := p.body("endgeneration")
		return scoped{body}
	case "autoescape", "block":
		return p.scoped(t)
	case "print":
		return output{p.tuple(nil), t.pos}
	case "break", "continue":
		return p.jump(t)
	case "include", "import", "from", "extends":
		p.fail(t.pos, "%s reads files, which templates may not", t.text)
	}
	p.fail(t.pos, "unknown tag %s", quoted(t.text))
	return nil
}

func (p *parser) ifStmt() stmt {
	var s ifStmt
	p.soft++
	defer func() { p.soft-- }()
	for {
		s.tests = append(s.tests, p.tupleWithoutCond(""))
		body, end := p.body("elif", "else", "endif")
		s.bodies = append(s.bodies, body)
		switch end.text {
		case "else":
			s.orElse, _ = p.body("endif")
			return s
		case "endif":
			return s
		}
	}
}

func (p *parser) forStmt() stmt {
	s := &forStmt{pos: p.peek().pos, loop: p.sym("loop")}
	s.into = p.target(false)
	p.expect(tokenName, "in")
	s.over = p.tupleWithoutCond("recursive")
	macros, soft := p.macros, p.soft
	p.soft = 0
	if p.word("if") {
		s.test = p.expression()
	}
	s.recursive = p.word("recursive")
	p.loops++
	body, end := p.body("endfor", "else")
	p.loops--
	s.body, s.keeps = body, p.macros > macros
	if end.text == "else" {
		s.orElse, _ = p.body("endfor")
	}
	p.soft = soft
	return s
}

func (p *parser) setStmt() stmt {
	pos := p.peek().pos
	into := p.target(true)
	if p.op("=") {
		return set{into, p.tuple(nil), pos}
	}
	filters := p.filters(false)
	body, _ := p.body("endset")
	return setBlock{into, filters, body, pos}
}

func (p *parser) with(t token) stmt {
	s := with{pos: t.pos}
	for p.peek().kind != tokenBlockEnd {
		if len(s.into) > 0 {
			p.expect(tokenOp, ",")
		}
		s.into = append(s.into, p.target(false))
		p.expect(tokenOp, "=")
		s.values = append(s.values, p.expression())
	}
	s.body, _ = p.body("endwith")
	return s
}

// scoped reads a block, which is its body as nothing can extend it, or an
// autoescape, which must be false.
func (p *parser) scoped(t token) stmt {
	if t.text == "block" {
		name := p.ident()
		for p.word("scoped") || p.word("required") {
		}
		body, _ := p.body("endblock")
		p.word(name.text)
		return scoped{body}
	}
	if c, ok := p.expression().(constant); !ok || c.v != false {
		p.fail(t.pos, "prompts are not escaped")
	}
	body, _ := p.body("endautoescape")
	return scoped{body}
}

func (p *parser) jump(t token) stmt {
	if p.loops == 0 {
		p.fail(t.pos, "%s outside a loop", t.text)
	}
	if t.text == "break" {
		return jump{breakLoop}
	}
	return jump{continueLoop}
}
