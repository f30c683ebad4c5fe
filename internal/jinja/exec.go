package jinja

func (s text) exec(r *renderer) control {
	r.write(chars{s: s.s})
	return goOn
}

func (s output) exec(r *renderer) control {
	v := r.eval(s.x)
	r.at = s.pos
	r.write(r.str(v))
	return goOn
}

func (s ifStmt) exec(r *renderer) control {
	for i, test := range s.tests {
		if truth(r.eval(test)) {
			return r.run(s.bodies[i])
		}
	}
	return r.run(s.orElse)
}

func (s set) exec(r *renderer) control {
	s.into.assign(r, r.eval(s.x), s.pos)
	return goOn
}

func (s setBlock) exec(r *renderer) control {
	v := r.capture(func() { r.within(s.body) })
	for i := range s.filters {
		v = s.filters[i].apply(r, v)
	}
	s.into.assign(r, v, s.pos)
	return goOn
}

func (s filterBlock) exec(r *renderer) (c control) {
	v := r.capture(func() { c = r.within(s.body) })
	for i := range s.filters {
		v = s.filters[i].apply(r, v)
	}
	r.write(r.str(v))
	return c
}

func (s with) exec(r *renderer) control {
	values := make([]any, len(s.values))
	for i, x := range s.values {
		values[i] = r.eval(x)
	}
	old := r.push(r.scope)
	for i, t := range s.into {
		t.assign(r, values[i], s.pos)
	}
	c := r.run(s.body)
	r.scope = old
	return c
}

func (s scoped) exec(r *renderer) control { return r.within(s.body) }

func (s jump) exec(*renderer) control { return s.to }

func (s macroStmt) exec(r *renderer) control {
	r.alloc(scopeEntry)
	r.define(s.sym, &macro{def: &s.macroDef, scope: r.scope})
	return goOn
}

func (s callBlock) exec(r *renderer) control {
	f := r.eval(s.call.fn)
	a := r.args(&s.call.args)
	a.names = append(a.names, "caller")
	a.values = append(a.values, &macro{def: &s.caller, scope: r.scope})
	r.at = s.pos
	v := r.call(f, a)
	r.write(r.str(v))
	return goOn
}

func (t nameTarget) assign(r *renderer, v any, _ int) { r.define(int(t), v) }

func (t fieldTarget) assign(r *renderer, v any, pos int) {
	x := t.x.eval(r)
	r.at = pos
	ns, ok := x.(*namespace)
	if !ok {
		r.fail("cannot assign attribute on non-namespace object")
	}
	r.put(ns.fields, t.attr, v)
}

func (t tupleTarget) assign(r *renderer, v any, pos int) {
	r.at = pos
	items := r.iterate(v)
	if len(items) != len(t) {
		r.fail("%d values to unpack into %d names", len(items), len(t))
	}
	for i, into := range t {
		into.assign(r, items[i], pos)
	}
}
