package jinja

import (
	"slices"
	"strings"
)

func filterAttr(r *renderer, v any, b []any) any {
	name := r.word("the filter attr", b[0]).s
	r.bad(v)
	if f := r.member(v, name); f != absent {
		return f
	}
	return r.missing(v, name)
}

func filterDefault(_ *renderer, v any, b []any) any {
	_, missing := v.(*undefined)
	switch {
	case !missing && (truth(v) || !flag(b[1])):
		return v
	case b[0] == absent:
		return ""
	}
	return b[0]
}

func filterLength(r *renderer, v any, _ []any) any {
	n, ok := r.length(v)
	if !ok {
		r.fail("object of type '%s' has no len()", typeName(v))
	}
	return n
}

func filterItems(r *renderer, v any, _ []any) any {
	if _, ok := v.(*undefined); ok {
		return &List{kind: isGenerator}
	}
	d, ok := v.(*Dict)
	if !ok {
		r.fail("can only get item pairs from a mapping")
	}
	return r.pairs(d, isGenerator)
}

func filterFirst(r *renderer, v any, _ []any) any {
	if items := r.iterate(v); len(items) > 0 {
		return items[0]
	}
	return &undefined{what: "no first item, sequence was empty"}
}

func filterLast(r *renderer, v any, _ []any) any {
	if l, ok := v.(*List); ok && l.kind == isGenerator {
		r.fail("'generator' object is not reversible")
	}
	if items := r.iterate(v); len(items) > 0 {
		return items[len(items)-1]
	}
	return &undefined{what: "no last item, sequence was empty"}
}

func filterList(r *renderer, v any, _ []any) any { return r.listOf(r.iterate(v), isList) }

// listOf returns a list of a copy of items.
func (r *renderer) listOf(items []any, kind listKind) *List {
	r.alloc(listEntry * (2 + len(items)))
	return &List{items: slices.Clone(items), kind: kind}
}

func filterReverse(r *renderer, v any, _ []any) any {
	if c, ok := charsOf(v); ok {
		return like(v, r.substring(c, [3]any{nil, nil, int64(-1)}))
	}
	l := r.listOf(r.iterate(v), isGenerator)
	slices.Reverse(l.items)
	return l
}

func filterJoin(r *renderer, v any, b []any) any {
	var sep chars
	if b[0] != absent {
		sep = r.str(b[0])
	}
	get := r.getter(b[1], absent)
	var out buffer
	for i, x := range r.iterate(v) {
		c := r.str(get(x))
		r.alloc(sep.size() + c.size())
		r.spend(1)
		if i > 0 {
			out.add(sep)
		}
		out.add(c)
	}
	return out.chars().value()
}

// getter returns a function that gets an attribute, such as "a.b.0", of a value;
// without an attribute, the value itself. none, unless absent, replaces undefined
// values.
func (r *renderer) getter(attribute, none any) func(any) any {
	if attribute == absent || attribute == nil {
		return func(v any) any { return v }
	}
	path := []any{attribute}
	if s, ok := textOf(attribute); ok {
		r.alloc(2 * listEntry * (strings.Count(s, ".") + 1))
		path = path[:0]
		for part := range strings.SplitSeq(s, ".") {
			if i, ok := decimal(part); ok {
				path = append(path, i)
			} else {
				path = append(path, part)
			}
		}
	}
	return func(v any) any {
		for _, key := range path {
			r.spend(1)
			v = r.item(v, key)
			if _, missing := v.(*undefined); missing && none != absent && none != nil {
				v = none
			}
		}
		return v
	}
}

// decimal returns the number that the digits of s are.
func decimal(s string) (int64, bool) {
	n := int64(0)
	for i := range len(s) {
		if !isDigit(s[i]) || n > 1<<31 {
			return 0, false
		}
		n = 10*n + int64(s[i]-'0')
	}
	return n, s != ""
}
