package jinja

import "math"

// dictMethods are the methods of dicts that do not change them.
var dictMethods = map[string]func(*renderer, any, args) any{
	"get": func(r *renderer, self any, a args) any {
		b := args{pos: a.pos}.bind(r, "get", "key", "default")
		if b[0] == absent || a.names != nil {
			r.fail("get wants a key and perhaps a default, not by name")
		}
		switch v := r.get(self.(*Dict), b[0]); {
		case v != absent:
			return v
		case b[1] != absent:
			return b[1]
		}
		return nil
	},
	"items":  func(r *renderer, self any, a args) any { return r.pairs(self.(*Dict), isView) },
	"keys":   func(_ *renderer, self any, _ args) any { return &List{items: self.(*Dict).keys, kind: isView} },
	"values": func(_ *renderer, self any, _ args) any { return &List{items: self.(*Dict).values, kind: isView} },
	"copy":   func(_ *renderer, self any, _ args) any { return self },
}

// pairs returns the keys and values of d as tuples.
func (r *renderer) pairs(d *Dict, kind listKind) *List {
	r.alloc(len(d.keys) * 6 * listEntry)
	r.spend(len(d.keys))
	items := make([]any, len(d.keys))
	for i, k := range d.keys {
		items[i] = &List{items: []any{k, d.values[i]}, kind: isTuple}
	}
	return &List{items: items, kind: kind}
}

// listMethods are the methods of lists and tuples that do not change them.
var listMethods = map[string]func(*renderer, any, args) any{
	"index": func(r *renderer, self any, a args) any {
		x := a.bind(r, "index", "value")[0]
		for i, y := range self.(*List).items {
			if r.equal(x, y) {
				return int64(i)
			}
		}
		r.fail("the value is not in the list")
		return nil
	},
	"count": func(r *renderer, self any, a args) any {
		x, n := a.bind(r, "count", "value")[0], int64(0)
		for _, y := range self.(*List).items {
			if r.equal(x, y) {
				n++
			}
		}
		return n
	},
	"copy": func(_ *renderer, self any, _ args) any { return self },
}

var floatMethods = map[string]func(*renderer, any, args) any{
	"is_integer": func(_ *renderer, self any, _ args) any {
		f := self.(float64)
		return f == math.Trunc(f) && !math.IsInf(f, 0)
	},
}
