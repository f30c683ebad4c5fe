package jinja

import "slices"

// args are the values of arguments.
type args struct {
	pos    []any
	names  []string
	values []any          // of the named ones
	marked map[string]any // names that come from content, as marked strings
}

// args returns the values of arguments.
func (r *renderer) args(x *arguments) (a args) {
	if len(x.pos) > 0 {
		a.pos = make([]any, len(x.pos), len(x.pos)+1)
		for i, e := range x.pos {
			a.pos[i] = r.eval(e)
		}
	}
	if len(x.names) > 0 {
		a.names = slices.Clone(x.names)
		a.values = make([]any, len(x.values))
		for i, e := range x.values {
			a.values[i] = r.eval(e)
		}
	}
	r.alloc(listEntry * (len(a.pos) + 2*len(a.names)))
	if x.list != nil {
		more := r.iterate(r.eval(x.list))
		r.alloc(listEntry * len(more))
		a.pos = append(a.pos, more...)
	}
	if x.dict != nil {
		a.spread(r, r.eval(x.dict))
	}
	return a
}

// spread adds the named arguments of **v.
func (a *args) spread(r *renderer, v any) {
	d, ok := v.(*Dict)
	if !ok {
		r.fail("argument after ** must be a mapping")
	}
	for i, k := range d.keys {
		s, ok := textOf(k)
		if !ok {
			r.fail("keywords must be strings")
		}
		r.alloc(2 * listEntry)
		a.names, a.values = append(a.names, s), append(a.values, d.values[i])
		if _, ok := k.(*marked); ok {
			if a.marked == nil {
				a.marked = map[string]any{}
			}
			r.alloc(dictEntry)
			a.marked[s] = k
		}
	}
}

// bind returns the arguments for params, absent where there is none. Errors use
// the name of what is called.
func (a args) bind(r *renderer, what string, params ...string) []any {
	if len(a.pos) > len(params) {
		r.fail("%s takes at most %d arguments, got %d", what, len(params), len(a.pos))
	}
	out := make([]any, len(params))
	for i := range out {
		out[i] = absent
	}
	copy(out, a.pos)
	r.spend(len(a.names) * len(params) / 16)
	for i, n := range a.names {
		j := slices.Index(params, n)
		if j < 0 {
			r.fail("%s got an unexpected keyword argument %s", what, quoted(n))
		}
		if out[j] != absent {
			r.fail("%s got multiple values for argument %s", what, quoted(n))
		}
		out[j] = a.values[i]
	}
	return out
}

// keywords returns the named arguments as a dict.
func (a args) keywords(r *renderer) *Dict {
	d := NewDict()
	a.into(r, d)
	return d
}

// into sets the named arguments in d.
func (a args) into(r *renderer, d *Dict) {
	for i, n := range a.names {
		var key any = n
		if m, ok := a.marked[n]; ok {
			key = m
		}
		r.put(d, key, a.values[i])
	}
}

// call calls f.
func (r *renderer) call(f any, a args) any {
	switch f := f.(type) {
	case *method:
		return f.f(r, f.self, a)
	case *builtin:
		return f.f(r, a)
	case *macro:
		return f.call(r, a)
	case *loop:
		return f.recurse(r, a)
	case *undefined:
		r.used(f)
	}
	r.fail("'%s' object is not callable", typeName(f))
	return nil
}

// used fails: something undefined is used other than as an empty value.
func (r *renderer) used(u *undefined) {
	switch {
	case u.what != "":
		r.fail("%s", u.what)
	case u.obj == absent:
		r.fail("%s is undefined", quoted(u.name))
	case u.key != nil:
		key := r.repr(u.key).s
		r.fail("%s has no element %s", objectName(u.obj), key[:min(len(key), maxQuoted)])
	}
	r.fail("'%s' has no attribute %s", objectName(u.obj), quoted(u.name))
}

// objectName names the type of v as jinja2's errors do.
func objectName(v any) string {
	if v == nil {
		return "None"
	}
	return typeName(v) + " object"
}

// A macro is a macro and the scope that it was defined in.
type macro struct {
	def   *macroDef
	scope *scope
}

// call returns what the macro prints.
func (m *macro) call(r *renderer, a args) any {
	d := m.def
	old := r.push(m.scope)
	r.special(d, &a)
	given := a.bind(r, "macro "+quoted(d.name), d.names...)
	for i, sym := range d.params {
		v := given[i]
		if j := i - (len(d.params) - len(d.defaults)); v == absent && j >= 0 {
			v = r.eval(d.defaults[j])
		} else if v == absent {
			v = &undefined{what: "parameter " + quoted(d.names[i]) + " was not provided"}
		}
		r.define(sym, v)
	}
	s := r.capture(func() { r.run(d.body) })
	r.scope = old
	return s
}

// special defines caller, varargs and kwargs, if the macro uses them, and takes
// them out of the arguments.
func (r *renderer) special(d *macroDef, a *args) {
	if d.special[0] {
		var caller any = &undefined{what: "No caller defined"}
		if i := slices.Index(a.names, "caller"); i >= 0 {
			caller = a.values[i]
			a.names, a.values = slices.Delete(a.names, i, i+1), slices.Delete(a.values, i, i+1)
		}
		r.define(d.syms[0], caller)
	}
	if d.special[1] {
		n := min(len(a.pos), len(d.params))
		r.define(d.syms[1], &List{items: a.pos[n:], kind: isTuple})
		a.pos = a.pos[:n]
	}
	if d.special[2] {
		known, more := args{}, args{marked: a.marked}
		r.spend(len(a.names) * len(d.names) / 16)
		for i, n := range a.names {
			into := &more
			if slices.Contains(d.names, n) {
				into = &known
			}
			into.names, into.values = append(into.names, n), append(into.values, a.values[i])
		}
		r.define(d.syms[2], more.keywords(r))
		a.names, a.values = known.names, known.values
	}
}
