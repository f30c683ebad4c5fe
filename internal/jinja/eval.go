package jinja

func (x constant) eval(*renderer) any { return x.v }

func (x *name) eval(r *renderer) any { return r.lookup(x.sym) }

func (x *attr) eval(r *renderer) any {
	v := r.eval(x.x)
	r.at = x.pos
	return r.attr(v, x.name)
}

func (x *item) eval(r *renderer) any {
	v, key := r.eval(x.x), r.eval(x.key)
	r.at = x.pos
	return r.item(v, key)
}

func (x *slice) eval(r *renderer) any {
	v := r.eval(x.x)
	var bounds [3]any
	for i, e := range [3]expr{x.lo, x.hi, x.step} {
		if e != nil {
			bounds[i] = r.eval(e)
		}
	}
	r.at = x.pos
	return r.slice(v, bounds)
}

func (x *call) eval(r *renderer) any {
	f := r.eval(x.fn)
	a := r.args(&x.args)
	r.at = x.pos
	return r.call(f, a)
}

func (x *filtered) eval(r *renderer) any { return x.apply(r, r.eval(x.x)) }

// apply returns v after the filter.
func (x *filtered) apply(r *renderer, v any) any {
	a := r.args(&x.args)
	r.at = x.pos
	if x.f == nil {
		r.fail("no filter named %s", quoted(x.name))
	}
	return x.f.call(r, v, a)
}

func (x *tested) eval(r *renderer) any {
	v := r.eval(x.x)
	a := r.args(&x.args)
	r.at = x.pos
	if x.t == nil {
		r.fail("no test named %s", quoted(x.name))
	}
	return x.t.call(r, v, a)
}

func (x *unary) eval(r *renderer) any {
	v := r.eval(x.x)
	r.at = x.pos
	return r.signed(x.op, v)
}

func (x *not) eval(r *renderer) any { return !truth(r.eval(x.x)) }

func (x *binary) eval(r *renderer) any {
	a, b := r.eval(x.x), r.eval(x.y)
	r.at = x.pos
	return r.binary(x.op, a, b)
}

func (x *concat) eval(r *renderer) any {
	var b buffer
	for _, p := range x.parts {
		c := r.str(r.eval(p))
		r.alloc(c.size())
		b.add(c)
	}
	return b.chars().value()
}

func (x *compare) eval(r *renderer) any {
	v := r.eval(x.x)
	for i := range x.rest {
		c := &x.rest[i]
		w := r.eval(c.y)
		r.at = c.pos
		if !r.compare(c.op, v, w) {
			return false
		}
		v = w
	}
	return true
}

func (x *and) eval(r *renderer) any {
	if v := r.eval(x.x); !truth(v) {
		return v
	}
	return r.eval(x.y)
}

func (x *or) eval(r *renderer) any {
	if v := r.eval(x.x); truth(v) {
		return v
	}
	return r.eval(x.y)
}

// noElse is the value of a false condition without else.
var noElse = &undefined{what: "the inline if-expression evaluated to false and has no else"}

func (x *cond) eval(r *renderer) any {
	if truth(r.eval(x.test)) {
		return r.eval(x.x)
	}
	if x.y == nil {
		return noElse
	}
	return r.eval(x.y)
}

func (x *display) eval(r *renderer) any {
	r.alloc(listEntry * (2 + len(x.items)))
	l := &List{items: make([]any, len(x.items)), kind: x.kind}
	for i, e := range x.items {
		l.items[i] = r.eval(e)
	}
	return l
}

func (x *dictDisplay) eval(r *renderer) any {
	r.alloc(dictEntry)
	d := NewDict()
	for i, k := range x.keys {
		key, v := r.eval(k), r.eval(x.values[i])
		r.at = x.pos
		r.put(d, key, v)
	}
	return d
}
