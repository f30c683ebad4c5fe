package grammar

// notEmpty reports whether e matches any text, true if it cannot be found out
// within the budget.
func (x *exprs) notEmpty(e expr) bool {
	n := &x.nodes[e]
	if n.alive == 0 {
		alive := x.search(e)
		x.nodes[e].alive = alive
		return alive >= 0
	}
	return n.alive > 0
}

// search is notEmpty for an expression that is new.
func (x *exprs) search(e expr) int8 {
	n := x.nodes[e]
	if !n.negates || n.nullable {
		return 1
	}
	switch n.kind {
	case kConcat:
		if x.notEmpty(n.args[0]) && x.notEmpty(n.args[1]) {
			return 1
		}
		return -1
	case kOr:
		for _, a := range n.args {
			if x.notEmpty(a) {
				return 1
			}
		}
		return -1
	case kRepeat:
		if x.notEmpty(n.args[0]) {
			return 1
		}
		return -1
	case kAnd:
		if x.plainAnd(n.args) || x.isLarge(n.args) {
			return 1
		}
	}
	return x.explore(e)
}

// plainAnd reports whether args are one expression without And and Not that has
// texts of any length, and complements of some that have not.
func (x *exprs) plainAnd(args []expr) bool {
	long := 0
	for _, a := range args {
		switch n := &x.nodes[a]; {
		case n.kind == kNot && !x.nodes[n.args[0]].infinite:
		case n.infinite && !n.negates:
			long++
		default:
			return false
		}
	}
	return long == 1
}
