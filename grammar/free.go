package grammar

// manySafe is what free returns for any number.
const manySafe = 1 << 20

// free returns how many safe characters may follow, whichever they are, in
// texts of e: see safeRune. It may return less than the truth.
func (x *exprs) free(e expr) int32 {
	if f := x.nodes[e].free; f >= 0 {
		return f
	}
	n := x.nodes[e]
	var f int32
	switch {
	case n.safe:
		f = 1
	case n.kind == kRepeat && x.nodes[n.args[0]].safe:
		f = n.b
		if f < 0 {
			f = manySafe
		}
	case n.kind == kConcat:
		f = x.free(n.args[0])
		if !x.notEmpty(n.args[1]) {
			f = 0
		}
	case n.kind == kOr:
		for _, a := range n.args {
			f = max(f, x.free(a))
		}
	case n.kind == kAnd:
		f = x.freeAnd(n.args)
	}
	x.nodes[e].free = f
	return f
}

// freeAnd is free of an And: texts without limit, but for a few short ones, go
// on after any characters.
func (x *exprs) freeAnd(args []expr) int32 {
	long := 0
	for _, a := range args {
		switch n := &x.nodes[a]; {
		case n.kind == kNot && !x.nodes[n.args[0]].infinite:
		case x.free(a) == manySafe:
			long++
		default:
			return 0
		}
	}
	if long != 1 {
		return 0
	}
	return manySafe
}
