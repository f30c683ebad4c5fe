//go:build !purego

package simd

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/asm/free512"
	"github.com/querent-ai/chord/internal/ab"
	"github.com/querent-ai/chord/internal/cpu"
	"github.com/querent-ai/chord/quant"
)

// freeTypes are the types that free512 has products of full panels of.
var freeTypes = []quant.Type{quant.Q4_0, quant.Q8_0}

// freeImpl is the tier avx512 without the canonical order.
func freeImpl(t testing.TB) *impl {
	if !cpu.Allowed("avx512") || !cpu.Has(free512.Requires) {
		t.Skip("the CPU has no AVX-512, or may not use it")
	}
	free := avx512Impl()
	free.name, free.gemm = "free512", maps.Clone(free.gemm)
	for typ, fn := range map[quant.Type]gemmFunc{quant.Q4_0: free512.GemmQ4_0x8, quant.Q8_0: free512.GemmQ8_0x8} {
		free.gemm[typ] = slices.Clone(free.gemm[typ])
		free.gemm[typ][7] = fn
	}
	return &free
}

// BenchmarkCanonicalOrder is what the canonical order costs: avx512's products
// of two tiles of sixteen rows, K=4096, with a full panel, all in cache, beside
// the same ones with a fused multiply-add.
func BenchmarkCanonicalOrder(b *testing.B) {
	free, canonical := freeImpl(b), avx512Impl()
	for _, typ := range freeTypes {
		b.Run(fmt.Sprintf("type=%v/rows=32/cols=4096/tokens=8/cache=L2/impl=avx512", typ), func(b *testing.B) {
			side := func(im *impl) ab.Side {
				const calls = 10
				tile := gemmTile(b, im, typ, 8, 4096)
				return ab.Side{Do: func() {
					for range calls {
						tile()
					}
				}, Work: calls * 2 * 32 * 4096 * 8}
			}
			ab.Compare(b, "Gop/s", side(&canonical), side(free))
		})
	}
}

// free512 multiplies as exactly as avx512, with other bits: one rounding less a
// block. The comparison to the bit finds that in every product of a real size.
func TestFree(t *testing.T) {
	const rows, cols, n = 48, 2048, 8
	free := freeImpl(t)
	for _, typ := range freeTypes {
		t.Run(typ.String(), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(11, uint64(typ)))
			w, x := randomBlocks(rng, typ, rows, cols), randomFloats(rng, n*cols)
			use(t, &generic)
			want := product(t, nil, w, x, n)
			use(t, free)
			got := product(t, nil, w, x, n)
			if other := differing(got, want); other < len(want)/2 {
				t.Errorf("%d of %d results have other bits, want at least half", other, len(want))
			}
			exact, size := exactProduct(w, x)
			for i := range got {
				if d, bound := math.Abs(float64(got[i])-exact[i]), 0x1p-23*(cols/32+4)*size[i]; !(d <= bound) {
					t.Fatalf("result %d: got %g, want %g ± %g", i, got[i], exact[i], bound)
				}
			}
		})
	}
}

// differing counts the elements whose bits differ.
func differing(got, want []float32) int {
	n := 0
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			n++
		}
	}
	return n
}

// exactProduct is the product in float64 of w with x as quantised, token by
// token, and Σ|w·x| of each result.
func exactProduct(w quant.Matrix, x []float32) (exact, size []float64) {
	row, n := make([]float32, w.Cols), len(w.Data)/w.Rows
	for xq := range slices.Chunk(roundTrip(x, w.Type), w.Cols) {
		for r := range w.Rows {
			quant.Dequantize(row, w.Type, w.Data[r*n:(r+1)*n])
			sum, magnitude := dot64(row, xq)
			exact, size = append(exact, sum), append(size, magnitude)
		}
	}
	return exact, size
}

// free512 has avx512's instructions in avx512's order, except that one fused
// multiply-add stands for every addition and one of its multiplications.
func TestFreeInstructions(t *testing.T) {
	for _, typ := range freeTypes {
		file, fn := fmt.Sprintf("gemm_%s_amd64.s", strings.ToLower(typ.String())), fmt.Sprintf("·Gemm%vx8(", typ)
		free, fused := instructions(t, filepath.Join("..", "asm", "free512", file), fn)
		canonical, floats := instructions(t, filepath.Join("..", "asm", "avx512", file), fn)
		if !slices.Equal(free, canonical) {
			t.Errorf("%v: other instructions than avx512's:\n%q\n%q", typ, free, canonical)
		}
		adds := floats["VADDPS"]
		want := map[string]int{"VMULPS": floats["VMULPS"] - adds, "VFMADD": adds}
		if adds == 0 || !maps.Equal(fused, want) {
			t.Errorf("%v: got %v, want %v where avx512 has %v", typ, fused, want, floats)
		}
	}
}

// instructions returns the names of a function's instructions, in order, but
// counts of those that multiply or add floats.
func instructions(t *testing.T, file, fn string) (names []string, floats map[string]int) {
	floats = map[string]int{}
	inside := false
	for _, line := range lines(t, file) {
		if strings.HasPrefix(line, "TEXT ") {
			inside = strings.Contains(line, fn)
			continue
		}
		words := strings.Fields(line)
		if !inside || len(words) == 0 || !strings.HasPrefix(line, "\t") {
			continue
		}
		switch name := words[0]; {
		case strings.HasPrefix(name, "VFMADD"):
			floats["VFMADD"]++
		case name == "VMULPS" || name == "VADDPS":
			floats[name]++
		default:
			names = append(names, name)
		}
	}
	return names, floats
}
