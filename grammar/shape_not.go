package grammar

import "errors"

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
