package grammar

import (
	"strconv"
	"strings"
)

// others returns all values but those of the given kinds, for keywords that say
// something about one kind alone.
func (s *schemas) others(kind string) shape {
	a := s.any()
	switch kind {
	case "number":
		a.scalars.number = none
	case "string":
		a.scalars.text = none
	case "array":
		a.arrays = nil
	case "object":
		a.objects = nil
	}
	return a
}

// limitOf reads a bound. Draft 4 has the exclusive ones as booleans beside it.
func (r *reader) limitOf(keyword, exclusive string) (*limit, error) {
	v := r.v.get(keyword)
	if v == nil {
		return nil, nil
	}
	if v.kind != valueNumber {
		if exclusive == "" && (v.kind == valueTrue || v.kind == valueFalse) {
			return nil, nil
		}
		return nil, refuse(r.v, keyword, "is no number")
	}
	d, err := parseDecimal(v.text)
	if err != nil {
		return nil, refuse(r.v, keyword, "%v", err)
	}
	e := r.v.get(exclusive)
	return &limit{d, exclusive == "" || e != nil && e.kind == valueTrue}, nil
}

// bounds reads the four bounds of numbers; found is false if there are none.
func (r *reader) bounds() (rng numberRange, found bool, err error) {
	for _, k := range [][3]string{{"minimum", "exclusiveMinimum"}, {"exclusiveMinimum"}, {"maximum", "exclusiveMaximum"}, {"exclusiveMaximum"}} {
		l, err := r.limitOf(k[0], k[1])
		if err != nil {
			return rng, false, err
		}
		if l == nil {
			continue
		}
		found = true
		if strings.HasSuffix(k[0], "inimum") {
			rng.tighten(l, nil)
		} else {
			rng.tighten(nil, l)
		}
	}
	return rng, found, nil
}

func (r *reader) readNumber() error {
	rng, found, err := r.bounds()
	if err != nil {
		return err
	}
	m := r.v.get("multipleOf")
	if m == nil && !found {
		return nil
	}
	whole := r.scalars.whole
	a := r.s.others("number")
	a.scalars.whole = whole
	a.scalars.number = r.s.num.between(rng, whole)
	if a.scalars.number == none && (r.onlyType("number") || r.onlyType("integer")) {
		return refuse(r.v, "minimum", "no number is between it and maximum")
	}
	if m != nil {
		e, large, err := r.multiple(m)
		if err != nil {
			return err
		}
		switch {
		case large && (!whole || found):
			return refuse(r.v, "multipleOf", "%s has too many digits, but for integers without bounds", m.text)
		case large:
			a.scalars.number = r.s.num.long
		case !found && !whole:
			a.scalars.number = r.s.num.plain
		}
		a.scalars.number = r.s.x.and(a.scalars.number, e)
	}
	if whole && r.scalars.number == r.s.num.int {
		r.scalars.number = r.s.num.any // what is between is whole already
		r.scalars.whole = false
	}
	return r.meet("minimum, maximum or multipleOf", a, nil)
}

// multiple returns the numbers that multipleOf m allows, and whether it is too
// large for proofs: see provenModulus.
func (r *reader) multiple(m *value) (e expr, large bool, err error) {
	d, err := parseDecimal(m.text)
	if err != nil || m.kind != valueNumber || d.neg || d.isZero() {
		return none, false, refuse(r.v, "multipleOf", "%s is no number above 0", m.text)
	}
	n, err := strconv.ParseUint(strings.TrimLeft(d.whole+d.frac, "0"), 10, 64)
	if err != nil || n > maxModulus {
		return none, false, refuse(r.v, "multipleOf", "%s has too many digits", m.text)
	}
	x := r.s.x
	e = x.concat(x.optional(x.byte('-')), x.multiple(n, len(d.frac)))
	return e, n*uint64(max(len(d.frac), 1)) > provenModulus, nil
}

// count reads a keyword that is a number of things; missing is what it is if it
// is not there.
func (r *reader) count(keyword string, missing int) (int, error) {
	v := r.v.get(keyword)
	if v == nil {
		return missing, nil
	}
	d, err := parseDecimal(v.text)
	if v.kind != valueNumber || err != nil || d.frac != "" || d.neg && !d.isZero() {
		return 0, refuse(r.v, keyword, "is no whole number from 0 on")
	}
	if len(d.whole) > 9 {
		if keyword[:3] == "max" {
			return missing, nil // nothing is as long
		}
		return 0, refuse(r.v, keyword, "%s is too large", v.text)
	}
	return strconv.Atoi(d.whole)
}

// length returns the texts of the lengths that minLength and maxLength allow.
func (r *reader) length() (expr, error) {
	lo, err := r.count("minLength", 0)
	if err != nil {
		return none, err
	}
	hi, err := r.count("maxLength", unbounded)
	switch {
	case err != nil:
		return none, err
	case hi >= 0 && hi < lo && r.onlyType("string"):
		return none, refuse(r.v, "minLength", "%d is more than maxLength %d", lo, hi)
	case hi >= 0 && hi < lo:
		return none, nil
	case lo == 0 && hi < 0:
		return r.s.text, nil
	}
	return r.s.x.repeat(jsonText{}.set(r.s.x, anyRune), lo, hi), nil
}

func (r *reader) readString() error {
	s := r.s
	text, err := r.length()
	if err != nil {
		return err
	}
	if p := r.v.get("pattern"); p != nil {
		e, err := s.search("pattern", r.v, p)
		if err != nil {
			return err
		}
		text = s.meet(text, e, s.text)
	}
	if f := r.v.get("format"); f != nil && f.kind == valueString {
		e, err := s.format(f.text)
		if err != nil {
			return refuse(r.v, "format", "%v", err)
		}
		text = s.meet(text, e, s.text)
	}
	if text == s.text {
		return nil
	}
	a := s.others("string")
	a.scalars.text = text
	return r.meet("pattern, format or length", a, nil)
}

// search returns the texts, as they stand between quotes, in which the pattern p
// is found.
func (s *schemas) search(keyword string, at, p *value) (expr, error) {
	if p.kind != valueString {
		return none, refuse(at, keyword, "is no string")
	}
	return s.searchText(keyword, at, p.text)
}

func (s *schemas) searchText(keyword string, at *value, text string) (expr, error) {
	if e, ok := s.parsed[text]; ok {
		return e, nil
	}
	p, err := parsePattern(text)
	if err != nil {
		return none, refuse(at, keyword, "%v", err)
	}
	e, err := s.x.search2(p, jsonText{})
	if err != nil {
		return none, refuse(at, keyword, "%v", err)
	}
	s.parsed[text] = e
	return e, nil
}
