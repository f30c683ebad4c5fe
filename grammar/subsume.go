package grammar

import "slices"

// maxSubsume bounds the alternatives that are compared with one another.
const maxSubsume = 40

// subsume drops alternatives that others contain as far as their form shows it:
// those that end in another that begins with any text, and those of repeats with
// fewer rounds left. Without it nested counted repeats
// make as many alternatives as there are ways to count.
func (x *exprs) subsume(list []expr) []expr {
	for _, a := range list {
		if n := &x.nodes[a]; len(list) > 1 && n.kind == kConcat && slices.Contains(x.all, n.args[0]) {
			list = slices.DeleteFunc(list, func(b expr) bool { return b != a && x.endsIn(b, a) })
			break
		}
	}
	if len(list) < 2 || len(list) > maxSubsume || !x.nodes[list[0]].counted && !x.nodes[list[1]].counted {
		return list
	}
	for i := 0; i < len(list); i++ {
		for j := 0; j < len(list); j++ {
			if i != j && x.nodes[list[j]].counted && x.contains(list[j], list[i], 8) {
				list = slices.Delete(list, i, i+1)
				i--
				break
			}
		}
	}
	return list
}

// endsIn reports whether b is something and then a. If a begins with any text, it
// contains b.
func (x *exprs) endsIn(b, a expr) bool {
	for b != a {
		n := &x.nodes[b]
		if n.kind != kConcat {
			return false
		}
		b = n.args[1]
	}
	return true
}

// contains reports whether the form of a and b shows that a matches all that b
// does, looking depth parts deep.
func (x *exprs) contains(a, b expr, depth int) bool {
	if a == b {
		return true
	}
	if depth == 0 {
		return false
	}
	m, n := &x.nodes[a], &x.nodes[b]
	switch {
	case m.kind == kConcat && n.kind == kConcat:
		if x.contains(m.args[0], n.args[0], depth-1) && x.contains(m.args[1], n.args[1], depth-1) {
			return true
		}
	case m.kind == kRepeat && n.kind == kRepeat && m.args[0] == n.args[0]:
		return m.a <= n.a && (m.b < 0 || n.b >= 0 && n.b <= m.b)
	}
	// what a may begin with can be left out
	return m.kind == kConcat && x.nodes[m.args[0]].nullable && x.contains(m.args[1], b, depth-1)
}
