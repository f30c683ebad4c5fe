package jinja

// target reads the target of an assignment: names with commas, perhaps in
// brackets, and fields of namespaces if fields is true.
func (p *parser) target(fields bool) target {
	p.enter()
	defer p.leave()
	var list tupleTarget
	for {
		list = append(list, p.targetItem(fields))
		if !p.op(",") {
			break
		}
		if t := p.peek(); t.kind != tokenName && !t.is(tokenOp, "(") || t.text == "in" {
			return list
		}
	}
	if len(list) == 1 {
		return list[0]
	}
	return list
}

func (p *parser) targetItem(fields bool) target {
	if p.op("(") {
		t := p.target(fields)
		p.expect(tokenOp, ")")
		return t
	}
	t := p.ident()
	switch t.text {
	case "true", "false", "none", "True", "False", "None":
		p.fail(t.pos, "%s cannot be assigned to", t.text)
	case "loop":
		if p.loops > 0 {
			p.fail(t.pos, "the variable loop of a loop cannot be assigned to")
		}
	}
	if fields && p.op(".") {
		return fieldTarget{name{p.sym(t.text), t.pos, t.text}, p.ident().text}
	}
	return nameTarget(p.sym(t.text))
}
