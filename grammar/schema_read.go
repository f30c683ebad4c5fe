package grammar

import (
	"slices"
)

// A reader reads the keywords of one schema.
type reader struct {
	s *schemas
	v *value
	shape
}

// read returns the values of the schema v.
func (s *schemas) read(v *value) (shape, error) {
	switch v.kind {
	case valueTrue:
		return s.any(), nil
	case valueFalse:
		return shape{}, nil
	case valueObject:
	default:
		return shape{}, refuse(v, "", "a schema is an object, true or false")
	}
	r := &reader{s, v, s.any()}
	steps := []func() error{
		r.refused, r.readRefs, r.readValues, r.readType, r.readNumber, r.readString,
		r.readArray, r.readObject, r.readAll, r.readAny, r.readOne, r.readNot, r.readIf, r.readDependent,
	}
	if ref := v.get("$ref"); s.legacy && ref != nil {
		steps = []func() error{r.readRefs}
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return shape{}, err
		}
	}
	return r.shape, nil
}

// meet keeps the values that are also in a.
func (r *reader) meet(keyword string, a shape, err error) error {
	if err == nil {
		a, err = r.s.and(r.shape, a)
		if err != nil {
			err = refuse(r.v, keyword, "%v", err)
		}
	}
	if err != nil {
		return err
	}
	r.shape = a
	return nil
}

// refused reports keywords that are never enforced.
func (r *reader) refused() error {
	v := r.v
	for _, k := range []string{"maxContains", "$dynamicRef", "$recursiveRef", "unevaluatedItems", "unevaluatedProperties"} {
		x := v.get(k)
		if x == nil || x.kind == valueTrue || x.kind == valueObject && len(x.keys) == 0 || k == "maxContains" && v.get("contains") == nil {
			continue
		}
		if k == "unevaluatedProperties" && r.plain() {
			continue
		}
		if k == "$dynamicRef" && x.kind == valueString && !r.s.dynamic(x.text) {
			continue
		}
		return refuse(v, k, "cannot be enforced")
	}
	if u := v.get("uniqueItems"); u != nil && u.kind == valueTrue {
		if n := v.get("maxItems"); n == nil || n.text != "0" && n.text != "1" {
			return refuse(v, "uniqueItems", "cannot be enforced")
		}
	}
	return nil
}

// plain reports whether v has no keyword that applies other schemas to the same
// object, so that unevaluatedProperties is additionalProperties.
func (r *reader) plain() bool {
	return !slices.ContainsFunc([]string{"$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "not", "if", "dependentSchemas", "dependencies"},
		func(k string) bool { return r.v.get(k) != nil })
}

func (r *reader) readRefs() error {
	for _, k := range []string{"$ref", "$dynamicRef"} {
		ref := r.v.get(k)
		if ref == nil {
			continue
		}
		if ref.kind != valueString {
			return refuse(r.v, k, "is no string")
		}
		t, err := r.s.target(r.v, k, ref.text)
		if err != nil {
			return err
		}
		a, err := r.s.shapeOf(r.s.idOf(t))
		if err := r.meet(k, a, err); err != nil {
			return err
		}
	}
	return nil
}

// typeShape returns the values of one type.
func (s *schemas) typeShape(name string) (shape, bool) {
	var a shape
	switch name {
	case "null":
		a.scalars.null = true
	case "boolean":
		a.scalars.no, a.scalars.yes = true, true
	case "number":
		a.scalars.number = s.num.any
	case "integer":
		a.scalars.number, a.scalars.whole = s.num.int, true
	case "string":
		a.scalars.text = s.text
	case "array":
		a.arrays = s.any().arrays
	case "object":
		a.objects = s.any().objects
	case "any":
		return s.any(), s.legacy
	default:
		return a, false
	}
	return a, true
}

func (r *reader) readType() error {
	t := r.v.get("type")
	if t == nil {
		return nil
	}
	names := []*value{t}
	if t.kind == valueArray {
		names = t.items
	}
	var a shape
	for _, n := range names {
		b, ok := r.s.typeShape(n.text)
		if !ok || n.kind != valueString {
			return refuse(r.v, "type", "unknown type %q", n.text)
		}
		a = r.s.or(a, b)
	}
	return r.meet("type", a, nil)
}
