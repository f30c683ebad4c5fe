package grammar

import "fmt"

// readDependent reads dependentRequired, dependentSchemas and the older
// dependencies: if a member is there, others must be, or a schema holds.
func (r *reader) readDependent() error {
	s := r.s
	for _, keyword := range []string{"dependentRequired", "dependentSchemas", "dependencies"} {
		d := r.v.get(keyword)
		if d == nil || d.kind != valueObject {
			continue
		}
		for i, k := range d.keys {
			then, err := s.dependent(k, d.items[i])
			if err != nil {
				return refuse(r.v, keyword, "%v", err)
			}
			missing := s.any()
			missing.objects[0].props = []property{{name: k, value: conj{s.falseID}}}
			then.scalars = scalars{}
			then.arrays = nil
			if err := r.meet(keyword, s.or(missing, then), nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// dependent returns the objects that have the member k, as d wants them then.
func (s *schemas) dependent(k string, d *value) (shape, error) {
	a := s.any()
	a.objects[0].props = []property{{name: k, required: true}}
	switch d.kind {
	case valueString:
		a.objects[0].props = append(a.objects[0].props, property{name: d.text, required: true})
	case valueArray:
		for _, n := range d.items {
			if n.kind != valueString {
				return a, fmt.Errorf("%q: a name is no string", k)
			}
			if n.text != k {
				a.objects[0].props = append(a.objects[0].props, property{name: n.text, required: true})
			}
		}
	default:
		b, err := s.shape(s.schemaConj(d))
		if err != nil {
			return a, err
		}
		return s.and(b, a)
	}
	return a, nil
}
