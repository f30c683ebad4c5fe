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
		var err error
		if out, err = s.and(out, s.notObject(y)); err != nil {
			return out, err
		}
	}
	return out, nil
}

// negated returns the values that are not in c; ok is false if there are none.
func (s *schemas) negated(c conj) (n conj, ok bool) {
	switch len(c) {
	case 0:
		return nil, false
	case 1:
		return conj{-c[0]}, true
	}
	key := conjKey(c)
	id, known := s.virtual[key]
	if !known {
		id = s.idOf(&value{kind: valueTrue, path: s.byID[max(c[0], -c[0])].path})
		s.virtual[key] = id
		s.meant[id] = c
	}
	return conj{-id}, true
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
	if n, ok := s.negated(a.rest); ok {
		switch {
		case s.isEmpty(a.rest):
			out.arrays = append(out.arrays, arrayShape{min: last + 1, max: unbounded})
		case last == 0:
			out.arrays = append(out.arrays, arrayShape{some: []conj{n}, min: 1, max: unbounded})
		case a.max < 0 || a.max > maxShapes:
			return out, errors.New("the complement of a list of any length cannot be enforced")
		default:
			last = a.max
		}
	}
	for i := range last {
		if n, ok := s.negated(a.at(i)); ok {
			prefix := make([]conj, i+1)
			prefix[i] = n
			out.arrays = append(out.arrays, arrayShape{prefix: prefix, min: i + 1, max: unbounded})
		}
	}
	for _, c := range a.some {
		n, ok := s.negated(c)
		if !ok {
			n = conj{s.falseID}
		}
		out.arrays = append(out.arrays, arrayShape{rest: n, max: unbounded})
	}
	return out, nil
}

// notObject returns all values but the objects of o.
func (s *schemas) notObject(o objectShape) shape {
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
		if n, ok := s.negated(p.value); ok {
			add(0, unbounded, property{name: p.name, value: n, required: true})
		}
	}
	taken := s.taken(&o)
	for _, g := range o.rest {
		if n, ok := s.negated(g.value); ok {
			if text := s.x.without(g.text, taken); s.x.notEmpty(text) {
				z := s.anyObject()
				z.some = []keyGroup{{text, n}}
				out.objects = append(out.objects, z)
			}
		}
	}
	for _, g := range o.some {
		n, ok := s.negated(g.value)
		if !ok {
			n = conj{s.falseID}
		}
		z := s.anyObject()
		z.rest = []keyGroup{{g.text, n}}
		if others := s.x.without(s.text, g.text); s.x.notEmpty(others) {
			z.rest = append(z.rest, keyGroup{others, nil})
		}
		out.objects = append(out.objects, z)
	}
	return out
}
