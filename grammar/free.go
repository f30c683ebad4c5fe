package grammar

// A freedom is how many characters may follow, whichever they are: small letters,
// letters, safe characters.
type freedom [levelSafe]int32

// The classes of characters that the parts of a [Vocab] are made of, each with
// those before it.
const (
	levelNone  = iota
	levelSmall // a to z
	levelASCII // letters of ASCII
	levelSafe  // see safeRunes
)

// levelOf returns the largest class that s has all of.
func levelOf(s *byteSet) uint8 {
	const small = (1<<26 - 1) << ('a' - 64)
	const letters = small | (1<<26-1)<<('A'-64)
	switch {
	case s[1]&letters == letters:
		return levelASCII
	case s[1]&small == small:
		return levelSmall
	}
	return levelNone
}

func (f *freedom) raise(g freedom) {
	for i := range f {
		f[i] = max(f[i], g[i])
	}
}

// upTo returns the freedom of n characters of the classes up to level.
func upTo(level uint8, n int32) (f freedom) {
	for i := range level {
		f[i] = n
	}
	return f
}

// rounds returns the limit of a repeat as a number of characters.
func rounds(limit int32) int32 {
	if limit < 0 {
		return manySafe
	}
	return min(limit, manySafe)
}

// manySafe is what free returns for any number.
const manySafe = 1 << 20

// free returns how many characters may follow in texts of e. It may return less
// than the truth.
func (x *exprs) free(e expr) freedom {
	if f := x.nodes[e].free; f[0] >= 0 {
		return f
	}
	n := x.nodes[e]
	var f freedom
	switch {
	case n.level > 0:
		f = upTo(n.level, 1)
	case n.kind == kRepeat:
		f = upTo(x.nodes[n.args[0]].level, rounds(n.b))
	case n.kind == kConcat:
		if x.notEmpty(n.args[1]) {
			f = x.free(n.args[0])
		}
	case n.kind == kOr:
		for _, a := range n.args {
			f.raise(x.free(a))
		}
	case n.kind == kAnd:
		f = x.freeAnd(n.args)
	}
	x.nodes[e].free = f
	return f
}

// freeAnd is free of an And: texts without limit, but for a few short ones, go
// on after any characters.
func (x *exprs) freeAnd(args []expr) freedom {
	var f freedom
	long := 0
	for _, a := range args {
		if n := &x.nodes[a]; n.kind == kNot && !x.nodes[n.args[0]].infinite {
			continue
		}
		f = x.free(a)
		long++
	}
	if long != 1 {
		return freedom{}
	}
	for i := range f {
		if f[i] < manySafe {
			f[i] = 0
		}
	}
	return f
}
