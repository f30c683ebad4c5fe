package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/querent-ai/chord/quant"
)

// operands are a kernel's arguments. The first of f is the result, if not the
// first of h is; all else must stay as it is.
type operands struct {
	n int
	f [][]float32
	h [][]uint16
	s float32
}

// A kernel is one function of impl over n elements.
type kernel struct {
	name string
	f, h []int // lengths of arguments
	pure bool  // no argument is a result
	run  func(im *impl, o operands) float32
}

// Lengths of arguments.
const (
	perElem = -1 - iota // n
	perPair             // 2n
)

// size is the length of an argument.
func size(kind, n int) int { return map[int]int{perElem: n, perPair: 2 * n}[kind] }

// kernels are the float functions of impl.
var kernels = []kernel{
	{"Dot", []int{perElem, perElem}, nil, true,
		func(im *impl, o operands) float32 { return im.dot(o.f[0], o.f[1]) }},
	{"ToF16", []int{perElem}, []int{perElem}, true,
		func(im *impl, o operands) float32 { im.toF16(o.h[0], o.f[0]); return 0 }},
	{"FromF16", []int{perElem}, []int{perElem}, false,
		func(im *impl, o operands) float32 { im.fromF16(o.f[0], o.h[0]); return 0 }},
	{"Add", []int{perElem, perElem}, nil, false,
		func(im *impl, o operands) float32 { im.add(o.f[0], o.f[1]); return 0 }},
	{"ScaleMul", []int{perElem, perElem, perElem}, nil, false,
		func(im *impl, o operands) float32 { im.scaleMul(o.f[0], o.f[1], o.f[2], o.s); return 0 }},
	{"MulAdd", []int{perElem, perElem, perElem}, nil, false,
		func(im *impl, o operands) float32 { im.mulAdd(o.f[0], o.f[1], o.f[2]); return 0 }},
	{"Axpy", []int{perElem, perElem}, nil, false,
		func(im *impl, o operands) float32 { im.axpy(o.f[0], o.f[1], o.s); return 0 }},
	{"Scale", []int{perElem}, nil, false,
		func(im *impl, o operands) float32 { im.scale(o.f[0], o.s); return 0 }},
	{"Max", []int{perElem}, nil, true, // a zero's sign is the tier's: adding 0 takes it away
		func(im *impl, o operands) float32 { return im.max(o.f[0]) + 0 }},
	{"Above", []int{perElem}, nil, true,
		func(im *impl, o operands) float32 { return float32(im.above(o.f[0], o.s)) }},
	{"ExpSum", []int{perElem}, nil, false,
		func(im *impl, o operands) float32 { return im.expSum(o.f[0], o.s) }},
	{"SiLUMul", []int{perElem, perElem, perElem}, nil, false,
		func(im *impl, o operands) float32 { im.siluMul(o.f[0], o.f[1], o.f[2]); return 0 }},
	{"GELUMul", []int{perElem, perElem, perElem}, nil, false,
		func(im *impl, o operands) float32 { im.geluMul(o.f[0], o.f[1], o.f[2]); return 0 }},
	{"RoPEHalves", []int{perPair, perElem, perElem}, nil, false,
		func(im *impl, o operands) float32 { im.ropeHalves(o.f[0], o.f[1], o.f[2]); return 0 }},
	{"RoPE", []int{perPair, perElem, perElem}, nil, false,
		func(im *impl, o operands) float32 { im.rope(o.f[0], o.f[1], o.f[2]); return 0 }},
}

// operands returns arguments made of the given numbers.
func (k kernel) operands(n int, rng *rand.Rand, number func(*rand.Rand) float32) operands {
	float := func() float32 { return number(rng) }
	o := operands{n: n, s: float()}
	for _, kind := range k.f {
		x := make([]float32, size(kind, n))
		for i := range x {
			x[i] = float()
		}
		o.f = append(o.f, x)
	}
	for _, kind := range k.h {
		x := make([]uint16, size(kind, n))
		for i := range x {
			x[i] = quant.F32ToF16(float())
		}
		o.h = append(o.h, x)
	}
	return o
}

// clone copies o to heap memory.
func (o operands) clone() operands {
	c := operands{n: o.n, s: o.s}
	for _, x := range o.f {
		c.f = append(c.f, slices.Clone(x))
	}
	for _, x := range o.h {
		c.h = append(c.h, slices.Clone(x))
	}
	return c
}

// check runs k on a copy of o in m's memory: the result is generic's to the bit
// (a NaN is any NaN), no other argument has changed, nor what lies around them.
func (k kernel) check(t *testing.T, im *impl, m memory, o, want operands, sum float32) {
	t.Helper()
	got := operands{s: o.s}
	for _, x := range o.f {
		got.f = append(got.f, placed(m, x))
	}
	for _, x := range o.h {
		got.h = append(got.h, placed(m, x))
	}
	s := k.run(im, got)
	m.check(t)
	where := fmt.Sprintf("%s impl=%s n=%d", k.name, im.name, o.n)
	if !equal(s, sum) {
		t.Fatalf("%s: returned %g, want %g", where, s, sum)
	}
	for i := range o.f {
		if i == 0 && !k.pure {
			sameBits(t, where, got.f[0], want.f[0])
		} else if !slices.EqualFunc(got.f[i], o.f[i], equalBits) {
			t.Fatalf("%s: argument %d has changed", where, i)
		}
	}
	for i := range o.h {
		if !slices.Equal(got.h[i], want.h[i]) {
			t.Fatalf("%s: halves %d: got %04x, want %04x", where, i, got.h[i], want.h[i])
		}
	}
}

func equalBits(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }

// equal is equalBits but for NaN, which is any NaN.
func equal(a, b float32) bool { return equalBits(a, b) || a != a && b != b }

// want runs generic on a copy of o.
func (k kernel) want(o operands) (operands, float32) {
	w := o.clone()
	sum := k.run(&generic, w)
	return w, sum
}

// specials are what float arithmetic stumbles over.
var specials = []float32{
	0, float32(math.Copysign(0, -1)), 1, -1, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()),
	math.Float32frombits(0x7f800001), math.Float32frombits(0xffc12345), math.Float32frombits(0x7fc00001),
	math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32, 0x1p-126, 0x1.fffffcp-127, -0x1p-130,
	math.MaxFloat32, -math.MaxFloat32, 65504, 65519.996, 65520, -65520, 0x1p-14, 0x1.ffcp-15, 0x1p-24, 0x1p-25, 0x1.000002p-25,
	88, 88.00001, -88, -87, -87.00001, 87, 87.00001, 0.5, 1.5, -2.5, 1e10, -1e10,
}

// ordinary numbers are of ordinary size.
func ordinary(rng *rand.Rand) float32 { return float32(rng.NormFloat64()) * 8 }

// unordinary numbers have specials among them.
func unordinary(rng *rand.Rand) float32 {
	if rng.IntN(8) > 0 {
		return ordinary(rng)
	}
	return specials[rng.IntN(len(specials))]
}

// anyBits are numbers of any bits.
func anyBits(rng *rand.Rand) float32 { return math.Float32frombits(rng.Uint32()) }

// numbers are the sources of arguments.
var numbers = []func(*rand.Rand) float32{ordinary, unordinary, anyBits}
