package quant_test

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"github.com/querent-ai/chord/quant"
)

func TestF32(t *testing.T) {
	x := inputs[13].row(1000)
	src := quantized(quant.F32, x)
	got := make([]float32, len(x))
	quant.Dequantize(got, quant.F32, src)
	for i := range x {
		if math.Float32bits(got[i]) != math.Float32bits(x[i]) {
			t.Fatalf("element %d: got %g, want %g", i, got[i], x[i])
		}
	}
	if want := floatBytes(x); !bytes.Equal(src, want) {
		t.Error("the bytes are not those of little-endian float32")
	}
}

// TestRoundTrip is ggml's own: 4096 elements of 0.1 + 2·cos(i), and a root of
// the sum of squared errors, over n, below MAX_QUANTIZATION_TOTAL_ERROR of its
// tests/test-quantize-fns.cpp, _2BITS and _3BITS of some types.
func TestRoundTrip(t *testing.T) {
	const n = 4096
	limits := map[quant.Type]float64{quant.Q2_K: 0.0075, quant.Q3_K: 0.004}
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(0.1 + 2*math.Cos(float64(i)))
	}
	for _, typ := range types(quant.CanQuantize) {
		t.Run(typ.String(), func(t *testing.T) {
			y := make([]float32, n)
			quant.Dequantize(y, typ, quantized(typ, x))
			var sum float64
			for i := range x {
				e := float64(x[i]) - float64(y[i])
				sum += e * e
			}
			limit := limits[typ]
			if limit == 0 {
				limit = 0.002
			}
			if got := math.Sqrt(sum) / n; !(got < limit) {
				t.Errorf("error %g, want below %g", got, limit)
			}
		})
	}
}

func TestPanics(t *testing.T) {
	f := func(n int) []float32 { return make([]float32, n) }
	b := func(n int) []byte { return make([]byte, n) }
	for _, c := range []struct {
		want string
		call func()
	}{
		{"quant: Dequantize: Q4_0: len(src) = 17, want 18 for len(dst) = 32", func() { quant.Dequantize(f(32), quant.Q4_0, b(17)) }},
		{"quant: Dequantize: Q4_0: len(src) = 36, want 18 for len(dst) = 32", func() { quant.Dequantize(f(32), quant.Q4_0, b(36)) }},
		{"quant: Dequantize: Q4_0: len(src) = 0, want 18 for len(dst) = 32", func() { quant.Dequantize(f(32), quant.Q4_0, nil) }},
		{"quant: Dequantize: Q4_K: len(dst) = 32, want a multiple of 256", func() { quant.Dequantize(f(32), quant.Q4_K, b(18)) }},
		{"quant: Dequantize: F16: len(src) = 3, want 4 for len(dst) = 2", func() { quant.Dequantize(f(2), quant.F16, b(3)) }},
		{"quant: Dequantize: unsupported type Q8_1", func() { quant.Dequantize(f(32), quant.Q8_1, b(36)) }},
		{"quant: Dequantize: unsupported type type(99)", func() { quant.Dequantize(nil, 99, nil) }},
		{"quant: Quantize: Q8_0: len(dst) = 33, want 34 for len(src) = 32", func() { quant.Quantize(b(33), quant.Q8_0, f(32)) }},
		{"quant: Quantize: Q8_0: len(src) = 31, want a multiple of 32", func() { quant.Quantize(b(34), quant.Q8_0, f(31)) }},
		{"quant: Quantize: unsupported type IQ1_S", func() { quant.Quantize(b(50), quant.IQ1_S, f(256)) }},
		{"quant: QuantizeWeighted: len(weights) != len(src)", func() { quant.QuantizeWeighted(b(34), quant.Q8_0, f(32), f(31)) }},
	} {
		t.Run(c.want, func(t *testing.T) {
			defer func() {
				if got := recover(); got != c.want {
					t.Errorf("panic %v, want %s", got, c.want)
				}
			}()
			c.call()
		})
	}
}

// TestEmpty: a length of 0 is a multiple of every block.
func TestEmpty(t *testing.T) {
	for _, typ := range types(quant.CanDequantize) {
		quant.Dequantize(nil, typ, nil)
	}
	for _, typ := range types(quant.CanQuantize) {
		quant.Quantize(nil, typ, nil)
	}
}

// TestOutside: at any alignment, memory outside dst and src is not written, src is
// not changed and nothing is allocated.
func TestOutside(t *testing.T) {
	for _, typ := range types(quant.CanDequantize) {
		t.Run(typ.String(), func(t *testing.T) {
			n, size := 2*typ.BlockElems(), 2*typ.BlockBytes()
			floats := make([]float32, n+2)
			for at := range 4 {
				raw := bytes.Repeat([]byte{0x5a}, size+8)
				src := raw[at : at+size]
				floats[0], floats[n+1] = -7, -7
				dst := floats[1 : n+1]
				allocs := testing.AllocsPerRun(1, func() { quant.Dequantize(dst, typ, src) })
				if allocs != 0 || floats[0] != -7 || floats[n+1] != -7 || !bytes.Equal(raw, bytes.Repeat([]byte{0x5a}, size+8)) {
					t.Fatalf("Dequantize at %d: %v allocations, or a write outside dst", at, allocs)
				}
				if !quant.CanQuantize(typ) {
					continue
				}
				x := fmt.Sprint(dst)
				allocs = testing.AllocsPerRun(1, func() { quant.Quantize(src, typ, dst) })
				outside := append(raw[:at:at], raw[at+size:]...)
				if allocs != 0 || fmt.Sprint(dst) != x || !bytes.Equal(outside, bytes.Repeat([]byte{0x5a}, 8)) {
					t.Fatalf("Quantize at %d: %v allocations, or a write outside dst", at, allocs)
				}
			}
		})
	}
}

// TestOverwrite: the old contents of dst do not matter.
func TestOverwrite(t *testing.T) {
	for _, typ := range types(quant.CanQuantize) {
		for _, in := range inputs {
			x := in.row(256)
			want := quantized(typ, x)
			got := bytes.Repeat([]byte{0xff}, len(want))
			if quant.Quantize(got, typ, x); !bytes.Equal(got, want) {
				t.Errorf("%s: %s: got %x, want %x", typ, in.name, got, want)
			}
		}
	}
}

func BenchmarkDequantize(b *testing.B) {
	for _, typ := range types(quant.CanDequantize) {
		b.Run(fmt.Sprintf("type=%s/cols=4096", typ), func(b *testing.B) {
			dst := make([]float32, 4096)
			src := make([]byte, len(dst)/typ.BlockElems()*typ.BlockBytes())
			for i := range src {
				src[i] = byte(i*37) & 0x3f // so that no scale is infinite
			}
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				quant.Dequantize(dst, typ, src)
			}
		})
	}
}

func BenchmarkQuantize(b *testing.B) {
	for _, typ := range types(quant.CanQuantize) {
		b.Run(fmt.Sprintf("type=%s/cols=4096", typ), func(b *testing.B) {
			src := inputs[0].row(4096)
			dst := quantized(typ, src)
			b.SetBytes(int64(4 * len(src)))
			b.ReportAllocs()
			for b.Loop() {
				quant.Quantize(dst, typ, src)
			}
		})
	}
}
