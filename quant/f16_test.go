package quant_test

import (
	"math"
	"runtime"
	"testing"

	"github.com/querent-ai/chord/quant"
)

// f16Value is the value of the binary16 number h, which is finite, by its
// definition.
func f16Value(h uint16) float64 {
	e, m := int(h>>10&31), float64(h&0x3ff)
	v := math.Ldexp(m, -24)
	if e > 0 {
		v = math.Ldexp(1024+m, e-25)
	}
	return math.Copysign(v, 0.5-float64(h>>15))
}

func TestF16ToF32(t *testing.T) {
	for i := range 1 << 16 {
		h := uint16(i)
		got := quant.F16ToF32(h)
		if oneNaN && got != got && h&0x7fff > 0x7c00 {
			continue
		}
		var want uint32
		if h&0x7c00 == 0x7c00 {
			want = uint32(h&0x8000)<<16 | 0x7f800000 | uint32(h&0x3ff)<<13
			if h&0x3ff != 0 {
				want |= 1 << 22 // quiet
			}
		} else {
			want = math.Float32bits(float32(f16Value(h)))
		}
		if math.Float32bits(got) != want {
			t.Fatalf("F16ToF32(%#04x) = %#08x, want %#08x", h, math.Float32bits(got), want)
		}
		back := h
		if h&0x7fff > 0x7c00 {
			back |= 0x200
		}
		if got := quant.F32ToF16(got); got != back {
			t.Fatalf("F32ToF16(F16ToF32(%#04x)) = %#04x, want %#04x", h, got, back)
		}
		if got := (quant.Half{byte(h), byte(h >> 8)}); got.Bits() != h || math.Float32bits(got.F32()) != want {
			t.Fatalf("Half(%#04x): bits %#04x, value %g", h, got.Bits(), got.F32())
		}
	}
}

// f16Nearest is F32ToF16 by its definition, in float64, which is exact.
func f16Nearest(f float32) uint16 {
	x := math.Abs(float64(f))
	var s uint16
	if math.Signbit(float64(f)) {
		s = 1 << 15
	}
	switch {
	case f != f:
		return s | 0x7e00 | uint16(math.Float32bits(f)>>13&0x3ff)
	case x >= 65520:
		return s | 0x7c00
	case x < 0x1p-14:
		return s | uint16(math.RoundToEven(x*0x1p24))
	}
	e := math.Ilogb(x)
	m := math.RoundToEven(math.Ldexp(x, 10-e)) // 1024…2048
	return s | uint16((e+14)<<10+int(m))
}

// oneNaN says that arithmetic has a single NaN as its result.
const oneNaN = runtime.GOARCH == "riscv64"

func checkF16(t *testing.T, f float32) {
	t.Helper()
	if oneNaN && f != f {
		return
	}
	if got, want := quant.F32ToF16(f), f16Nearest(f); got != want {
		t.Fatalf("F32ToF16(%x = %#08x) = %#04x, want %#04x", f, math.Float32bits(f), got, want)
	}
}

func TestF32ToF16(t *testing.T) {
	t.Run("between neighbours", func(t *testing.T) {
		for h := range uint16(0x7bff) {
			lo, hi := quant.F16ToF32(h), quant.F16ToF32(h+1)
			mid := float32((float64(lo) + float64(hi)) / 2) // exact: one bit more than binary16
			even := h + h&1
			for _, c := range []struct {
				x    float32
				want uint16
			}{
				{lo, h}, {math.Nextafter32(lo, hi), h}, {math.Nextafter32(mid, lo), h},
				{mid, even}, {math.Nextafter32(mid, hi), h + 1}, {math.Nextafter32(hi, lo), h + 1}, {hi, h + 1},
			} {
				if got := quant.F32ToF16(c.x); got != c.want {
					t.Fatalf("F32ToF16(%x) = %#04x, want %#04x", c.x, got, c.want)
				}
				if got := quant.F32ToF16(-c.x); got != c.want|0x8000 {
					t.Fatalf("F32ToF16(%x) = %#04x, want %#04x", -c.x, got, c.want|0x8000)
				}
			}
		}
	})
	t.Run("ends", func(t *testing.T) {
		for _, x := range []float32{
			0, 0x1p-149, 0x1p-126, 0x1p-25, math.Nextafter32(0x1p-25, 1), 65504, 65519.996, 65520,
			math.Nextafter32(65520, 0), 65536, math.MaxFloat32, inf, nan,
		} {
			checkF16(t, x)
			checkF16(t, -x)
		}
	})
	t.Run("every exponent", func(t *testing.T) {
		for b := uint64(0); b < 1<<32; b += 4099 {
			checkF16(t, math.Float32frombits(uint32(b)))
		}
	})
}

func BenchmarkF16ToF32(b *testing.B) {
	src := make([]uint16, 4096)
	for i, x := range inputs[0].row(len(src)) {
		src[i] = quant.F32ToF16(x)
	}
	dst := make([]float32, len(src))
	b.SetBytes(int64(2 * len(src)))
	for b.Loop() {
		for i, h := range src {
			dst[i] = quant.F16ToF32(h)
		}
	}
}

func BenchmarkF32ToF16(b *testing.B) {
	src := inputs[0].row(4096)
	dst := make([]uint16, len(src))
	b.SetBytes(int64(4 * len(src)))
	for b.Loop() {
		for i, x := range src {
			dst[i] = quant.F32ToF16(x)
		}
	}
}
