package a64

import "fmt"

// find returns an instruction's bits for lanes of the arrangement a.
func find(table map[string]code, op string, a Arr) uint32 {
	c, ok := table[op]
	if !ok {
		panic("a64: no such instruction here: " + op)
	}
	bits := c.bits | a.q()<<30
	switch {
	case !c.float:
		return bits | a.size()<<22
	case a.size() != 2 && op != "not":
		panic("a64: " + op + " has lanes of 32 bits")
	}
	return bits
}

// word prints an instruction's word and what it is.
func (f *File) word(bits uint32, format string, args ...any) {
	fmt.Fprintf(&f.text, "\tWORD    $0x%08x // %s\n", bits, fmt.Sprintf(format, args...))
}

// registers are the fields of up to three registers.
func registers(d, n, m V) uint32 { return uint32(d) | uint32(n)<<5 | uint32(m)<<16 }

// wider is the arrangement with lanes twice as wide, of 16 bytes.
func (a Arr) wider() Arr { return a&3 + 1 | 4 }

// half is 2 for the instructions that work on high halves.
func (a Arr) half() string { return map[uint32]string{0: "", 1: "2"}[a.q()] }

// Same is d = n op m, lane by lane: mul, mla, mls, smax, smin, umax, umin,
// smaxp, umaxp, sshl, ushl, cmgt, cmge, cmhi, cmhs, sqadd, sqsub, uqsub, and of
// floats fadd, fsub, fmul, fdiv, fmax, fmin, fmaxnm, fminnm, faddp, fmaxp,
// fcmgt, fcmge, fcmeq.
func (f *File) Same(op string, a Arr, d, n, m V) {
	f.word(find(sames, op, a)|registers(d, n, m), "%s v%d.%s, v%d.%s, v%d.%s", op, d, a.gnu(), n, a.gnu(), m, a.gnu())
}

// One is d = op n, lane by lane: abs, neg, not (bytes), and of floats fabs,
// fneg, fsqrt, scvtf, ucvtf, fcvtns, fcvtzs, frintn; cmltz, fcmltz and fcmgtz
// compare with 0.
func (f *File) One(op string, a Arr, d, n V) {
	bits := find(ones, op, a) | registers(d, n, 0)
	switch op {
	case "cmltz", "fcmltz", "fcmgtz":
		zero := map[bool]string{true: "#0.0", false: "#0"}[op[0] == 'f']
		f.word(bits, "%s v%d.%s, v%d.%s, %s", op[:len(op)-1], d, a.gnu(), n, a.gnu(), zero)
	default:
		f.word(bits, "%s v%d.%s, v%d.%s", op, d, a.gnu(), n, a.gnu())
	}
}

// Pair is saddlp, uaddlp (d = sums of n's neighbours) or sadalp, uadalp (d +=
// them); a is n's.
func (f *File) Pair(op string, a Arr, d, n V) {
	wide := (a&3 + 1) | a&4
	f.word(find(pairs, op, a)|registers(d, n, 0), "%s v%d.%s, v%d.%s", op, d, wide.gnu(), n, a.gnu())
}

// Long is smull, smlal, smlsl, umull, umlal, saddl or ssubl of n's and m's low
// halves (a of 8 bytes) or high halves (a of 16).
func (f *File) Long(op string, a Arr, d, n, m V) {
	f.word(find(longs, op, a)|registers(d, n, m), "%s%s v%d.%s, v%d.%s, v%d.%s", op, a.half(), d, a.wider().gnu(), n, a.gnu(), m, a.gnu())
}

// Wide is saddw or uaddw: d = n + m, m's lanes half as wide and of arrangement
// a, as in Long.
func (f *File) Wide(op string, a Arr, d, n, m V) {
	w := a.wider().gnu()
	f.word(find(wides, op, a)|registers(d, n, m), "%s%s v%d.%s, v%d.%s, v%d.%s", op, a.half(), d, w, n, w, m, a.gnu())
}

// Narrow is xtn, sqxtn, sqxtun or uqxtn of n to d's low half (a, which is d's,
// of 8 bytes) or high half (a of 16).
func (f *File) Narrow(op string, a Arr, d, n V) {
	f.word(find(narrows, op, a)|registers(d, n, 0), "%s%s v%d.%s, v%d.%s", op, a.half(), d, a.gnu(), n, a.wider().gnu())
}

// laneOf are the fields that choose lane i of m, lanes of size 1 (only V0 to
// V15) or 2.
func laneOf(size uint32, m V, i int) uint32 {
	n := uint32(i)
	switch {
	case size == 2 && i < 4:
		return uint32(m)<<16 | n&1<<21 | n>>1<<11
	case size == 1 && i < 8 && m < 16:
		return uint32(m)<<16 | n&1<<20 | n>>1&1<<21 | n>>2<<11
	}
	panic(fmt.Sprintf("a64: no instruction takes lane %d of V%d", i, m))
}

// Lane is d = n op m[i]: fmul, mul, mla or mls, of H or S lanes.
func (f *File) Lane(op string, a Arr, d, n, m V, i int) {
	c := a.golang()[0] + 'a' - 'A'
	f.word(find(lanes, op, a)|registers(d, n, 0)|laneOf(a.size(), m, i),
		"%s v%d.%s, v%d.%s, v%d.%c[%d]", op, d, a.gnu(), n, a.gnu(), m, c, i)
}

// LaneLong is smull or smlal with lane i of m; a is n's, as in Long.
func (f *File) LaneLong(op string, a Arr, d, n, m V, i int) {
	c := a.golang()[0] + 'a' - 'A'
	f.word(find(laneLongs, op, a)|registers(d, n, 0)|laneOf(a.size(), m, i),
		"%s%s v%d.%s, v%d.%s, v%d.%c[%d]", op, a.half(), d, a.wider().gnu(), n, a.gnu(), m, c, i)
}

// immediate is the field of a shift by a constant: of 2·bits-by for shifts to
// the right, bits+by for those to the left.
func immediate(a Arr, by int, right bool) uint32 {
	bits := 8 << a.size()
	if by < 0 || by > bits || by == bits && !right || by == 0 && right {
		panic(fmt.Sprintf("a64: shift of %s by %d", a.gnu(), by))
	}
	if right {
		by = -by + bits
	}
	return uint32(bits+by) << 16
}

// shiftBits are the bits of a shift, without a size of lanes.
func shiftBits(table map[string]code, op string, a Arr) uint32 {
	return find(table, op, a) &^ (3 << 22)
}

// Right is sshr, ssra, srshr or urshr by a constant, Ushr is Go's own; scvtf is
// the float32 of n / 2**by.
func (f *File) Right(op string, a Arr, d, n V, by int) {
	f.word(shiftBits(rights, op, a)|immediate(a, by, true)|registers(d, n, 0),
		"%s v%d.%s, v%d.%s, #%d", op, d, a.gnu(), n, a.gnu(), by)
}

// LongLeft is sshll or ushll: n's low half (a of 8 bytes) or high half (of 16)
// with lanes twice as wide, shifted by a constant or 0.
func (f *File) LongLeft(op string, a Arr, d, n V, by int) {
	f.word(shiftBits(longLefts, op, a)|immediate(a, by, false)|registers(d, n, 0),
		"%s%s v%d.%s, v%d.%s, #%d", op, a.half(), d, a.wider().gnu(), n, a.gnu(), by)
}

// NarrowRight is shrn, rshrn or sqshrn by a constant; a is d's, as in Narrow.
func (f *File) NarrowRight(op string, a Arr, d, n V, by int) {
	f.word(shiftBits(narrowRights, op, a)|immediate(a, by, true)|registers(d, n, 0),
		"%s%s v%d.%s, v%d.%s, #%d", op, a.half(), d, a.gnu(), n, a.wider().gnu(), by)
}

// Across is addv, smaxv, umaxv, sminv or fmaxv of all lanes of n into the
// lowest of d.
func (f *File) Across(op string, a Arr, d, n V) {
	f.word(find(acrosses, op, a)|registers(d, n, 0), "%s %c%d, v%d.%s", op, a.golang()[0]+'a'-'A', d, n, a.gnu())
}

// Fcvtl is four f16 of n as float32: the low ones, or (Fcvtl2) the high ones.
func (f *File) Fcvtl(d, n V)  { f.word(0x0e217800|registers(d, n, 0), "fcvtl v%d.4s, v%d.4h", d, n) }
func (f *File) Fcvtl2(d, n V) { f.word(0x4e217800|registers(d, n, 0), "fcvtl2 v%d.4s, v%d.8h", d, n) }

// Fcvtn is four float32 as f16, rounded to even, in d's low half; Fcvtn2 sets
// the high half.
func (f *File) Fcvtn(d, n V)  { f.word(0x0e216800|registers(d, n, 0), "fcvtn v%d.4h, v%d.4s", d, n) }
func (f *File) Fcvtn2(d, n V) { f.word(0x4e216800|registers(d, n, 0), "fcvtn2 v%d.8h, v%d.4s", d, n) }

// Dot is sdot, udot or usdot: d[i] += Σ n[4i+j]·m[4i+j] of 16 bytes.
func (f *File) Dot(op string, d, n, m V) {
	f.word(find(dots, op, S4)|registers(d, n, m), "%s v%d.4s, v%d.16b, v%d.16b", op, d, n, m)
}

// DotLane is sdot or udot with one dword: d[i] += Σ n[4i+j]·m[4·lane+j].
func (f *File) DotLane(op string, d, n, m V, lane int) {
	f.word(find(laneDots, op, S4)|registers(d, n, 0)|laneOf(2, m, lane), "%s v%d.4s, v%d.16b, v%d.4b[%d]", op, d, n, m, lane)
}

// Mmla is smmla, ummla or usmmla: d[2i+j] += Σ n[8i+k]·m[8j+k].
func (f *File) Mmla(op string, d, n, m V) {
	f.word(find(mmlas, op, S4)|registers(d, n, m), "%s v%d.4s, v%d.16b, v%d.16b", op, d, n, m)
}

// Float32 lanes, four of them: d = n op m.

func (f *File) Fadd(d, n, m V) { f.Same("fadd", S4, d, n, m) }
func (f *File) Fsub(d, n, m V) { f.Same("fsub", S4, d, n, m) }
func (f *File) Fmul(d, n, m V) { f.Same("fmul", S4, d, n, m) }
func (f *File) Fdiv(d, n, m V) { f.Same("fdiv", S4, d, n, m) }

// FmulLane is d = n * m[i].
func (f *File) FmulLane(d, n, m V, i int) { f.Lane("fmul", S4, d, n, m, i) }

// Scvtf is the float32 of int32 lanes, Fcvtns the int32 of float32, rounded to
// even.
func (f *File) Scvtf(d, n V)  { f.One("scvtf", S4, d, n) }
func (f *File) Fcvtns(d, n V) { f.One("fcvtns", S4, d, n) }
