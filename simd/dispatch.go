package simd

import (
	"unsafe"

	"github.com/querent-ai/chord/internal/cpu"
	"github.com/querent-ai/chord/quant"
)

// An impl is one tier's functions; those of tiers with kernels are in
// ztiers_<arch>.go, which package gen/dispatch writes.
type impl struct {
	name    string
	panel   int // tokens a panel has, at most panelMax
	panel32 int // tokens a panel of blocks of 32 has

	dot         func(x, y []float32) float32
	toF16       func(dst []uint16, src []float32)
	fromF16     func(dst []float32, src []uint16)
	add         func(dst, x []float32)
	scaleMul    func(dst, x, w []float32, s float32)
	mulAdd      func(dst, x, w []float32)
	axpy        func(dst, x []float32, a float32)
	deltaRule   func(out, state, q, k, v []float32, decay, beta, scale float32) // nil in generic: of the functions above
	ssmUpdate   func(y, state, x, b, c []float32, decay, step, d float32)       // likewise
	max         func(x []float32) float32
	above       func(x []float32, t float32) int
	expSum      func(x []float32, m float32) float32
	scale       func(x []float32, s float32)
	siluMul     func(dst, gate, up []float32)
	geluMul     func(dst, gate, up []float32)
	rope        func(x, cos, sin []float32)
	ropeHalves  func(x, cos, sin []float32)
	hadamard    func(x []float32, n int, s float32)
	quantize32  func(x *float32, qs *int8, d *float32, bias, bias128 *int32, blocks, stride int)
	quantize256 func(x *float32, qs *int8, d *float32, sums *int16, blocks, stride int)
	softmax     func(s, m, l, o *float32, spans *int, queries, dim int)
	sums        map[quant.Type][]sumFunc  // of values, by queries-1
	scores      map[quant.Type][]gemmFunc // of queries with keys, by queries-1
	gemm        map[quant.Type][]gemmFunc // by tokens-1
	integers    []gemmFunc                // with tiles that are spread, by tokens-1
	pack        map[quant.Type]packFunc   // of full tiles; others are packed in Go

	read    func(p *byte, n int) uint32 // n a multiple of readChunk; the result is of no use
	peak    func(n int)
	peakOps int // multiplications and additions in a round of peak
}

// A tier is a row of kernelTiers: what it needs of the CPU, and its functions.
type tier struct {
	name, requires string
	impl           func() impl
}

// tiers returns the implementations that this CPU has and the user allows, best
// first; generic is always the last.
func tiers() []*impl {
	var ts []*impl
	for _, t := range kernelTiers {
		if cpu.Allowed(t.name) && cpu.Has(t.requires) {
			im := t.impl()
			ts = append(ts, &im)
		}
	}
	return append(ts, &generic)
}

// Tiers returns the names of the implementations that this CPU has and
// CHORD_CPU allows, best first; "generic" is always the last.
func Tiers() []string {
	var names []string
	for _, t := range tiers() {
		names = append(names, t.name)
	}
	return names
}

// generic is tuned Go, what runs on any CPU without a tier.
var generic = impl{
	name:        "generic",
	panel:       8,
	panel32:     8,
	dot:         dotGeneric,
	toF16:       toF16Generic,
	fromF16:     fromF16Generic,
	add:         addGeneric,
	scaleMul:    scaleMulGeneric,
	mulAdd:      mulAddGeneric,
	axpy:        axpyGeneric,
	max:         maxGeneric,
	above:       aboveGeneric,
	expSum:      expSumGeneric,
	scale:       scaleGeneric,
	siluMul:     siluMulGeneric,
	geluMul:     geluMulGeneric,
	rope:        ropeGeneric,
	ropeHalves:  ropeHalvesGeneric,
	hadamard:    hadamardGeneric,
	quantize32:  quantize32Generic,
	quantize256: quantize256Generic,
	softmax:     softmaxGeneric,
	sums:        genericSums,
	scores:      genericScores,
	gemm: map[quant.Type][]gemmFunc{
		quant.Q4_0: genericProducts(quant.Q4_0, gemmGeneric),
		quant.Q8_0: genericProducts(quant.Q8_0, gemmGeneric),
	},
}

// active is the implementation in use: the best that this CPU has and
// CHORD_CPU allows. Tests set others.
var active = tiers()[0]

// Tier returns the name of the implementation in use: "generic", on amd64
// "avx2", "avxvnni" or "avx512", on arm64 "neon", "dotprod" or "i8mm".
func Tier() string { return active.name }

// ptr is the address of what p points to.
func ptr[T any](p *T) unsafe.Pointer { return unsafe.Pointer(p) }
