package grammar

import (
	"slices"
)

// schemaConj returns v as a conj; any value if it is missing.
func (s *schemas) schemaConj(v *value) conj {
	if v == nil || v.kind == valueTrue || v.kind == valueObject && len(v.keys) == 0 {
		return nil
	}
	if v.kind == valueFalse {
		return conj{s.falseID}
	}
	return conj{s.idOf(v)}
}

func (r *reader) readArray() error {
	prefix, items := r.v.get("prefixItems"), r.v.get("items")
	if items != nil && items.kind == valueArray { // before 2020-12
		prefix, items = items, r.v.get("additionalItems")
	}
	lo, err := r.count("minItems", 0)
	if err != nil {
		return err
	}
	hi, err := r.count("maxItems", unbounded)
	if err != nil {
		return err
	}
	some, err := r.contains()
	if err != nil {
		return err
	}
	if prefix == nil && items == nil && lo == 0 && hi < 0 && some == nil {
		return nil
	}
	if hi >= 0 && hi < lo && r.onlyType("array") {
		return refuse(r.v, "minItems", "%d is more than maxItems %d", lo, hi)
	}
	y := arrayShape{rest: r.s.schemaConj(items), some: some, min: max(lo, len(some)), max: hi}
	if prefix != nil {
		if prefix.kind != valueArray {
			return refuse(r.v, "prefixItems", "is no array")
		}
		for _, p := range prefix.items {
			y.prefix = append(y.prefix, r.s.schemaConj(p))
		}
	}
	a := r.s.others("array")
	if hi < 0 || hi >= lo {
		a.arrays = []arrayShape{y}
	}
	return r.meet("items", a, nil)
}

// contains reads contains: at least one element must match it.
func (r *reader) contains() ([]conj, error) {
	c := r.v.get("contains")
	if c == nil {
		return nil, nil
	}
	n, err := r.count("minContains", 1)
	if err != nil || n == 0 {
		return nil, err
	}
	if n > 1 {
		return nil, refuse(r.v, "minContains", "more than one cannot be enforced")
	}
	return []conj{r.s.schemaConj(c)}, nil
}

// onlyType reports whether type is name.
func (r *reader) onlyType(name string) bool {
	t := r.v.get("type")
	return t != nil && t.kind == valueString && t.text == name
}

func (r *reader) readObject() error {
	has := func(k string) bool { return r.v.get(k) != nil }
	if !slices.ContainsFunc([]string{"properties", "required", "additionalProperties", "patternProperties",
		"minProperties", "maxProperties", "propertyNames", "unevaluatedProperties"}, has) {
		return nil
	}
	lo, err := r.count("minProperties", 0)
	if err != nil {
		return err
	}
	hi, err := r.count("maxProperties", unbounded)
	if err != nil {
		return err
	}
	if hi >= 0 && hi < lo && r.onlyType("object") {
		return refuse(r.v, "minProperties", "%d is more than maxProperties %d", lo, hi)
	}
	y := objectShape{min: lo, max: hi}
	if err := r.readKeys(&y); err != nil {
		return err
	}
	if err := r.readProperties(&y); err != nil {
		return err
	}
	a := r.s.others("object")
	if hi < 0 || hi >= lo {
		a.objects = []objectShape{y}
	}
	if err := r.meet("properties", a, nil); err != nil {
		return err
	}
	return r.readNames()
}

// readKeys sets y.rest from patternProperties and additionalProperties: every
// set of patterns that some key matches, and no other pattern, is a group.
func (r *reader) readKeys(y *objectShape) error {
	s, x := r.s, r.s.x
	extra := r.v.get("additionalProperties")
	if extra == nil {
		extra = r.v.get("unevaluatedProperties")
	}
	groups := []keyGroup{{text: s.text}}
	matched := none
	if p := r.v.get("patternProperties"); p != nil {
		for i, k := range p.keys {
			e, err := s.searchText("patternProperties", r.v, k)
			if err != nil {
				return err
			}
			matched = x.or(matched, e)
			var next []keyGroup
			for _, g := range groups {
				if in := s.meet(g.text, e, s.text); x.notEmpty(in) {
					next = append(next, keyGroup{in, g.value.with(s.schemaConj(p.items[i]))})
				}
				if out := x.without(g.text, e); x.notEmpty(out) {
					next = append(next, keyGroup{out, g.value})
				}
			}
			if groups = next; len(groups) > maxShapes {
				return refuse(r.v, "patternProperties", "more than %d kinds of keys", maxShapes)
			}
		}
	}
	for _, g := range groups {
		if matched == none || x.disjoint(g.text, matched) {
			g.value = g.value.with(s.schemaConj(extra))
		}
		y.rest = append(y.rest, g)
	}
	return nil
}

// readProperties adds what properties and required name to y.
func (r *reader) readProperties(y *objectShape) error {
	s := r.s
	index := map[string]int{}
	if p := r.v.get("properties"); p != nil {
		if p.kind != valueObject {
			return refuse(r.v, "properties", "is no object")
		}
		for i, k := range p.keys {
			if _, twice := index[k]; twice {
				return refuse(r.v, "properties", "%q is there twice", k)
			}
			index[k] = len(y.props)
			y.props = append(y.props, property{name: k, value: r.patterned(k, s.schemaConj(p.items[i]))})
		}
	}
	q := r.v.get("required")
	if q == nil || q.kind == valueTrue || q.kind == valueFalse { // draft 3 has it with the property
		return nil
	}
	for _, k := range q.items {
		if k.kind != valueString {
			return refuse(r.v, "required", "has what is no string")
		}
		i, ok := index[k.text]
		if !ok {
			p := s.find(y, index, k.text)
			i = len(y.props)
			index[k.text] = i
			y.props = append(y.props, p)
		}
		y.props[i].required = true
	}
	return nil
}

// patterned adds to value what patternProperties say of key k.
func (r *reader) patterned(k string, value conj) conj {
	patterns := r.v.get("patternProperties")
	if patterns == nil {
		return value
	}
	for i, pattern := range patterns.keys {
		e, _ := r.s.searchText("patternProperties", r.v, pattern)
		if r.s.x.matches(e, quoted(k)) {
			value = value.with(r.s.schemaConj(patterns.items[i]))
		}
	}
	return value
}

// readNames reads propertyNames.
func (r *reader) readNames() error {
	n := r.v.get("propertyNames")
	if n == nil {
		return nil
	}
	s := r.s
	a, err := s.shape(s.schemaConj(n))
	if err != nil {
		return err
	}
	text := a.scalars.text
	for i := range r.objects {
		o := &r.objects[i]
		o.props, o.rest = slices.Clone(o.props), slices.Clone(o.rest)
		for j, p := range o.props {
			if text != s.text && !s.x.matches(text, quoted(p.name)) {
				o.props[j].value = conj{s.falseID}
			}
		}
		var rest []keyGroup
		for _, g := range o.rest {
			if in := s.meet(g.text, text, s.text); s.x.notEmpty(in) {
				rest = append(rest, keyGroup{in, g.value})
			}
		}
		o.rest = rest
	}
	return nil
}
