package a64

import "fmt"

// Instructions that Go's assembler lacks are words, with GNU's syntax in the
// comment. Every one is a row of these tables; a test holds their bytes against
// GNU as.

// A code is the fixed bits of an instruction; float and dot instructions have a
// size of their own in it, others that of their lanes.
type code struct {
	bits  uint32
	float bool
}

// sames have three operands with the same lanes.
var sames = map[string]code{
	"mul": {0x0e209c00, false}, "mla": {0x0e209400, false}, "mls": {0x2e209400, false},
	"smax": {0x0e206400, false}, "smin": {0x0e206c00, false}, "umax": {0x2e206400, false}, "umin": {0x2e206c00, false},
	"smaxp": {0x0e20a400, false}, "umaxp": {0x2e20a400, false},
	"sshl": {0x0e204400, false}, "ushl": {0x2e204400, false},
	"cmgt": {0x0e203400, false}, "cmge": {0x0e203c00, false}, "cmhi": {0x2e203400, false}, "cmhs": {0x2e203c00, false},
	"sqadd": {0x0e200c00, false}, "sqsub": {0x0e202c00, false}, "uqsub": {0x2e202c00, false},

	"fadd": {0x0e20d400, true}, "fsub": {0x0ea0d400, true}, "fmul": {0x2e20dc00, true}, "fdiv": {0x2e20fc00, true},
	"fmax": {0x0e20f400, true}, "fmin": {0x0ea0f400, true}, "fmaxnm": {0x0e20c400, true}, "fminnm": {0x0ea0c400, true},
	"faddp": {0x2e20d400, true}, "fmaxp": {0x2e20f400, true},
	"fcmgt": {0x2ea0e400, true}, "fcmge": {0x2e20e400, true}, "fcmeq": {0x0e20e400, true},
}

// ones have two operands with the same lanes.
var ones = map[string]code{
	"abs": {0x0e20b800, false}, "neg": {0x2e20b800, false}, "not": {0x2e205800, true},
	"fabs": {0x0ea0f800, true}, "fneg": {0x2ea0f800, true}, "fsqrt": {0x2ea1f800, true},
	"scvtf": {0x0e21d800, true}, "ucvtf": {0x2e21d800, true}, "fcvtns": {0x0e21a800, true}, "fcvtzs": {0x0ea1b800, true},
	"frintn": {0x0e218800, true},
	"cmltz":  {0x0e20a800, false}, "fcmltz": {0x0ea0e800, true}, "fcmgtz": {0x0ea0c800, true},
}

// pairs add neighbours up: their result has lanes twice as wide.
var pairs = map[string]code{
	"saddlp": {0x0e202800, false}, "uaddlp": {0x2e202800, false},
	"sadalp": {0x0e206800, false}, "uadalp": {0x2e206800, false},
}

// longs have a result with lanes twice as wide as their operands'; with a 2
// behind the name they take the operands' high halves.
var longs = map[string]code{
	"smull": {0x0e20c000, false}, "smlal": {0x0e208000, false}, "smlsl": {0x0e20a000, false},
	"umull": {0x2e20c000, false}, "umlal": {0x2e208000, false},
	"saddl": {0x0e200000, false}, "ssubl": {0x0e202000, false},
}

// wides add operands to lanes twice as wide.
var wides = map[string]code{"saddw": {0x0e201000, false}, "uaddw": {0x2e201000, false}}

// narrows have a result with lanes half as wide as their operand's; with a 2
// behind the name it goes to the high half.
var narrows = map[string]code{
	"xtn": {0x0e212800, false}, "sqxtn": {0x0e214800, false}, "sqxtun": {0x2e212800, false}, "uqxtn": {0x2e214800, false},
}

// lanes multiply with one lane of the last operand.
var lanes = map[string]code{
	"fmul": {0x0f809000, true}, "mul": {0x0f008000, false}, "mla": {0x2f000000, false}, "mls": {0x2f004000, false},
}

// laneLongs are both lanes and longs.
var laneLongs = map[string]code{"smull": {0x0f00a000, false}, "smlal": {0x0f002000, false}}

// lefts and rights shift by a constant; longLefts have a result twice as wide,
// narrowRights one half as wide.
var (
	rights       = map[string]code{"sshr": {0x0f000400, false}, "ssra": {0x0f001400, false}, "srshr": {0x0f002400, false}, "urshr": {0x2f002400, false}}
	longLefts    = map[string]code{"sshll": {0x0f00a400, false}, "ushll": {0x2f00a400, false}}
	narrowRights = map[string]code{"shrn": {0x0f008400, false}, "rshrn": {0x0f008c00, false}, "sqshrn": {0x0f009400, false}}
)

// acrosses reduce all lanes to the lowest.
var acrosses = map[string]code{
	"addv": {0x0e31b800, false}, "smaxv": {0x0e30a800, false}, "umaxv": {0x2e30a800, false},
	"sminv": {0x0e31a800, false}, "fmaxv": {0x2e30f800, true},
}

// dots are the products of ARMv8.2 and 8.6: four sums of four products of
// bytes, or (mmla) 2×2 sums of eight.
var (
	dots     = map[string]code{"sdot": {0x0e809400, true}, "udot": {0x2e809400, true}, "usdot": {0x0e809c00, true}}
	mmlas    = map[string]code{"smmla": {0x4e80a400, true}, "ummla": {0x6e80a400, true}, "usmmla": {0x4e80ac00, true}}
	laneDots = map[string]code{"sdot": {0x0f80e000, true}, "udot": {0x2f80e000, true}}
)

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

// Right is sshr, ssra, srshr or urshr by a constant; Ushr is Go's own.
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
