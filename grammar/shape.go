package grammar

import (
	"fmt"
	"slices"
)

// A conj is what a value must be: all schemas with a positive number in it, none
// with a negative one. It is sorted. An empty conj is any value.
type conj []int32

func (c conj) with(d conj) conj {
	if len(d) == 0 {
		return c
	}
	if len(c) == 0 {
		return d
	}
	all := slices.Concat(c, d)
	slices.Sort(all)
	return slices.Compact(all)
}

// A shape is a set of JSON values: some of the values that are neither array nor
// object, some arrays and some objects.
type shape struct {
	scalars scalars
	arrays  []arrayShape
	objects []objectShape
}

// scalars is a set of values that are neither array nor object.
type scalars struct {
	null, no, yes bool
	number        expr // numbers; if whole, integers without point
	whole         bool
	text          expr // what is between the quotes of strings
}

// An arrayShape is the arrays of min to max elements, max < 0 is no limit, of
// which the first are as prefix says and the others as rest does, and at least
// one as each of some.
type arrayShape struct {
	prefix   []conj
	rest     conj
	some     []conj
	min, max int
}

// An objectShape is the objects of min to max members, as props and rest say,
// and at least one as each of some. The groups of rest have no key in common, and
// have every key between them that is none of props.
type objectShape struct {
	props    []property
	rest     []keyGroup
	some     []keyGroup
	min, max int
}

type property struct {
	name     string
	value    conj
	required bool
}

// A keyGroup is members whose keys, without quotes, match text.
type keyGroup struct {
	text  expr
	value conj
}

// maxShapes bounds the arrays and objects of a shape, and what combining two
// shapes may make.
const maxShapes = 256

// any returns the shape of all values.
func (s *schemas) any() shape {
	return shape{
		scalars: s.anyScalar(),
		arrays:  []arrayShape{{max: unbounded}},
		objects: []objectShape{s.anyObject()},
	}
}

func (s *schemas) anyScalar() scalars {
	return scalars{null: true, no: true, yes: true, number: s.num.any, text: s.text}
}

func (s *schemas) anyObject() objectShape {
	return objectShape{rest: []keyGroup{{text: s.text}}, max: unbounded}
}

// and returns the values in both a and b.
func (s *schemas) and(a, b shape) (shape, error) {
	out := shape{scalars: s.andScalars(a.scalars, b.scalars)}
	if len(a.arrays)*len(b.arrays) > maxShapes || len(a.objects)*len(b.objects) > maxShapes {
		return out, fmt.Errorf("more than %d combinations", maxShapes)
	}
	for _, x := range a.arrays {
		for _, y := range b.arrays {
			if z := andArrays(x, y); (z.max < 0 || z.max >= z.min) && (len(z.some) == 0 || !s.isEmptyArray(z)) {
				out.arrays = append(out.arrays, z)
			}
		}
	}
	for _, x := range a.objects {
		for _, y := range b.objects {
			z, err := s.andObjects(x, y)
			if err != nil {
				return out, err
			}
			if (z.max < 0 || z.max >= z.min) && (len(z.some) == 0 || !s.isEmptyObject(z)) {
				out.objects = append(out.objects, z)
			}
		}
	}
	return out, nil
}

func (s *schemas) andScalars(a, b scalars) scalars {
	x := s.x
	out := scalars{null: a.null && b.null, no: a.no && b.no, yes: a.yes && b.yes, whole: a.whole || b.whole}
	out.number = s.meet(a.number, b.number, s.num.any)
	out.text = s.meet(a.text, b.text, s.text)
	if !x.notEmpty(out.number) {
		out.number = none
	}
	if !x.notEmpty(out.text) {
		out.text = none
	}
	return out
}

// meet returns the texts of a and b, where all are all texts.
func (s *schemas) meet(a, b, all expr) expr {
	switch {
	case a == all:
		return b
	case b == all || a == b:
		return a
	case a == s.num.int && b == s.num.plain || b == s.num.int && a == s.num.plain:
		return s.num.int
	}
	return s.x.and(a, b)
}

// or returns the values in a or b.
func (s *schemas) or(a, b shape) shape {
	return shape{
		scalars: s.orScalars(a.scalars, b.scalars),
		arrays:  append(slices.Clip(a.arrays), b.arrays...),
		objects: append(slices.Clip(a.objects), b.objects...),
	}
}

func (s *schemas) orScalars(a, b scalars) scalars {
	x := s.x
	out := scalars{null: a.null || b.null, no: a.no || b.no, yes: a.yes || b.yes}
	switch {
	case a.number == none || a.number == s.num.any || b.number == none || b.number == s.num.any:
		w := a
		if a.number == none || b.number == s.num.any {
			w = b
		}
		out.number, out.whole = w.number, w.whole
	case a.whole && b.whole:
		out.number, out.whole = x.or(a.number, b.number), true
	default:
		out.number = x.or(s.allForms(a), s.allForms(b))
	}
	if out.text = x.or(a.text, b.text); a.text == s.text || b.text == s.text {
		out.text = s.text
	}
	return out
}

// allForms returns the numbers of a with all ways to write them.
func (s *schemas) allForms(a scalars) expr {
	if a.whole && a.number != none {
		return s.x.concat(a.number, s.num.zeros)
	}
	return a.number
}

func andArrays(a, b arrayShape) arrayShape {
	out := arrayShape{rest: a.rest.with(b.rest), min: max(a.min, b.min), max: a.max}
	if a.max < 0 || b.max >= 0 && b.max < a.max {
		out.max = b.max
	}
	for i := range max(len(a.prefix), len(b.prefix)) {
		out.prefix = append(out.prefix, a.at(i).with(b.at(i)))
	}
	out.some = slices.Clip(a.some)
	for _, c := range b.some {
		if !slices.ContainsFunc(out.some, func(d conj) bool { return slices.Equal(c, d) }) {
			out.some = append(out.some, c)
		}
	}
	out.min = max(out.min, min(len(out.some), 1))
	return out
}

// at returns what element number i must be.
func (a arrayShape) at(i int) conj {
	if i < len(a.prefix) {
		return a.prefix[i]
	}
	return a.rest
}
