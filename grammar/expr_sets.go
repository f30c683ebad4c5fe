package grammar

import "slices"

// or returns the expression of the texts that any of list matches. Beside any
// text, in the sense of an encoder, there is nothing else.
func (x *exprs) or(list ...expr) expr {
	args := x.flatten(kOr, list)
	var bytes byteSet
	sets, out := 0, args[:0]
	for _, e := range args {
		n := &x.nodes[e]
		switch {
		case e == none:
		case n.kind == kSet:
			sets++
			bytes.union(&x.sets[n.a])
		case x.isAll(e) || slices.Contains(x.all, e):
			return e
		default:
			out = append(out, e)
		}
	}
	if sets > 0 {
		out = append(out, x.set(bytes))
	}
	if len(out) > 1 && out[0] == eps {
		for _, e := range out[1:] {
			if x.nodes[e].nullable {
				out = out[1:]
				break
			}
		}
	}
	return x.combine(kOr, x.subsume(out))
}

// and returns the expression of the texts that all of list match.
func (x *exprs) and(list ...expr) expr {
	args := x.flatten(kAnd, list)
	var bytes *byteSet
	out := args[:0]
	for _, e := range args {
		n := &x.nodes[e]
		switch {
		case e == none:
			return none
		case n.kind == kSet && bytes == nil:
			s := x.sets[n.a]
			bytes = &s
		case n.kind == kSet:
			for i := range bytes {
				bytes[i] &= x.sets[n.a][i]
			}
		case x.isAll(e):
		default:
			out = append(out, e)
		}
	}
	if bytes != nil {
		e := x.set(*bytes)
		if e == none {
			return none
		}
		out = append(out, e)
	}
	return x.and2(out)
}

// and2 is and after the sets are merged: the empty text and complements of a
// part of the list make it short.
func (x *exprs) and2(out []expr) expr {
	if len(out) == 0 {
		return x.not(none)
	}
	slices.Sort(out)
	if out[0] == eps {
		for _, e := range out[1:] {
			if !x.nodes[e].nullable {
				return none
			}
		}
		return eps
	}
	for _, e := range out {
		if n := &x.nodes[e]; n.kind == kNot && (slices.Contains(out, n.args[0]) || slices.Contains(x.all, n.args[0])) {
			return none
		}
	}
	return x.combine(kAnd, out)
}

// flatten returns the elements of list, with those of kind k replaced by their
// own, sorted and without doubles.
func (x *exprs) flatten(k kind, list []expr) []expr {
	args := make([]expr, 0, len(list))
	for _, e := range list {
		if n := &x.nodes[e]; n.kind == k {
			args = append(args, n.args...)
		} else {
			args = append(args, e)
		}
	}
	slices.Sort(args)
	return slices.Compact(args)
}

func (x *exprs) combine(k kind, args []expr) expr {
	slices.Sort(args)
	args = slices.Compact(args)
	switch len(args) {
	case 0:
		return none
	case 1:
		return args[0]
	}
	n := node{kind: k, args: args, nullable: k == kAnd, negates: k == kAnd}
	for _, e := range args {
		m := &x.nodes[e]
		if k == kOr {
			n.nullable = n.nullable || m.nullable
			n.infinite = n.infinite || m.infinite
			n.level = max(n.level, m.level)
		} else {
			n.nullable = n.nullable && m.nullable
		}
		n.negates = n.negates || m.negates
		n.counted = n.counted || m.counted
	}
	if k == kAnd {
		n.infinite = !slices.ContainsFunc(args, func(e expr) bool { return !x.nodes[e].infinite })
	}
	return x.intern(n)
}

// anyText returns the expression of any text as enc writes it.
func (x *exprs) anyText(enc encoder) expr {
	e := x.star(enc.set(x, anyRune))
	if !slices.Contains(x.all, e) {
		x.all = append(x.all, e)
	}
	return e
}

// not returns the expression of the texts that e does not match.
func (x *exprs) not(e expr) expr {
	n := &x.nodes[e]
	if n.kind == kNot {
		return n.args[0]
	}
	return x.intern(node{kind: kNot, nullable: !n.nullable, negates: true, infinite: true, args: []expr{e}})
}

// isAll reports whether e is the complement of nothing.
func (x *exprs) isAll(e expr) bool {
	n := &x.nodes[e]
	return n.kind == kNot && n.args[0] == none
}

// without returns the texts of a that b does not match.
func (x *exprs) without(a, b expr) expr {
	if b == none {
		return a
	}
	return x.and(a, x.not(b))
}

// literals returns the expression of the given texts as a tree, each character
// written by enc.
func (x *exprs) literals(texts []string, enc encoder) expr {
	runes := make([][]rune, len(texts))
	for i, s := range texts {
		runes[i] = []rune(s)
	}
	slices.SortFunc(runes, slices.Compare[[]rune])
	return x.literalTree(slices.CompactFunc(runes, slices.Equal[[]rune]), 0, enc)
}

// literalTree is literals of sorted texts, from character number at on.
func (x *exprs) literalTree(texts [][]rune, at int, enc encoder) expr {
	var alts []expr
	if len(texts) > 0 && len(texts[0]) == at {
		alts = append(alts, eps)
		texts = texts[1:]
	}
	for len(texts) > 0 {
		c, n := texts[0][at], 1
		for n < len(texts) && texts[n][at] == c {
			n++
		}
		alts = append(alts, x.concat(enc.rune(x, c), x.literalTree(texts[:n], at+1, enc)))
		texts = texts[n:]
	}
	return x.or(alts...)
}
