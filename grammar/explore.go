package grammar

import "math/bits"

// exploreLimit is how many expressions explore looks at for one question,
// exploreTotal for all of a grammar.
const (
	exploreLimit = 12_000
	exploreTotal = 30_000
)

// explore looks for a text of e, an expression with complements, breadth first
// over its derivatives: 1 if there is one, -1 if there is none, and 1 as well
// when the limit is reached.
func (x *exprs) explore(e expr) int8 {
	parent := map[expr]expr{e: none}
	queue := []expr{e}
	for i := 0; i < len(queue) && len(queue) < exploreLimit && x.explored < exploreTotal; i++ {
		at := queue[i]
		x.explored++
		f := x.first(at)
		for _, b := range x.representatives(at) {
			if !f.has(b) {
				continue
			}
			d := x.derive(at, b)
			if _, seen := parent[d]; seen || d == none || x.nodes[d].alive < 0 {
				continue
			}
			parent[d] = at
			if n := &x.nodes[d]; n.alive > 0 || n.nullable || !n.negates || n.kind == kAnd && x.plainAnd(n.args) {
				for ; d != none; d = parent[d] {
					x.nodes[d].alive = 1
				}
				return 1
			}
			queue = append(queue, d)
		}
	}
	if len(queue) >= exploreLimit || x.explored >= exploreTotal {
		x.budget.unsure = true
		return 1
	}
	for _, d := range queue {
		x.nodes[d].alive = -1
	}
	return -1
}

// disjoint reports whether no text is in both a and b, false if that is not
// proven.
func (x *exprs) disjoint(a, b expr) bool { return !x.notEmpty(x.and(a, b)) }

// matches reports whether e matches the text s.
func (x *exprs) matches(e expr, s string) bool {
	for i := 0; i < len(s); i++ {
		if e = x.derive(e, s[i]); e == none {
			return false
		}
	}
	return x.nodes[e].nullable
}

// representatives returns one byte of each class of bytes that e and the
// expressions in it do not tell apart.
func (x *exprs) representatives(e expr) []byte {
	x.visit++
	for len(x.visited) < len(x.nodes) {
		x.visited = append(x.visited, 0)
	}
	parts := append(x.parts[:0], byteSet{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)})
	parts = x.split(parts, e)
	x.parts = parts
	reps := make([]byte, len(parts))
	for i := range parts {
		reps[i] = parts[i].lowest()
	}
	return reps
}

// split splits parts by all sets in e.
func (x *exprs) split(parts []byteSet, e expr) []byteSet {
	if x.visited[e] == x.visit {
		return parts
	}
	x.visited[e] = x.visit
	n := &x.nodes[e]
	switch n.kind {
	case kSet:
		return splitBy(parts, x.sets[n.a])
	case kMod:
		return splitDigits(parts)
	}
	for _, a := range n.args {
		parts = x.split(parts, a)
	}
	return parts
}

// splitDigits splits parts by what a modulus tells apart.
func splitDigits(parts []byteSet) []byteSet {
	for _, c := range "0123456789." {
		var s byteSet
		s.add(byte(c))
		parts = splitBy(parts, s)
	}
	return parts
}

// splitBy splits every part that s has some of into that and the rest.
func splitBy(parts []byteSet, s byteSet) []byteSet {
	for i := range len(parts) {
		var in, out byteSet
		for w := range s {
			in[w], out[w] = parts[i][w]&s[w], parts[i][w]&^s[w]
		}
		if in != (byteSet{}) && out != (byteSet{}) {
			parts[i] = in
			parts = append(parts, out)
		}
	}
	return parts
}

// lowest returns the first byte of s.
func (s *byteSet) lowest() byte {
	for i, w := range s {
		if w != 0 {
			return byte(64*i + bits.TrailingZeros64(w))
		}
	}
	return 0
}
