package simd

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"testing"
)

// within fails unless got is at most bound off want.
func within(t *testing.T, what string, x, got, want, bound float64) {
	t.Helper()
	if !(math.Abs(got-want) <= bound) {
		t.Fatalf("%s of %g: got %.17g, want %.17g ± %.3g", what, x, got, want, bound)
	}
}

// uniform returns 20000 numbers of [lo, hi).
func uniform(lo, hi float64) []float64 {
	rng := rand.New(rand.NewPCG(1, 4))
	xs := make([]float64, 20000)
	for i := range xs {
		xs[i] = lo + float64((hi-lo)*rng.Float64()) // not fused: TestTrigBits is made of them
	}
	return xs
}

// 1e-15 is what is promised; math's own functions are a tenth of that off.
func TestSinCos(t *testing.T) {
	for _, limit := range []float64{1e-8, 1, 4, 100, 131072, 1 << 20} {
		for _, x := range uniform(-limit, limit) {
			s, c := SinCos(x)
			within(t, "sine", x, s, math.Sin(x), 1e-15)
			within(t, "cosine", x, c, math.Cos(x), 1e-15)
		}
	}
	for k := range 4000 { // next to multiples of π/2, where one of them is small
		x := float64(k) * math.Pi / 2
		for _, x := range []float64{x, math.Nextafter(x, 0), -x} {
			s, c := SinCos(x)
			within(t, "sine", x, s, math.Sin(x), 1e-15)
			within(t, "cosine", x, c, math.Cos(x), 1e-15)
		}
	}
}

func TestLog(t *testing.T) {
	check := func(x float64) {
		want := math.Log(x)
		if x < 0x1p-1000 { // math's assembly is wrong about subnormal numbers
			want = math.Log(x*0x1p100) - 100*math.Ln2
		}
		within(t, "logarithm", x, Log(x), want, 1e-15*math.Abs(want))
	}
	for _, x := range uniform(-1, 1) {
		check(math.Exp(x))
		check(math.Exp(700 * x))
		check(1 + x/1e6)
	}
	for _, x := range []float64{1, 2, 10, 10000, 500000, 1e6, math.SmallestNonzeroFloat64, 0x1p-1030, math.MaxFloat64} {
		check(x)
	}
}

func TestLogSpecials(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct{ x, want float64 }{{0, -inf}, {inf, inf}, {-1, nan}, {-inf, nan}, {nan, nan}, {1, 0}} {
		if got := Log(c.x); got != c.want && (got == got || c.want == c.want) {
			t.Errorf("Log(%g): got %g, want %g", c.x, got, c.want)
		}
	}
}

func TestPow(t *testing.T) {
	check := func(x, y float64) {
		want := math.Pow(x, y)
		within(t, "power", y, Pow(x, y), want, 1e-15*(1+math.Abs(y*math.Log(x)))*want)
	}
	for _, base := range []float64{0.5, 1, 2, 100, 10000, 500000, 1e6, 1e7} {
		for _, y := range uniform(-2, 2) {
			check(base, y)
		}
		for i := range 129 { // the frequencies of rotary embeddings
			check(base, -float64(2*i)/128)
		}
	}
	if got := Pow(10, 1000); math.IsInf(got, 0) || got < 1e303 {
		t.Errorf("Pow(10, 1000): got %g, want e**700", got)
	}
}

// The bits are the same on every machine: this is their hash.
func TestTrigBits(t *testing.T) {
	h := fnv.New64a()
	var b [8]byte
	put := func(x float64) {
		for i := range b {
			b[i] = byte(math.Float64bits(x) >> (8 * i))
		}
		h.Write(b[:])
	}
	for _, x := range uniform(0.001, 5000) {
		s, c := SinCos(x)
		put(s)
		put(c)
		put(Log(x))
		put(Pow(x, 0.7))
		put(float64(Exp(float32(x / 60))))
	}
	if got, want := h.Sum64(), uint64(0xbc16fa4ccb998696); got != want {
		t.Errorf("got %#x, want %#x", got, want)
	}
}
