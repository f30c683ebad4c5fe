package grammar

// exploreLimit is how many expressions explore looks at.
const exploreLimit = 4000

// explore looks for a text of e, an expression with complements, breadth first
// over its derivatives: 1 if there is one, -1 if there is none, and 1 as well
// when the limit is reached, which every caller that must know asks about
// through provenEmpty.
func (x *exprs) explore(e expr) int8 {
	parent := map[expr]expr{e: none}
	queue := []expr{e}
	for i := 0; i < len(queue) && len(queue) < exploreLimit; i++ {
		at := queue[i]
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
	if len(queue) >= exploreLimit {
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
	var sets []byteSet
	seen := map[expr]bool{}
	var walk func(expr)
	walk = func(e expr) {
		if seen[e] {
			return
		}
		seen[e] = true
		n := &x.nodes[e]
		switch n.kind {
		case kSet:
			sets = append(sets, x.sets[n.a])
		case kMod:
			for b := byte('0'); b <= '9'; b++ {
				var s byteSet
				s.add(b)
				sets = append(sets, s)
			}
			var s byteSet
			s.add('.')
			sets = append(sets, s)
		}
		for _, a := range n.args {
			walk(a)
		}
	}
	walk(e)
	_, reps := partition(sets)
	return reps
}

// partition returns the class of each byte, bytes that no set tells apart have
// one class, and a byte of each class, by its number.
func partition(sets []byteSet) (classes [256]uint8, reps []byte) {
	count := 1
	for _, s := range sets {
		var split [256]int
		for i := range split {
			split[i] = -1
		}
		var in, out [256]bool
		for b := range 256 {
			if s.has(byte(b)) {
				in[classes[b]] = true
			} else {
				out[classes[b]] = true
			}
		}
		for b := range 256 {
			c := classes[b]
			if !s.has(byte(b)) || !in[c] || !out[c] {
				continue
			}
			if split[c] < 0 {
				split[c] = count
				count++
			}
			classes[b] = uint8(split[c])
		}
		if count == 256 {
			break
		}
	}
	reps = make([]byte, count)
	for b := 255; b >= 0; b-- {
		reps[classes[b]] = byte(b)
	}
	return classes, reps
}
