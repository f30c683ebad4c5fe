package jinja

import "slices"

// macro reads a macro after its name, or the body of a call block.
func (p *parser) macro(name token, end string) macroDef {
	m := macroDef{name: name.text, pos: name.pos}
	if end == "endmacro" || p.peek().is(tokenOp, "(") {
		p.signature(&m)
	}
	if end == "endmacro" {
		p.macroBody(&m, end)
	}
	return m
}

// macroBody reads the body of a macro.
func (p *parser) macroBody(m *macroDef, end string) {
	loops, soft := p.loops, p.soft
	p.loops, p.soft = 0, 0
	p.macros++
	p.special = append(p.special, &m.special)
	m.body, _ = p.body(end)
	p.special = p.special[:len(p.special)-1]
	p.loops, p.soft = loops, soft
	for i, s := range [3]string{"caller", "varargs", "kwargs"} {
		if m.special[i] && !slices.Contains(m.names, s) {
			m.syms[i] = p.sym(s)
		} else {
			m.special[i] = false
		}
	}
}

// maxParams is the most parameters of a macro.
const maxParams = 255

// signature reads the parameters of a macro.
func (p *parser) signature(m *macroDef) {
	p.expect(tokenOp, "(")
	for !p.op(")") {
		if len(m.params) > 0 {
			p.expect(tokenOp, ",")
		}
		t := p.ident()
		if slices.Contains(m.names, t.text) {
			p.fail(t.pos, "two parameters %s", quoted(t.text))
		}
		if len(m.params) == maxParams {
			p.fail(t.pos, "more than %d parameters", maxParams)
		}
		m.params, m.names = append(m.params, p.sym(t.text)), append(m.names, t.text)
		if p.op("=") {
			m.defaults = append(m.defaults, p.expression())
		} else if len(m.defaults) > 0 {
			p.fail(t.pos, "a parameter without default after one with")
		}
	}
}

func (p *parser) callBlock(t token) stmt {
	s := callBlock{pos: t.pos, caller: p.macro(token{tokenName, "caller", t.pos}, "endcall")}
	c, ok := p.expression().(*call)
	if !ok {
		p.fail(t.pos, "a call block that calls nothing")
	}
	s.call = c
	p.macroBody(&s.caller, "endcall")
	return s
}
