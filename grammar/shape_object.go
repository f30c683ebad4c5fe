package grammar

import (
	"errors"
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
	return out, nil
}

// not returns the values that are not in a.
func (s *schemas) not(a shape) (shape, error) {
	out := s.any()
	x := s.x
	c := &a.scalars
	out.scalars.null, out.scalars.no, out.scalars.yes = !c.null, !c.no, !c.yes
	switch c.number {
	case s.num.any:
		out.scalars.number = none
	case none:
	default:
		out.scalars.number = x.without(s.num.plain, s.allForms(*c))
	}
	switch c.text {
	case s.text:
		out.scalars.text = none
	case none:
	default:
		out.scalars.text = x.without(s.text, c.text)
	}
	out.scalars = s.andScalars(out.scalars, s.anyScalar())
	for _, y := range a.arrays {
		n, err := s.notArray(y)
		if err == nil {
			out, err = s.and(out, n)
		}
		if err != nil {
			return out, err
		}
	}
	for _, y := range a.objects {
		n, err := s.notObject(y)
		if err == nil {
			out, err = s.and(out, n)
		}
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// negated returns the complement of c as a list: a value is one of them exactly
// if it is not c.
func (s *schemas) negated(c conj) []conj {
	var out []conj
	for _, id := range c {
		out = append(out, conj{-id})
	}
	return out
}

// notArray returns all values but the arrays of a.
func (s *schemas) notArray(a arrayShape) (shape, error) {
	out := s.any()
	out.arrays = nil
	if a.min > 0 {
		out.arrays = append(out.arrays, arrayShape{max: a.min - 1})
	}
	if a.max >= 0 {
		out.arrays = append(out.arrays, arrayShape{min: a.max + 1, max: unbounded})
	}
	last := len(a.prefix)
	if len(a.rest) > 0 {
		switch {
		case s.isEmpty(a.rest):
			out.arrays = append(out.arrays, arrayShape{min: last + 1, max: unbounded})
		case a.max < 0 || a.max > maxShapes:
			return out, errors.New("the complement of a list of any length cannot be enforced")
		default:
			last = a.max
		}
	}
	for i := range last {
		for _, n := range s.negated(a.at(i)) {
			prefix := make([]conj, i+1)
			prefix[i] = n
			out.arrays = append(out.arrays, arrayShape{prefix: prefix, min: i + 1, max: unbounded})
		}
	}
	return out, nil
}

// notObject returns all values but the objects of o.
func (s *schemas) notObject(o objectShape) (shape, error) {
	out := s.any()
	out.objects = nil
	add := func(min, max int, props ...property) {
		z := s.anyObject()
		z.min, z.max, z.props = min, max, props
		out.objects = append(out.objects, z)
	}
	if o.min > 0 {
		add(0, o.min-1)
	}
	if o.max >= 0 {
		add(o.max+1, unbounded)
	}
	for _, p := range o.props {
		if p.required {
			add(0, unbounded, property{name: p.name, value: conj{s.falseID}})
		}
		for _, n := range s.negated(p.value) {
			add(0, unbounded, property{name: p.name, value: n, required: true})
		}
	}
	for _, g := range o.rest {
		if len(g.value) > 0 {
			return out, errors.New("the complement of what additional members must be cannot be enforced")
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
	for i := range min(a.min, len(a.prefix)+1) {
		if s.isEmpty(a.at(i)) {
			return true
		}
	}
	return a.max >= 0 && a.max < a.min
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
	return o.max >= 0 && (o.max < o.min || o.max < required)
}
