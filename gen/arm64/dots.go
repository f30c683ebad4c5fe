package arm64

import . "github.com/querent-ai/chord/gen/a64"

// A multiplier is how a tier multiplies four rows' quants with a token's: s +=
// Σ q·x, exactly.
type multiplier struct {
	f   *File
	t   format
	dot bool // with SDOT

	pairs []V // without: sums of int16, two rows each, and a second s
}

func newMultiplier(f *File, t format, dot bool) *multiplier {
	m := &multiplier{f: f, t: t, dot: dot}
	switch {
	case dot:
	case t.small():
		m.pairs = []V{f.V(), f.V()}
	default:
		m.pairs = []V{f.V(), f.V(), f.V()}
	}
	return m
}

// registers is how many registers a token's quants take.
func (m *multiplier) registers() int {
	if m.dot {
		return 2
	}
	return 8
}

// load loads a token's 32 quants into x, of as many registers, and moves p on.
func (m *multiplier) load(x []V, p R) {
	if m.dot {
		m.f.Ld1(x, p, Next)
		return
	}
	m.f.LdR(x[:4], S4, p, Next)
	m.f.LdR(x[4:], S4, p, Next)
}

// small says that eight products with each of four columns fit int16, and so
// do pairs of these sums: 8·16·127·2 = 32512.
func (t format) small() bool { return max(t.Most+t.offset, -t.Least-t.offset) <= 16 }

// add adds the products of q and x to s, of which init says whether it holds
// something already.
func (m *multiplier) add(s V, q, x []V, init bool) {
	if m.dot {
		if !init {
			m.f.Movi(s, 0)
		}
		for c, v := range q {
			m.f.DotLane("sdot", s, v, x[c/4], c%4)
		}
		return
	}
	m.half(0, s, q[:4], x[:4], init)
	m.half(1, s, q[4:], x[4:], init)
}

// half is add without SDOT for columns 16h to 16h+15; the second half completes
// s.
func (m *multiplier) half(h int, s V, q, x []V, init bool) {
	f := m.f
	a, b := m.pairs[0], m.pairs[1]
	if !m.t.small() {
		m.halfLarge(h, s, q, x, init)
		return
	}
	m.products(a, b, q, x, h > 0)
	if h == 1 {
		f.Addp(H8, a, a, b)
		f.Pair(map[bool]string{false: "saddlp", true: "sadalp"}[init], H8, s, a)
	}
}

// products sets a and b to the sums of products of two rows each, four sums a
// row, or adds to them.
func (m *multiplier) products(a, b V, q, x []V, more bool) {
	for c, v := range q {
		op := "smlal"
		if c == 0 && !more {
			op = "smull"
		}
		m.f.Long(op, B8, a, v, x[c])
		m.f.Long(op, B16, b, v, x[c])
	}
}

// halfLarge is half where only two products fit int16: 2·128·127 = 32512.
func (m *multiplier) halfLarge(h int, s V, q, x []V, init bool) {
	f := m.f
	a, b, high := m.pairs[0], m.pairs[1], m.pairs[2]
	if init {
		panic("arm64: large quants have no offset")
	}
	for c := 0; c < 4; c += 2 {
		m.products(a, b, q[c:c+2], x[c:c+2], false)
		op := "sadalp"
		if h+c == 0 {
			op = "saddlp"
		}
		f.Pair(op, H8, s, a)
		f.Pair(op, H8, high, b)
	}
	if h == 1 {
		f.Addp(S4, s, s, high)
	}
}
