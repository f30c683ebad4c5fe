package jinja

import (
	"slices"
	"strings"
)

// folded returns get with strings in lower case, unless case matters.
func (r *renderer) folded(get func(any) any, caseSensitive any) func(any) any {
	if flag(caseSensitive) {
		return get
	}
	return func(v any) any {
		v = get(v)
		if s, ok := textOf(v); ok {
			return r.mapped(chars{s: s}, strings.ToLower).s
		}
		return v
	}
}

// sorted returns items in the order of their keys; it is stable.
func (r *renderer) sorted(items []any, key func(any) any, reverse bool) []any {
	type keyed struct{ key, v any }
	r.alloc(5 * listEntry * len(items))
	list := make([]keyed, len(items))
	for i, v := range items {
		list[i] = keyed{key(v), v}
	}
	slices.SortStableFunc(list, func(a, b keyed) int {
		c, _ := r.order("<", a.key, b.key)
		if reverse {
			return -c
		}
		return c
	})
	out := make([]any, len(list))
	for i, k := range list {
		out[i] = k.v
	}
	return out
}

func filterSort(r *renderer, v any, b []any) any {
	items := r.iterate(v)
	key := r.folded(r.getter(b[2], absent), b[1])
	if s, ok := textOf(b[2]); ok && strings.Contains(s, ",") {
		r.alloc(4 * listEntry * strings.Count(s, ","))
		parts := strings.Split(s, ",")
		gets := make([]func(any) any, len(parts))
		for i, p := range parts {
			gets[i] = r.folded(r.getter(p, absent), b[1])
		}
		key = func(v any) any {
			l := &List{kind: isTuple}
			for _, get := range gets {
				l.items = append(l.items, get(v))
			}
			return l
		}
	}
	return &List{items: r.sorted(items, key, flag(b[0]))}
}

func filterDictsort(r *renderer, v any, b []any) any {
	r.bad(v)
	d, ok := v.(*Dict)
	if !ok {
		r.fail("the filter dictsort wants a dict, not '%s'", typeName(v))
	}
	by := int64(0)
	switch s, _ := textOf(b[1]); s {
	case "value":
		by = 1
	case "key", "":
	default:
		r.fail("dictsort: you can only sort by either \"key\" or \"value\"")
	}
	pairs := r.pairs(d, isList)
	key := r.folded(func(v any) any { return v.(*List).items[by] }, b[0])
	return &List{items: r.sorted(pairs.items, key, flag(b[2]))}
}

// extreme returns the filter min or max.
func extreme(op string) func(*renderer, any, []any) any {
	return func(r *renderer, v any, b []any) any {
		items := r.iterate(v)
		if len(items) == 0 {
			return &undefined{what: "no aggregated item, sequence was empty"}
		}
		key := r.folded(r.getter(b[1], absent), b[0])
		best, bestKey := items[0], key(items[0])
		for _, x := range items[1:] {
			if k := key(x); r.compare(op, k, bestKey) {
				best, bestKey = x, k
			}
		}
		return best
	}
}
