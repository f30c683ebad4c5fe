package jinja

import (
	"strings"
	"unicode"
)

// A test is one of the tests after "is".
type test struct {
	params int // how many arguments it has
	f      func(r *renderer, v any, b []any) bool
}

var testParams = []string{"other", "more"}

// call returns the result of the test.
func (t *test) call(r *renderer, v any, a args) bool {
	if a.pos == nil && a.names == nil && t.params == 0 {
		return t.f(r, v, nil)
	}
	b := a.bind(r, "the test", testParams[:t.params]...)
	for _, x := range b {
		if x == absent {
			r.fail("the test wants %d arguments", t.params)
		}
	}
	return t.f(r, v, b)
}

// tests are those of jinja2.
var tests = map[string]*test{
	"defined":     {f: func(_ *renderer, v any, _ []any) bool { return !isUndefined(v) }},
	"undefined":   {f: func(_ *renderer, v any, _ []any) bool { return isUndefined(v) }},
	"none":        {f: func(_ *renderer, v any, _ []any) bool { return v == nil }},
	"true":        {f: func(_ *renderer, v any, _ []any) bool { return v == true }},
	"false":       {f: func(_ *renderer, v any, _ []any) bool { return v == false }},
	"boolean":     ofType("bool"),
	"float":       ofType("float"),
	"integer":     ofType("int"),
	"number":      ofType("int", "float", "bool"),
	"string":      ofType("str", "Markup"),
	"mapping":     ofType("dict"),
	"sequence":    ofType("list", "tuple", "str", "Markup", "dict", "range", "Undefined"),
	"iterable":    ofType("list", "tuple", "str", "Markup", "dict", "range", "Undefined", "generator", "dict_items", "LoopContext"),
	"callable":    ofType("Macro", "builtin_function_or_method", "LoopContext", "Undefined"),
	"escaped":     ofType("Markup"),
	"lower":       {f: caseIs(unicode.IsLower, unicode.IsUpper)},
	"upper":       {f: caseIs(unicode.IsUpper, unicode.IsLower)},
	"odd":         {f: func(r *renderer, v any, _ []any) bool { return r.equal(r.binary("%", v, int64(2)), int64(1)) }},
	"even":        {f: func(r *renderer, v any, _ []any) bool { return r.equal(r.binary("%", v, int64(2)), int64(0)) }},
	"divisibleby": {1, func(r *renderer, v any, b []any) bool { return r.equal(r.binary("%", v, b[0]), int64(0)) }},
	"sameas":      {1, same},
	"in":          {1, func(r *renderer, v any, b []any) bool { return r.contains(b[0], v) }},
	"filter":      {f: func(r *renderer, v any, _ []any) bool { return r.filters[r.word("the test filter", v).s] != nil }},
	"test":        {f: func(r *renderer, v any, _ []any) bool { return r.tests[r.word("the test test", v).s] != nil }},

	"==": comparing("=="), "eq": comparing("=="), "equalto": comparing("=="),
	"!=": comparing("!="), "ne": comparing("!="),
	"<": comparing("<"), "lt": comparing("<"), "lessthan": comparing("<"),
	"<=": comparing("<="), "le": comparing("<="),
	">": comparing(">"), "gt": comparing(">"), "greaterthan": comparing(">"),
	">=": comparing(">="), "ge": comparing(">="),
}

// same reports whether v is the same object as b[0]. Equal strings count as one
// object.
func same(r *renderer, v any, b []any) bool {
	if typeName(v) != typeName(b[0]) {
		return false
	}
	if s, ok := textOf(v); ok {
		r.spend(len(s) / 32)
		t, _ := textOf(b[0])
		return s == t
	}
	return v == b[0]
}

func isUndefined(v any) bool {
	_, ok := v.(*undefined)
	return ok
}

// ofType returns a test for types.
func ofType(names ...string) *test {
	return &test{f: func(_ *renderer, v any, _ []any) bool {
		t := typeName(v)
		for _, n := range names {
			if n == t {
				return true
			}
		}
		return false
	}}
}

// comparing returns a test that compares.
func comparing(op string) *test {
	return &test{1, func(r *renderer, v any, b []any) bool { return r.compare(op, v, b[0]) }}
}

// caseIs returns the test lower or upper.
func caseIs(want, forbid func(rune) bool) func(*renderer, any, []any) bool {
	return func(r *renderer, v any, _ []any) bool {
		s := r.str(v).s
		r.spend(len(s) / 16)
		return strings.IndexFunc(s, want) >= 0 && strings.IndexFunc(s, forbid) < 0
	}
}
