package jinja

func filterUnique(r *renderer, v any, b []any) any {
	key := r.folded(r.getter(b[1], absent), b[0])
	seen, out := NewDict(), &List{kind: isGenerator}
	for _, x := range r.iterate(v) {
		k := key(x)
		if r.get(seen, k) != absent {
			continue
		}
		r.put(seen, k, true)
		r.alloc(listEntry)
		out.items = append(out.items, x)
	}
	return out
}

// filterGroupby returns (key, elements) of each key, in the order of keys.
func filterGroupby(r *renderer, v any, b []any) any {
	get := r.getter(b[0], b[1])
	key := r.folded(get, b[2])
	var out []any
	var last any
	for i, x := range r.sorted(r.iterate(v), key, false) {
		r.alloc(6 * listEntry)
		if k := key(x); i == 0 || !r.equal(k, last) {
			out = append(out, &List{items: []any{get(x), &List{}}, kind: isTuple})
			last = k
		}
		group := out[len(out)-1].(*List).items[1].(*List)
		group.items = append(group.items, x)
	}
	return &List{items: out}
}

// filterBatch splits a list into lists of n elements.
func filterBatch(r *renderer, v any, b []any) any {
	n := int(min(max(r.count64("batch", b[0], 0), 1), maxSize))
	items, out := r.iterate(v), &List{kind: isGenerator}
	for len(items) > 0 {
		row := r.listOf(items[:min(n, len(items))], isList)
		items = items[len(row.items):]
		if b[1] != absent && b[1] != nil {
			r.alloc(listEntry * (n - len(row.items)))
			for len(row.items) < n {
				row.items = append(row.items, b[1])
			}
		}
		r.alloc(listEntry)
		out.items = append(out.items, row)
	}
	return out
}

// filterSlice splits a list into n lists of about the same length.
func filterSlice(r *renderer, v any, b []any) any {
	n := int(min(r.count64("slice", b[0], 0), maxSize))
	if n <= 0 {
		r.fail("slice: %d columns", n)
	}
	items, out := r.iterate(v), &List{kind: isGenerator}
	per, more := len(items)/n, len(items)%n
	for i := range n {
		size := per
		if i < more {
			size++
		}
		row := r.listOf(items[:size], isList)
		items = items[size:]
		if b[1] != absent && b[1] != nil && i >= more {
			row.items = append(row.items, b[1])
		}
		r.alloc(2 * listEntry)
		r.spend(1)
		out.items = append(out.items, row)
	}
	return out
}

func filterSum(r *renderer, v any, b []any) any {
	get := r.getter(b[0], absent)
	sum := any(int64(0))
	if b[1] != absent {
		sum = b[1]
	}
	for _, x := range r.iterate(v) {
		r.spend(1)
		sum = r.binary("+", sum, get(x))
	}
	return sum
}

// filterMap gets an attribute of every element, or applies a filter to it.
func filterMap(r *renderer, v any, a args) any {
	out := &List{kind: isGenerator}
	var each func(any) any
	if len(a.pos) == 0 {
		b := a.bind(r, "map", "attribute", "default")
		if b[0] == absent {
			r.fail("map requires a filter argument")
		}
		none := b[1]
		each = r.getter(b[0], none)
	} else {
		name := r.word("map", a.pos[0]).s
		f := r.filters[name]
		if f == nil {
			r.fail("no filter named %s", quoted(name))
		}
		rest := args{pos: a.pos[1:], names: a.names, values: a.values}
		each = func(v any) any { return f.call(r, v, rest) }
	}
	r.enter()
	for _, x := range r.some(v) {
		r.alloc(listEntry)
		r.spend(2)
		out.items = append(out.items, each(x))
	}
	r.depth--
	return out
}

// selectItems are the settings of a filter that selects.
type selectItems struct {
	attr   bool // the first argument is an attribute to test
	negate bool
}

// selector returns the filter select, reject, selectattr or rejectattr.
func selector(s selectItems) func(*renderer, any, args) any {
	return func(r *renderer, v any, a args) any {
		get := r.getter(absent, absent)
		if s.attr {
			if len(a.pos) == 0 {
				r.fail("missing parameter for attribute name")
			}
			get = r.getter(a.pos[0], absent)
			a.pos = a.pos[1:]
		}
		is := truth
		if len(a.pos) > 0 {
			name := r.word("the filter", a.pos[0]).s
			t := r.tests[name]
			if t == nil {
				r.fail("no test named %s", quoted(name))
			}
			rest := args{pos: a.pos[1:], names: a.names, values: a.values}
			is = func(v any) bool { return t.call(r, v, rest) }
		}
		out := &List{kind: isGenerator}
		for _, x := range r.some(v) {
			r.spend(2)
			if is(get(x)) != s.negate {
				r.alloc(listEntry)
				out.items = append(out.items, x)
			}
		}
		return out
	}
}

// some returns the elements of v, and none if v is false, such as None.
func (r *renderer) some(v any) []any {
	if !truth(v) {
		return nil
	}
	return r.iterate(v)
}
