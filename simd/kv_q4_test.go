package simd

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/querent-ai/chord/quant"
)

// squares is Σ (x - y)² where y are the elements of a block of Q4_0.
func squares(x []float32, block []byte) (sum float64) {
	y := make([]float32, q4Width)
	quant.Dequantize(y, quant.Q4_0, block)
	for i, v := range x {
		sum += math.Pow(float64(v)-float64(y[i]), 2)
	}
	return sum
}

// Blocks are nearer to their elements than ggml's, and no element is off by much
// more than a step.
func TestQ4Block(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 9))
	var b q4Block
	ours, ggml := 0.0, 0.0
	for range 500 {
		x := make([]float32, q4Width)
		for i := range x {
			x[i] = float32(rng.NormFloat64())
		}
		b.set(x)
		theirs := make([]byte, q4Bytes)
		quant.Quantize(theirs, quant.Q4_0, x)
		ours, ggml = ours+squares(x, b.data[:]), ggml+squares(x, theirs)
		step := math.Abs(float64(quant.F16ToF32(binary.LittleEndian.Uint16(b.data[:]))))
		for i, v := range x {
			if d := math.Abs(float64(v) - step*math.Copysign(float64(b.q[i]), float64(v))); d > 2*step {
				t.Fatalf("element %d is off by %g steps", i, d/step)
			}
		}
	}
	if ours > 0.95*ggml {
		t.Errorf("squared errors are %.3f of ggml's, want at most 0.95", ours/ggml)
	}
	t.Logf("squared errors are %.3f of ggml's", ours/ggml)
}

// Blocks without a finite magnitude that counts have no quants, and what is no
// number stays none.
func TestQ4BlockExtremes(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for name, c := range map[string]struct {
		x     []float32 // the first elements
		empty bool
	}{
		"zeros": {nil, true}, "minus zero": {[]float32{float32(math.Copysign(0, -1))}, true}, "below the least": {[]float32{0x1p-101, -0x1p-110}, true},
		"the least": {[]float32{0x1p-100}, false}, "one": {[]float32{0, 1}, false}, "large": {[]float32{1e5, -3e5, 2}, false},
		"infinity": {[]float32{1, inf}, true}, "minus infinity": {[]float32{-inf, 3}, true}, "NaN": {[]float32{1, nan, 1}, true}, "NaN and infinity": {[]float32{nan, inf}, true},
	} {
		x := make([]float32, q4Width)
		copy(x, c.x)
		var b q4Block
		b.set(x)
		b.setErrors(x)
		empty, finite := true, true
		for i, q := range b.q {
			empty = empty && q == 0
			finite = finite && !math.IsNaN(float64(x[i]-x[i]))
		}
		d := quant.F16ToF32(binary.LittleEndian.Uint16(b.data[:]))
		if empty != c.empty || math.IsNaN(float64(d-d)) == finite {
			t.Errorf("%s: scale %g, quants %v", name, d, b.q)
		}
	}
}

// Keys of small heads have the errors of their quants beside them: products are
// about those of eight bits.
func TestQ4Finer(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 9))
	for _, dim := range []int{1, 8, 13, 16, 17} {
		kv, err := NewKV(quant.Q4_0, quant.F32, dim, 1, 16)
		if err != nil {
			t.Fatal(err)
		}
		var w KVWriter
		keys, values := kv.Bytes()
		page := make([]byte, keys+values)
		worst := 0.0
		q, v := make([]float32, kv.keyWidth), make([]float32, kv.keyWidth*tileRows)
		for range 100 {
			k, x := randomFloats(rng, dim), randomFloats(rng, dim)
			w.Store(kv, page, page[keys:], 0, k, []float32{0})
			transformQuery(q, x)
			row := make([]byte, kv.keyBytes)
			copy(row, page[:2])
			for c := range 4 {
				copy(row[2+4*c:], page[2*tileRows+4*c*tileRows:][:4])
			}
			quant.Dequantize(v[:q4Width], quant.Q4_0, row)
			got, _ := reference64(q, v[:kv.keyWidth])
			want, magnitude := reference64(k, x)
			worst = max(worst, math.Abs(got-want)/max(magnitude, 0.1))
		}
		t.Logf("dim=%d: %.4f", dim, worst)
		if limit := 0.03; finer(dim) != (worst < limit) {
			t.Errorf("dim=%d: products are off by %.4f, with errors beside keys: %t", dim, worst, finer(dim))
		}
	}
}

// One element far from the others costs keys little: without the transform, their
// products would be several times as far from the right ones.
func TestQ4Outlier(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 9))
	for _, dim := range []int{64, 96, 128} {
		var b q4Block
		with, without := 0.0, 0.0
		for range 200 {
			k := make([]float32, dim)
			for i := range k {
				k[i] = float32(rng.NormFloat64())
			}
			k[dim/3] *= 40
			x := make([]float32, dim)
			transform(x, k)
			for i := 0; i < dim; i += q4Width {
				b.set(k[i:])
				without += squares(k[i:][:q4Width], b.data[:])
				b.set(x[i:])
				with += squares(x[i:][:q4Width], b.data[:])
			}
		}
		t.Logf("dim=%d: %.3f of the squared errors", dim, with/without)
		if with > 0.7*without {
			t.Errorf("dim=%d: squared errors are %.3f of those without the transform", dim, with/without)
		}
	}
}
