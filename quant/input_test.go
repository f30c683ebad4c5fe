package quant_test

import (
	"math"
	"math/rand/v2"
)

// An input is a distribution of floats. testdata/ggml.json has ggml's blocks of
// them, so that a change here needs new ones there.
type input struct {
	name string
	at   func(r *rand.PCG, i int) float32
}

var inputs = []input{
	{"bell", func(r *rand.PCG, _ int) float32 { return bell(r) }},
	{"uniform", func(r *rand.PCG, _ int) float32 { return uniform(r) }},
	{"positive", func(r *rand.PCG, _ int) float32 { return uniform(r) + 1 }},
	{"negative", func(r *rand.PCG, _ int) float32 { return uniform(r) - 1.5 }},
	{"far from zero", func(r *rand.PCG, _ int) float32 { return uniform(r) + 100 }},
	{"outlier", func(r *rand.PCG, i int) float32 {
		if i%32 == 7 {
			return 50 * uniform(r)
		}
		return bell(r) / 16
	}},
	{"f16 scale subnormal", func(r *rand.PCG, _ int) float32 { return uniform(r) * 0x1p-18 }},
	{"f16 scale zero", func(r *rand.PCG, _ int) float32 { return uniform(r) * 0x1p-30 }},
	{"f16 scale infinite", func(r *rand.PCG, _ int) float32 { return uniform(r) * 0x1p60 }},
	{"range overflows", func(r *rand.PCG, _ int) float32 { return uniform(r) * 0x1.fp127 }},
	{"smallest normal", func(r *rand.PCG, _ int) float32 { return uniform(r) * 0x1p-124 }},
	{"subnormal", func(r *rand.PCG, _ int) float32 { return math.Float32frombits(uint32(r.Uint64()) & 0x807fffff) }},
	{"few bits", func(r *rand.PCG, _ int) float32 { return math.Float32frombits(uint32(r.Uint64()) & 0x80000003) }},
	{"any finite", func(r *rand.PCG, _ int) float32 { return finite(uint32(r.Uint64())) }},
	{"zero", func(*rand.PCG, int) float32 { return 0 }},
	{"negative zero", func(*rand.PCG, int) float32 { return math.Float32frombits(1 << 31) }},
	{"constant", func(*rand.PCG, int) float32 { return 1.5 }},
	{"negative constant", func(*rand.PCG, int) float32 { return -0.7 }},
	{"equal magnitudes", func(r *rand.PCG, _ int) float32 { return float32(r.Uint64()&2) - 1 }},
	{"ties of 127", func(r *rand.PCG, i int) float32 { return halves(r, i, -127, 127) }},
	{"ties of -127", func(r *rand.PCG, i int) float32 { return -halves(r, i, -127, 127) }},
	{"ties of -8", func(r *rand.PCG, i int) float32 { return -halves(r, i, -7, 8) }},
	{"ties of -16", func(r *rand.PCG, i int) float32 { return -halves(r, i, -15, 16) }},
	{"ties of 15", func(r *rand.PCG, i int) float32 { return halves(r, i, 0, 15) }},
	{"ties of 31", func(r *rand.PCG, i int) float32 { return halves(r, i, 0, 31) }},
	{"below ties", func(r *rand.PCG, i int) float32 {
		return math.Nextafter32(halves(r, i, -127, 127), float32(i%2*999-500))
	}},
}

// inputNaN are inputs with results that are undefined in C. The expected bytes are
// those of x86-64.
var inputNaN = []input{
	{"some NaN", func(r *rand.PCG, i int) float32 { return every(17, i, nan, uniform(r)) }},
	{"NaN last", func(r *rand.PCG, i int) float32 { return every(32, i, nan, uniform(r)) }},
	{"some infinite", func(r *rand.PCG, i int) float32 { return every(29, i, inf, uniform(r)) }},
	{"some -infinite", func(r *rand.PCG, i int) float32 { return every(37, i, -inf, uniform(r)) }},
	{"both infinite", func(r *rand.PCG, i int) float32 { return every(3, i, inf, every(5, i, -inf, uniform(r))) }},
	{"only NaN", func(*rand.PCG, int) float32 { return nan }},
	{"only infinite", func(*rand.PCG, int) float32 { return inf }},
}

var (
	nan = float32(math.NaN())
	inf = float32(math.Inf(1))
)

// row returns n floats of the input, the same at every call.
func (in input) row(n int) []float32 {
	r := rand.NewPCG(1, 2)
	x := make([]float32, n)
	for i := range x {
		x[i] = in.at(r, i)
	}
	return x
}

// uniform is in [-1, 1), a multiple of 2⁻²³.
func uniform(r *rand.PCG) float32 { return float32(int32(r.Uint64()>>40)-1<<23) * 0x1p-23 }

// bell is the mean of four uniform numbers, which is close to normal.
func bell(r *rand.PCG) float32 {
	var sum int64
	for range 4 {
		sum += int64(r.Uint64()>>40) - 1<<23
	}
	return float32(sum) * 0x1p-25
}

// finite returns the float32 with bits b, less an exponent bit if it were infinite
// or a NaN.
func finite(b uint32) float32 {
	if b&0x7f800000 == 0x7f800000 {
		b &^= 1 << 30
	}
	return math.Float32frombits(b)
}

// halves is a multiple of 1/2 from lo to hi. One in 32 is hi, the next one lo.
func halves(r *rand.PCG, i, lo, hi int) float32 {
	switch i % 32 {
	case 5:
		return float32(hi)
	case 6:
		return float32(lo)
	}
	return float32(lo) + float32(r.Uint64()%uint64(2*(hi-lo)+1))/2
}

// every is x for every nth index, else y.
func every(n, i int, x, y float32) float32 {
	if i%n == n-1 {
		return x
	}
	return y
}
