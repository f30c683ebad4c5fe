package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/querent-ai/chord/quant"
)

func TestArgmax(t *testing.T) {
	inf, nan, zero := float32(math.Inf(1)), float32(math.NaN()), float32(math.Copysign(0, -1))
	for _, im := range tiers() {
		use(t, im)
		for _, c := range []struct {
			x    []float32
			want int
		}{
			{nil, 0}, {[]float32{nan}, 0}, {[]float32{nan, nan, nan}, 0}, {[]float32{nan, -inf}, 1},
			{[]float32{-inf, -inf}, 0}, {[]float32{nan, 1, nan, 2, 2, nan}, 3}, {[]float32{inf, nan, inf}, 0},
			{[]float32{-1, zero, 0}, 1}, {[]float32{-1, 0, zero}, 1}, {[]float32{-3, -2, -2}, 1},
		} {
			if got := Argmax(c.x); got != c.want {
				t.Errorf("impl=%s %g: got %d, want %d", im.name, c.x, got, c.want)
			}
		}
		rng := rand.New(rand.NewPCG(2, 6))
		for range 200 { // several blocks, many ties
			x := make([]float32, rng.IntN(5000))
			best := 0
			for i := range x {
				x[i] = float32(rng.IntN(2000))
				if x[i] > x[best] {
					best = i
				}
			}
			if got := Argmax(x); got != best {
				t.Fatalf("impl=%s n=%d: got %d, want %d", im.name, len(x), got, best)
			}
		}
	}
}

// Every value of f16 goes through every tier unchanged, and what lies between
// two is rounded as quant does.
func TestF16Exhaustive(t *testing.T) {
	h, x := make([]uint16, 1<<16), make([]float32, 0, 5<<16)
	for i := range h {
		h[i] = uint16(i)
		f := quant.F16ToF32(h[i])
		b := math.Float32bits(f)
		for _, d := range []uint32{0, 1, 0xfff, 0x1000, 0x1001} { // 0x1000: a tie of normal numbers
			x = append(x, math.Float32frombits(b+d))
		}
	}
	one := []float32{1}
	for _, im := range tiers() {
		got, want := make([]float32, len(h)), make([]float32, len(h))
		im.sums[quant.F16][0](&got[0], &one[0], (*byte)(ptr(&h[0])), 1, len(h), 0)
		generic.sums[quant.F16][0](&want[0], &one[0], (*byte)(ptr(&h[0])), 1, len(h), 0)
		sameBits(t, "SumsF16 impl="+im.name, got, want)
		back, ref := make([]uint16, len(x)), make([]uint16, len(x))
		im.fromF16(got, h)
		generic.fromF16(want, h)
		sameBits(t, "FromF16 impl="+im.name, got, want)
		im.toF16(back, x)
		generic.toF16(ref, x)
		for i := range x {
			if back[i] != ref[i] {
				t.Fatalf("ToF16 impl=%s of %g (%08x): got %04x, want %04x", im.name, x[i], math.Float32bits(x[i]), back[i], ref[i])
			}
		}
	}
}

func TestSoftmaxEdges(t *testing.T) {
	inf := float32(math.Inf(-1))
	for _, im := range tiers() {
		use(t, im)
		Softmax(nil)
		for _, c := range []struct{ x, want []float32 }{
			{[]float32{-1000}, []float32{1}},
			{[]float32{5, inf, 5}, []float32{0.5, 0, 0.5}}, // masked positions
			{[]float32{0, -200, math.MaxFloat32}, []float32{0, 0, 1}},
		} {
			x := slices.Clone(c.x)
			Softmax(x)
			sameBits(t, fmt.Sprintf("impl=%s Softmax(%g)", im.name, c.x), x, c.want)
		}
	}
}

func TestLengthsDiffer(t *testing.T) {
	f, g, h := make([]float32, 4), make([]float32, 5), make([]uint16, 5)
	for name, call := range map[string]func(){
		"Dot":          func() { Dot(f, g) },
		"Add":          func() { Add(f, g) },
		"RMSNorm x":    func() { RMSNorm(f, g, g, 1) },
		"RMSNorm w":    func() { RMSNorm(f, f, g, 1) },
		"SiLUMul gate": func() { SiLUMul(f, g, f) },
		"SiLUMul up":   func() { SiLUMul(f, f, g) },
		"GELUMul gate": func() { GELUMul(f, g, f) },
		"GELUMul up":   func() { GELUMul(f, f, g) },
		"SwiGLUOAI":    func() { SwiGLUOAI(f, f, g) },
		"LayerNorm x":  func() { LayerNorm(f, g, g, 1) },
		"LayerNorm w":  func() { LayerNorm(f, f, g, 1) },
		"RoPEHalves":   func() { RoPEHalves(g, f[:2], f[:2]) },
		"RoPE odd":     func() { RoPE(g, f[:2], f[:2]) },
		"RoPE sin":     func() { RoPE(f, f[:2], f[:1]) },
		"ToF16":        func() { ToF16(h, f) },
		"FromF16":      func() { FromF16(f, h) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			call()
		})
	}
}

// TestDequantize wants quant's values, wherever the bytes lie.
func TestDequantize(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, im := range tiers() {
		use(t, im)
		for _, typ := range []quant.Type{quant.F16, quant.F32, quant.Q4_0} {
			for at := range 2 {
				src := make([]byte, at+typ.BlockBytes()*64)[at:]
				for i := range src {
					src[i] = byte(rng.Uint32())
				}
				got, want := make([]float32, 64*typ.BlockElems()), make([]float32, 64*typ.BlockElems())
				Dequantize(got, typ, src)
				quant.Dequantize(want, typ, src)
				sameBits(t, fmt.Sprintf("impl=%s %v at %d", im.name, typ, at), got, want)
			}
		}
	}
	Dequantize(nil, quant.F16, nil)
}

func TestVectorsAllocateNothing(t *testing.T) {
	x, y, c, h := make([]float32, 64), make([]float32, 64), make([]float32, 32), make([]uint16, 64)
	for _, im := range tiers() {
		use(t, im)
		if n := testing.AllocsPerRun(20, func() {
			Dot(x, y)
			Add(x, y)
			RMSNorm(x, x, y, 1)
			Softmax(x)
			SiLUMul(x, y, x)
			RoPE(x, c, c)
			ToF16(h, x)
			FromF16(x, h)
			Argmax(x)
		}); n != 0 {
			t.Errorf("impl=%s: %v allocations", im.name, n)
		}
	}
}
