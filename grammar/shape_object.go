package grammar

import (
	"fmt"
	"slices"
)

// index returns the places of the properties by name.
func index(props []property) map[string]int {
	m := make(map[string]int, len(props))
	for i, p := range props {
		m[p.name] = i
	}
	return m
}

// find returns what the member called name must be; at is the index of o.props.
func (s *schemas) find(o *objectShape, at map[string]int, name string) property {
	if i, ok := at[name]; ok {
		return o.props[i]
	}
	text := quoted(name)
	for _, g := range o.rest {
		if g.text == s.text || s.x.matches(g.text, text) {
			return property{name: name, value: g.value}
		}
	}
	return property{name: name, value: conj{s.falseID}}
}

// andObjects returns the objects in a and b. Properties are in the order of a,
// then of b.
func (s *schemas) andObjects(a, b objectShape) (objectShape, error) {
	out := objectShape{min: max(a.min, b.min), max: a.max}
	if a.max < 0 || b.max >= 0 && b.max < a.max {
		out.max = b.max
	}
	inA, inB := index(a.props), index(b.props)
	for _, p := range a.props {
		q := s.find(&b, inB, p.name)
		out.props = append(out.props, property{p.name, p.value.with(q.value), p.required || q.required})
	}
	for _, q := range b.props {
		if _, ok := inA[q.name]; !ok {
			p := s.find(&a, inA, q.name)
			out.props = append(out.props, property{q.name, p.value.with(q.value), q.required})
		}
	}
	for _, g := range a.rest {
		for _, h := range b.rest {
			text := s.meet(g.text, h.text, s.text)
			if s.x.notEmpty(text) {
				out.rest = append(out.rest, keyGroup{text, g.value.with(h.value)})
			}
		}
	}
	if len(out.rest) > maxShapes {
		return out, fmt.Errorf("more than %d kinds of keys", maxShapes)
	}
	out.some = slices.Clip(a.some)
	for _, g := range b.some {
		if !slices.ContainsFunc(out.some, func(h keyGroup) bool { return g.text == h.text && slices.Equal(g.value, h.value) }) {
			out.some = append(out.some, g)
		}
	}
	return out, nil
}

// isEmpty reports whether c is proven to have no values.
func (s *schemas) isEmpty(c conj) bool {
	if slices.Contains(c, s.falseID) || slices.Contains(c, -s.trueID) {
		return true
	}
	if s.depth++; s.depth > 20 {
		s.depth--
		return false
	}
	defer func() { s.depth-- }()
	a, err := s.shape(c)
	return err == nil && s.isEmptyShape(a)
}

func (s *schemas) isEmptyShape(a shape) bool {
	c := &a.scalars
	if c.null || c.no || c.yes || s.x.notEmpty(c.number) || s.x.notEmpty(c.text) {
		return false
	}
	return !slices.ContainsFunc(a.arrays, func(y arrayShape) bool { return !s.isEmptyArray(y) }) &&
		!slices.ContainsFunc(a.objects, func(y objectShape) bool { return !s.isEmptyObject(y) })
}

func (s *schemas) isEmptyArray(a arrayShape) bool {
	if a.max >= 0 && a.max < a.min {
		return true
	}
	for i := range min(a.min, len(a.prefix)+1) {
		if s.isEmpty(a.at(i)) {
			return true
		}
	}
	for _, c := range a.some {
		last := len(a.prefix)
		if a.max >= 0 {
			last = min(last, a.max-1)
		}
		found := false
		for i := 0; i <= last && !found; i++ {
			found = !s.isEmpty(a.at(i).with(c))
		}
		if !found {
			return true
		}
	}
	return false
}

// canHave reports whether some member of o may be as g.
func (s *schemas) canHave(o *objectShape, g keyGroup) bool {
	for _, p := range o.props {
		if s.x.matches(g.text, quoted(p.name)) && !s.isEmpty(p.value.with(g.value)) {
			return true
		}
	}
	taken := s.taken(o)
	for _, h := range o.rest {
		text := s.x.without(s.meet(g.text, h.text, s.text), taken)
		if s.x.notEmpty(text) && !s.isEmpty(g.value.with(h.value)) {
			return true
		}
	}
	return false
}

// taken returns the keys of the properties of o.
func (s *schemas) taken(o *objectShape) expr {
	names := make([]string, len(o.props))
	for i, p := range o.props {
		names[i] = p.name
	}
	return s.x.literals(names, jsonText{})
}

func (s *schemas) isEmptyObject(o objectShape) bool {
	required := 0
	for _, p := range o.props {
		if p.required {
			if required++; s.isEmpty(p.value) {
				return true
			}
		}
	}
	if o.max >= 0 && (o.max < o.min || o.max < required || o.max == 0 && len(o.some) > 0) {
		return true
	}
	return slices.ContainsFunc(o.some, func(g keyGroup) bool { return !s.canHave(&o, g) })
}
