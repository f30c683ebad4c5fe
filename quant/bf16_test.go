package quant_test

import (
	"math"
	"testing"

	"github.com/querent-ai/chord/quant"
)

func TestBF16ToF32(t *testing.T) {
	for i := range 1 << 16 {
		h := uint16(i)
		got := quant.BF16ToF32(h)
		if want := uint32(h) << 16; math.Float32bits(got) != want {
			t.Fatalf("BF16ToF32(%#04x) = %#08x, want %#08x", h, math.Float32bits(got), want)
		}
		back := h
		if h&0x7fff > 0x7f80 {
			back |= 0x40 // quiet
		}
		if got := quant.F32ToBF16(got); got != back {
			t.Fatalf("F32ToBF16(BF16ToF32(%#04x)) = %#04x, want %#04x", h, got, back)
		}
	}
}

func TestF32ToBF16(t *testing.T) {
	t.Run("between neighbours", func(t *testing.T) {
		for h := range uint16(0x7f80) { // 0x7f80 is infinity: past the largest number come the same steps
			lo, even := uint32(h)<<16, h+h&1
			for _, c := range []struct {
				bits uint32
				want uint16
			}{
				{lo, h}, {lo + 1, h}, {lo + 0x7fff, h}, {lo + 0x8000, even}, {lo + 0x8001, h + 1}, {lo + 0xffff, h + 1},
			} {
				for s := range uint32(2) {
					x := math.Float32frombits(c.bits | s<<31)
					if got, want := quant.F32ToBF16(x), c.want|uint16(s<<15); got != want {
						t.Fatalf("F32ToBF16(%x) = %#04x, want %#04x", x, got, want)
					}
				}
			}
		}
	})
	t.Run("NaN", func(t *testing.T) {
		for _, c := range []struct {
			bits uint32
			want uint16
		}{{0x7fc00000, 0x7fc0}, {0xffc00000, 0xffc0}, {0x7fa12345, 0x7fe1}, {0x7fffffff, 0x7fff}} {
			if got := quant.F32ToBF16(math.Float32frombits(c.bits)); got != c.want {
				t.Errorf("F32ToBF16(%#08x) = %#04x, want %#04x", c.bits, got, c.want)
			}
		}
	})
}
