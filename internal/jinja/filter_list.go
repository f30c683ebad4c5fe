package jinja

import (
	"slices"
	"strings"
)

func filterAttr(r *renderer, v any, b []any) any {
	name := r.word("the filter attr", b[0])
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
	if s, ok := textOf(v); ok {
		return like(v, r.substring(s, [3]any{nil, nil, int64(-1)}))
	}
	l := r.listOf(r.iterate(v), isGenerator)
	slices.Reverse(l.items)
	return l
}

func filterJoin(r *renderer, v any, b []any) any {
	sep := ""
	if b[0] != absent {
		sep = r.str(b[0])
	}
	get := r.getter(b[1], absent)
	var out []byte
	for i, x := range r.iterate(v) {
		s := r.str(get(x))
		r.alloc(len(sep) + len(s))
		r.spend(1)
		if i > 0 {
			out = append(out, sep...)
		}
		out = append(out, s...)
	}
	return string(out)
}

// getter returns what gets an attribute, "a.b.0" perhaps, of values; without
// one, the values themselves. none replaces what is undefined, unless it is
// absent.
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

// decimal returns the number that s is in digits.
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

// folded returns get, with strings in lower case unless case matters.
func (r *renderer) folded(get func(any) any, caseSensitive any) func(any) any {
	if flag(caseSensitive) {
		return get
	}
	return func(v any) any {
		v = get(v)
		if s, ok := textOf(v); ok {
			return r.mapped(s, strings.ToLower)
		}
		return v
	}
}

// sorted returns items in the order of their keys, equal ones as they were.
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

// extreme makes min or max.
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
