package simd

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// lengths are all up to four vectors of sixteen and one more, then real widths
// and what lies beside them.
func lengths() []int {
	var ns []int
	for n := range 4*lanes + 2 {
		ns = append(ns, n)
	}
	return append(ns, 80, 96, 127, 128, 129, 200, 256, 257, 2048, 4096, 4099)
}

// Every tier gives generic's bits, at every length, at every alignment, and
// touches nothing else.
func TestKernels(t *testing.T) {
	for _, k := range kernels {
		for _, im := range tiers() {
			t.Run(fmt.Sprintf("%s/impl=%s", k.name, im.name), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(1, 2))
				for _, number := range numbers {
					for _, n := range lengths() {
						o := k.operands(n, rng, number)
						want, sum := k.want(o)
						for off := range 16 {
							if n > 5*lanes && off > 0 && (testing.Short() || n > 300) {
								break
							}
							k.check(t, im, &between{off: off}, o, want, sum)
						}
					}
				}
			})
		}
	}
}

// No kernel reads or writes beyond its arguments, not even what it ignores.
func TestKernelsFenced(t *testing.T) {
	for _, k := range kernels {
		for _, im := range tiers() {
			t.Run(fmt.Sprintf("%s/impl=%s", k.name, im.name), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(3, 4))
				for n := range 4*lanes + 2 {
					o := k.operands(n, rng, ordinary)
					want, sum := k.want(o)
					for _, m := range fences(t) {
						k.check(t, im, m, o, want, sum)
					}
				}
			})
		}
	}
}

// Results may replace what they are made of.
func TestKernelsInPlace(t *testing.T) {
	for _, im := range tiers() {
		rng := rand.New(rand.NewPCG(7, 8))
		for n := range 70 {
			a, b := randomFloats(rng, n), randomFloats(rng, n)
			silu, gelu, scaled := make([]float32, n), make([]float32, n), make([]float32, n)
			generic.geluMul(gelu, a, b)
			generic.siluMul(silu, a, b)
			generic.scaleMul(scaled, a, b, 3)
			for _, c := range []struct {
				name string
				run  func(a, b []float32) (got []float32)
				want []float32
			}{
				{"SiLUMul over gate", func(a, b []float32) []float32 { im.siluMul(a, a, b); return a }, silu},
				{"SiLUMul over up", func(a, b []float32) []float32 { im.siluMul(b, a, b); return b }, silu},
				{"GELUMul over gate", func(a, b []float32) []float32 { im.geluMul(a, a, b); return a }, gelu},
				{"ScaleMul over x", func(a, b []float32) []float32 { im.scaleMul(a, a, b, 3); return a }, scaled},
			} {
				sameBits(t, c.name+" impl="+im.name, c.run(slices.Clone(a), slices.Clone(b)), c.want)
			}
		}
	}
}

func FuzzKernels(f *testing.F) {
	for i := range kernels {
		f.Add(uint64(i), uint8(i), uint16(40+i), uint8(i))
	}
	f.Fuzz(func(t *testing.T, seed uint64, which uint8, n uint16, off uint8) {
		k := kernels[int(which)%len(kernels)]
		rng := rand.New(rand.NewPCG(seed, 1))
		for _, number := range numbers {
			o := k.operands(int(n%600), rng, number)
			want, sum := k.want(o)
			for _, im := range tiers() {
				k.check(t, im, &between{off: int(off)}, o, want, sum)
			}
		}
	})
}
