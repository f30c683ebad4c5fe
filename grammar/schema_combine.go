package grammar

func (r *reader) readAll() error {
	all := r.v.get("allOf")
	if all == nil {
		return nil
	}
	for _, v := range all.items {
		a, err := r.s.shape(r.s.schemaConj(v))
		if err := r.meet("allOf", a, err); err != nil {
			return err
		}
	}
	return nil
}

// branches returns the shapes of a list of schemas, each as far as the schema
// itself allows it.
func (r *reader) branches(keyword string) ([]shape, error) {
	list := r.v.get(keyword)
	if list == nil {
		return nil, nil
	}
	if list.kind != valueArray || len(list.items) == 0 {
		return nil, refuse(r.v, keyword, "is no array of schemas")
	}
	var out []shape
	for _, v := range list.items {
		r.s.step()
		a, err := r.s.shape(r.s.schemaConj(v))
		if err == nil {
			a, err = r.s.and(r.shape, a)
			if err != nil {
				err = refuse(r.v, keyword, "%v", err)
			}
		}
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

func (r *reader) readAny() error {
	list, err := r.branches("anyOf")
	if list == nil || err != nil {
		return err
	}
	var a shape
	for _, b := range list {
		a = r.s.or(a, b)
	}
	return r.replace("anyOf", a)
}

// replace sets the values, which are some of those before.
func (r *reader) replace(keyword string, a shape) error {
	if len(a.arrays) > maxShapes || len(a.objects) > maxShapes {
		return refuse(r.v, keyword, "more than %d branches", maxShapes)
	}
	r.shape = a
	return nil
}

// readOne reads oneOf: the values of every branch without those of the others.
func (r *reader) readOne() error {
	list, err := r.branches("oneOf")
	if list == nil || err != nil {
		return err
	}
	var all shape
	for i, a := range list {
		for j, b := range list {
			if i == j {
				continue
			}
			if a, err = r.s.minus(a, b); err != nil {
				return refuse(r.v, "oneOf", "branches %d and %d cannot be told apart: %v", i, j, err)
			}
		}
		all = r.s.or(all, a)
	}
	return r.replace("oneOf", all)
}

// minus returns the values of a that are not in b.
func (s *schemas) minus(a, b shape) (shape, error) {
	common := shape{scalars: b.scalars} // what of b may be in a
	if !s.overlap(a.scalars, b.scalars) {
		common.scalars = scalars{}
	}
	for _, y := range b.arrays {
		for _, x := range a.arrays {
			if z := andArrays(x, y); !s.isEmptyArray(z) {
				common.arrays = append(common.arrays, y)
				break
			}
		}
	}
	for _, y := range b.objects {
		for _, x := range a.objects {
			z, err := s.andObjects(x, y)
			if err != nil {
				return a, err
			}
			if !s.isEmptyObject(z) {
				common.objects = append(common.objects, y)
				break
			}
		}
	}
	if common.isNone() {
		return a, nil
	}
	n, err := s.not(common)
	if err != nil {
		return a, err
	}
	out, err := s.and(a, n)
	return s.prune(out), err
}

// overlap reports whether some value may be in both.
func (s *schemas) overlap(a, b scalars) bool {
	if a.null && b.null || a.no && b.no || a.yes && b.yes {
		return true
	}
	if a.number != none && b.number != none && s.x.notEmpty(s.meet(s.allForms(a), s.allForms(b), s.num.any)) {
		return true
	}
	return a.text != none && b.text != none && s.x.notEmpty(s.meet(a.text, b.text, s.text))
}

func (a *shape) isNone() bool {
	return a.scalars == scalars{} && len(a.arrays) == 0 && len(a.objects) == 0
}

// prune drops the arrays and objects that have no value.
func (s *schemas) prune(a shape) shape {
	out := shape{scalars: a.scalars}
	for _, y := range a.arrays {
		if !s.isEmptyArray(y) {
			out.arrays = append(out.arrays, y)
		}
	}
	for _, y := range a.objects {
		if !s.isEmptyObject(y) {
			out.objects = append(out.objects, y)
		}
	}
	return out
}

func (r *reader) readNot() error {
	v := r.v.get("not")
	if v == nil {
		return nil
	}
	a, err := r.s.shape(r.s.schemaConj(v))
	if err != nil {
		return err
	}
	a, err = r.s.minus(r.shape, a)
	if err != nil {
		return refuse(r.v, "not", "%v", err)
	}
	return r.replace("not", a)
}

// readIf reads if, then and else: the values that match both if and then, and those
// that match else but not if.
func (r *reader) readIf() error {
	cond, then, other := r.v.get("if"), r.v.get("then"), r.v.get("else")
	if cond == nil || then == nil && other == nil {
		return nil
	}
	s := r.s
	yes, err := s.shape(s.schemaConj(cond))
	if err != nil {
		return err
	}
	no, err := s.minus(r.shape, yes)
	if err != nil {
		return refuse(r.v, "if", "%v", err)
	}
	if yes, err = s.and(r.shape, yes); err != nil {
		return refuse(r.v, "if", "%v", err)
	}
	parts := [2]shape{yes, no}
	for i, v := range []*value{then, other} {
		a, err := s.shape(s.schemaConj(v))
		if err == nil {
			parts[i], err = s.and(parts[i], a)
		}
		if err != nil {
			return err
		}
	}
	return r.replace("if", s.or(s.prune(parts[0]), s.prune(parts[1])))
}
