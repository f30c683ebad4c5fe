package jinja

import "unicode/utf8"

// A value is one of: nil (None), bool, int64, float64, string, markup,
// *marked, bigInt, *List, *Dict, *undefined, *span (range), *namespace, *loop, *method,
// *macro, *builtin.

// markup is a string that the filter safe has marked. Adding a plain string to it
// escapes the plain one for HTML, as in Python.
type markup string

// bigInt is an integer of more than 64 bits in the variables: it can be printed
// and compared for equality.
type bigInt string

type listKind uint8

const (
	isList listKind = iota
	isTuple
	isGenerator // can be read once
	isView      // what dict.items() and the like return
)

// A List is a Python list, tuple, generator or view. The zero List is an empty
// list.
type List struct {
	items []any
	kind  listKind
}

// NewList returns a list of values of the types of [Decode].
func NewList(items ...any) *List { return &List{items: items} }

// take returns the elements; a generator has none afterwards.
func (l *List) take() []any {
	items := l.items
	if l.kind == isGenerator {
		l.items = nil
	}
	return items
}

// undefined is the value of a variable, attribute or element that does not exist:
// it is empty when printed or looped over, and an error in other uses.
type undefined struct {
	what string // the error's text; "" makes it of the others
	obj  any    // the value without such an attribute, or absent
	name string
	key  any // the key of the element, if it was not a name
}

// absent is no value: a missing argument, a missing key.
type absentType struct{}

var absent any = absentType{}

// span is a range.
type span struct{ start, stop, step int64 }

// length returns the number of elements.
func (s *span) length() int64 {
	switch {
	case s.step > 0 && s.start < s.stop:
		return int64((uint64(s.stop)-uint64(s.start)-1)/uint64(s.step) + 1)
	case s.step < 0 && s.start > s.stop:
		return int64((uint64(s.start)-uint64(s.stop)-1)/(-uint64(s.step)) + 1)
	}
	return 0
}

// A namespace has fields that templates may set.
type namespace struct{ fields *Dict }

// A method is a method of a value, ready to be called.
type method struct {
	self any
	f    func(r *renderer, self any, a args) any
}

// A builtin is a function that every template has.
type builtin struct {
	f func(r *renderer, a args) any
}

// typeName returns Python's name of the type of v.
func typeName(v any) string {
	switch v := v.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case int64, bigInt:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case markup:
		return "Markup"
	case *marked:
		if v.safe {
			return "Markup"
		}
		return "str"
	case *Dict:
		return "dict"
	case *List:
		return [...]string{"list", "tuple", "generator", "dict_items"}[v.kind]
	case *undefined:
		return "Undefined"
	case *span:
		return "range"
	case *namespace:
		return "Namespace"
	case *loop:
		return "LoopContext"
	case *macro:
		return "Macro"
	}
	return "builtin_function_or_method"
}

// truth returns whether v counts as true.
func truth(v any) bool {
	switch v := v.(type) {
	case nil, *undefined:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case string:
		return v != ""
	case markup:
		return v != ""
	case *marked:
		return v.s != ""
	case *Dict:
		return len(v.keys) > 0
	case *List:
		return len(v.items) > 0 || v.kind == isGenerator
	case *span:
		return v.length() > 0
	}
	return true
}

// textOf returns the string in v, if it is one.
func textOf(v any) (string, bool) {
	c, ok := charsOf(v)
	return c.s, ok
}

// length returns len(v), and whether it has one.
func (r *renderer) length(v any) (int64, bool) {
	switch v := v.(type) {
	case string:
		return int64(r.runes(v)), true
	case markup:
		return int64(r.runes(string(v))), true
	case *marked:
		return int64(r.runes(v.s)), true
	case *Dict:
		return int64(len(v.keys)), true
	case *List:
		return int64(len(v.items)), v.kind != isGenerator
	case *span:
		return v.length(), true
	case *loop:
		return int64(len(v.items)), true
	case *undefined:
		return 0, true
	}
	return 0, false
}

// runes returns the number of characters of s.
func (r *renderer) runes(s string) int {
	r.spend(len(s) / 32)
	return utf8.RuneCountInString(s)
}
