package grammar

import "fmt"

// readValues reads const and enum.
func (r *reader) readValues() error {
	if c := r.v.get("const"); c != nil {
		a, err := r.s.constant(c)
		if err := r.meet("const", a, err); err != nil {
			return err
		}
	}
	e := r.v.get("enum")
	if e == nil {
		return nil
	}
	if e.kind != valueArray {
		return refuse(r.v, "enum", "is no array")
	}
	var a shape
	var texts []string
	var whole []expr
	for _, c := range e.items {
		if c.kind == valueString {
			texts = append(texts, c.text)
			continue
		}
		r.s.step()
		b, err := r.s.constant(c)
		if err != nil {
			return err
		}
		if b.scalars.whole {
			whole = append(whole, b.scalars.number)
			continue
		}
		a = r.s.or(a, b)
	}
	a = r.s.or(a, shape{scalars: scalars{number: r.s.x.or(whole...), whole: true}})
	a.scalars.text = r.s.x.or(a.scalars.text, r.s.x.literals(texts, jsonText{}))
	if len(a.arrays)+len(a.objects) > maxShapes {
		return refuse(r.v, "enum", "more than %d arrays and objects", maxShapes)
	}
	return r.meet("enum", a, nil)
}

// constant returns the shape of one value.
func (s *schemas) constant(c *value) (shape, error) {
	var a shape
	switch c.kind {
	case valueNull:
		a.scalars.null = true
	case valueFalse:
		a.scalars.no = true
	case valueTrue:
		a.scalars.yes = true
	case valueString:
		a.scalars.text = s.x.literals([]string{c.text}, jsonText{})
	case valueNumber:
		d, err := parseDecimal(c.text)
		if err != nil {
			return a, &placeError{c.path, "", fmt.Sprint(err)}
		}
		l := &limit{decimal: d}
		a.scalars.whole = d.frac == ""
		a.scalars.number = s.num.between(numberRange{l, l}, a.scalars.whole)
	case valueArray:
		y := arrayShape{min: len(c.items), max: len(c.items)}
		for _, i := range c.items {
			y.prefix = append(y.prefix, s.constantConj(i))
		}
		a.arrays = append(a.arrays, y)
	case valueObject:
		y := objectShape{rest: []keyGroup{{s.text, conj{s.falseID}}}, max: unbounded}
		for i, k := range c.keys {
			if c.get(k) == c.items[i] {
				y.props = append(y.props, property{k, s.constantConj(c.items[i]), true})
			}
		}
		a.objects = append(a.objects, y)
	}
	return a, nil
}

// constantConj returns the conj of one value.
func (s *schemas) constantConj(c *value) conj {
	return conj{s.idOf(&value{kind: valueObject, keys: []string{"const"}, items: []*value{c}, path: c.path})}
}
