package arm64

import . "github.com/querent-ai/chord/gen/a64"

// rows4 takes blocks of four rows apart.
type rows4 struct {
	f *File
	t format

	// Constants: of nibbles, of fifth bits, of e8m0.
	mask, table V
	spread, low V
	one         V
	loose       []V // registers of constants that are not kept,
	data        []uint32
	constants   R // and where they are

	w    R // the block
	part int

	scales4 V // four scales a row, of which each is of sixteen columns

	// Where walk is set there is one g, w is where its quants are, and loading them
	// moves it to those of the next block.
	walk           bool
	scales, minima R // from w to the rows' scales and minima
	step, last     R // from chunk to chunk, and from the last one on
}

// newRows4 loads the constants that blocks of t need. If loose registers are
// given most are not kept but loaded to these by refresh.
func newRows4(f *File, t format, loose ...V) *rows4 {
	r := &rows4{f: f, t: t, loose: loose}
	switch {
	case t.Width("d") == 1:
		r.one = r.constant("one", 1)
	case t.Halves():
		r.scales4 = f.V()
	}
	switch {
	case t.FifthBits():
		r.spread = r.constant("spread", 0, 0x04040404, 0x08080808, 0x0c0c0c0c)
		r.low = r.constant("low", 0x08040201)
	case t.Values != nil || t.Minima():
		r.mask = r.constant("nibbles", 0x0f0f0f0f)
	case t.Bits > 0:
		r.mask = f.V()
		f.Movi(r.mask, uint8(t.Bits+1))
	case t.Chunks() == 4:
		r.mask = f.V()
		f.Movi(r.mask, 15)
	}
	if t.Values != nil {
		var d [4]uint32
		for i, v := range t.Values {
			d[i/4] |= uint32(byte(v)) << (8 * (i % 4))
		}
		r.table = r.constant("values", d[:]...)
	}
	if len(r.data) > 0 {
		r.constants = f.Addr(f.Data("constants", r.data...))
	}
	return r
}

// constant returns the register of a constant of one or four dwords.
func (r *rows4) constant(name string, v ...uint32) V {
	if r.loose == nil {
		return r.f.Splat(name, v...)
	}
	i := len(r.data) / 4
	for k := range 4 {
		r.data = append(r.data, v[k%len(v)])
	}
	return r.loose[i]
}

// refresh loads the constants that are not kept.
func (r *rows4) refresh() {
	if len(r.data) > 0 {
		r.f.Ld1(r.loose[:len(r.data)/4], r.constants, Stay)
	}
}

// at is a byte of the block, of rows 4g to 4g+3 in fields of 16 bytes.
func (r *rows4) at(off, g int) Mem {
	if r.walk {
		quants := r.t.At("qs")
		return r.w.At(off - quants)
	}
	return r.w.At(off + 16*g)
}

// load loads the quants of rows 4g to 4g+3 as they lie there. Walking, it comes
// after all other loads of the block.
func (r *rows4) load(g int, q []V) {
	for c := range r.t.Chunks() {
		r.chunk(g, c+r.part*r.t.Chunks(), q[c:c+1])
	}
}

// chunk loads dword c of rows 4g to 4g+3.
func (r *rows4) chunk(g, c int, q []V) {
	quants := r.t.At("qs")
	switch {
	case !r.walk:
		r.f.LdQ(q[0], r.at(quants+64*c, g))
	case c+1 < r.t.Dwords():
		r.f.Ld1(q, r.w, By(r.step))
	default:
		r.f.Ld1(q, r.w, By(r.last))
	}
}

// planes are the quants of a part of rows 4g to 4g+3, where a byte has several: 1
// too large, those of one bit twice that, since bits stand for 1 and -1.
func (r *rows4) planes(g int, q []V) {
	f, per := r.f, 8/r.t.Bits // planes of a dword
	for first := 0; first < 8; first += per {
		dwords := q[first+per-1]
		r.chunk(g, r.t.Plane(r.part, first).Dword, []V{dwords})
		for c := first; c < first+per; c++ {
			from, shift := dwords, r.t.Plane(r.part, c).Shift
			if r.t.Bits == 1 {
				shift--
			}
			switch {
			case shift > 0:
				f.Ushr(B16, q[c], dwords, shift)
				from = q[c]
			case shift < 0:
				f.Shl(B16, q[c], dwords, -shift)
				from = q[c]
			}
			f.And(q[c], from, r.mask)
		}
	}
}

// lookup is q = values[q], where there is a table.
func (r *rows4) lookup(q []V) {
	if r.t.Values == nil {
		return
	}
	for _, v := range q {
		r.f.Tbl(v, []V{r.table}, v)
	}
}

// quants loads rows 4g to 4g+3: q[c] has their columns 4c to 4c+3 as signed
// bytes. tmp are four registers.
func (r *rows4) quants(g int, q, tmp []V) {
	f := r.f
	switch {
	case r.t.Bits > 0:
		r.planes(g, q)
		return
	case r.t.Halves():
		r.quants16(g, q)
		return
	}
	if r.t.FifthBits() {
		f.LdQ(tmp[0], r.at(r.t.At("qh"), g))
	}
	r.load(g, q)
	if r.t.Chunks() == 8 {
		return
	}
	for c := range 4 {
		f.Ushr(B16, q[c+4], q[c], 4)
	}
	if r.t.FifthBits() {
		r.fifthBits(q, tmp)
		return
	}
	for c := range 4 {
		f.And(q[c], q[c], r.mask)
	}
	r.lookup(q)
}

// fifthBits makes nibbles, above which there may be anything, quants less 16:
// all upper bits are ones where the fifth, of those in tmp[0], is 0.
func (r *rows4) fifthBits(q, tmp []V) {
	f := r.f
	qh, e, low, high := tmp[0], tmp[1], tmp[2], tmp[3]
	f.One("not", B16, qh, qh)
	f.Shl(B16, high, r.low, 4)
	for j := range 4 {
		f.Tbl(e, []V{qh}, r.spread)
		f.Cmtst(B16, low, e, r.low)
		f.Cmtst(B16, e, e, high)
		f.Sli(B16, q[2*j], low, 4)
		f.Sli(B16, q[2*j+1], e, 4)
		if j < 3 {
			f.Ushr(S4, qh, qh, 8)
		}
	}
}

// scale loads the rows' scales as float32.
func (r *rows4) scale(g int, d, tmp V) {
	f := r.f
	if r.t.Width("d") == 2 {
		r.halves(0, r.scales, g, d)
		return
	}
	if r.walk {
		f.LdSX(d, r.w, r.scales)
	} else {
		f.LdS(d, r.w.At(4*g))
	}
	f.LongLeft("ushll", B8, d, d, 0)
	f.LongLeft("ushll", H4, d, d, 0)
	f.Same("umin", S4, tmp, d, r.one)
	f.Add(S4, tmp, tmp, r.one)
	f.Shl(S4, tmp, tmp, 21) // 2^-128 or 2^-127, no normal numbers
	f.Sub(S4, d, d, r.one)
	f.Shl(S4, d, d, 23) // 2^(e-128) for e > 1, else less
	f.Same("smax", S4, d, d, tmp)
}

// minimum loads the rows' minima as float32.
func (r *rows4) minimum(g int, d V) {
	r.halves(r.t.At("m"), r.minima, g, d)
}

// halves loads four f16 at byte off of the block.
func (r *rows4) halves(off int, index R, g int, d V) {
	if r.walk {
		r.f.LdDX(d, r.w, index)
	} else {
		r.f.LdD(d, r.w.At(off+8*g))
	}
	r.f.Fcvtl(d, d)
}
