//go:build !purego

package simd

import (
	"github.com/querent-ai/chord/asm/avx2"
	"github.com/querent-ai/chord/asm/avx512"
)

// Assembly takes the slices itself; there are no wrappers but the functions of
// vector.go.

// floatsAVX2 sets t's vector functions to those of avx2.
func floatsAVX2(t *impl) {
	t.dot, t.toF16, t.add, t.scale, t.scaleMul = avx2.Dot, avx2.ToF16, avx2.Add, avx2.Scale, avx2.ScaleMul
	t.max, t.above, t.expSum, t.siluMul = avx2.Max, avx2.Above, avx2.ExpSum, avx2.SiLUMul
	t.geluMul, t.ropeHalves, t.fromF16 = avx2.GELUMul, avx2.RoPEHalves, avx2.FromF16
	t.rope, t.quantize32, t.quantize256 = avx2.RoPE, avx2.Quantize32, avx2.Quantize256
}

// floatsAVX512 sets t's vector functions to those of avx512.
func floatsAVX512(t *impl) {
	t.dot, t.toF16, t.add, t.scale, t.scaleMul = avx512.Dot, avx512.ToF16, avx512.Add, avx512.Scale, avx512.ScaleMul
	t.max, t.above, t.expSum, t.siluMul = avx512.Max, avx512.Above, avx512.ExpSum, avx512.SiLUMul
	t.geluMul, t.ropeHalves, t.fromF16 = avx512.GELUMul, avx512.RoPEHalves, avx512.FromF16
	t.rope, t.quantize32, t.quantize256 = avx512.RoPE, avx512.Quantize32, avx512.Quantize256
}
