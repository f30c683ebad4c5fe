package jinja

import "strings"

// attr returns v.name: a method or field of v, else its element of that name.
func (r *renderer) attr(v any, name string) any {
	if f := r.member(v, name); f != absent {
		return f
	}
	if d, ok := v.(*Dict); ok {
		if x := r.get(d, name); x != absent {
			return x
		}
	}
	return r.missing(v, name)
}

// missing returns the value of v.name where v has no such attribute or element.
func (r *renderer) missing(v any, name string) any {
	if u, ok := v.(*undefined); ok {
		r.used(u)
	}
	r.alloc(80)
	if strings.HasPrefix(name, "__") {
		return &undefined{what: "access to attribute " + quoted(name) + " of '" + typeName(v) + "' object is unsafe."}
	}
	return &undefined{obj: v, name: name}
}

// member returns the method or field of v called name, absent if there is
// none.
func (r *renderer) member(v any, name string) any {
	var table map[string]func(*renderer, any, args) any
	switch v := v.(type) {
	case string, markup, *marked:
		table = stringMethods
	case *Dict:
		table = dictMethods
	case *List:
		if v.kind == isList || v.kind == isTuple {
			table = listMethods
		}
	case float64:
		table = floatMethods
	case *namespace:
		return r.get(v.fields, name)
	case *loop:
		return v.field(name)
	case *macro:
		if name == "name" {
			return v.def.name
		}
	}
	if f, ok := table[name]; ok {
		r.alloc(64)
		return &method{v, f}
	}
	if changes[name] && (typeName(v) == "list" || typeName(v) == "dict") {
		return &undefined{what: "access to attribute " + quoted(name) + " of '" + typeName(v) + "' object is unsafe."}
	}
	return absent
}

// changes are the methods of lists and dicts that change them, which are errors.
var changes = map[string]bool{"append": true, "clear": true, "pop": true, "reverse": true, "insert": true, "sort": true,
	"extend": true, "remove": true, "popitem": true, "setdefault": true, "update": true}

// item returns v[key], else the method or field of v of that name.
func (r *renderer) item(v, key any) any {
	if u, ok := v.(*undefined); ok {
		r.used(u)
	}
	if x := r.element(v, key); x != absent {
		return x
	}
	if s, ok := textOf(key); ok {
		if f := r.member(v, s); f != absent {
			return f
		}
		return r.missing(v, s)
	}
	r.alloc(80)
	return &undefined{obj: v, key: key}
}

// element returns v[key], absent if there is no such element.
func (r *renderer) element(v, key any) any {
	if d, ok := v.(*Dict); ok {
		return r.get(d, key)
	}
	i, ok := asInt(key)
	if !ok {
		return absent
	}
	switch v := v.(type) {
	case *List:
		if v.kind == isList || v.kind == isTuple {
			if i = fromEnd(i, len(v.items)); i >= 0 {
				return v.items[i]
			}
		}
	case string, markup, *marked:
		return r.character(v, i)
	case *span:
		if n := v.length(); i < 0 && i >= -n {
			return v.start + (i+n)*v.step
		} else if i >= 0 && i < n {
			return v.start + i*v.step
		}
	}
	return absent
}
