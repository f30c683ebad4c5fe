//go:build !purego

package simd

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/asm/evex256"
	"github.com/querent-ai/chord/internal/cpu"
	"github.com/querent-ai/chord/quant"
)

// products are the implementations whose matrix products are tested: the tiers,
// and avxvnni's twin where the CPU has AVX-512.
func products() []*impl {
	ims := tiers()
	if cpu.Allowed("avx512") && cpu.Has(evex256.Requires) {
		t := evex256Impl()
		ims = append(ims, &t)
	}
	return ims
}

// evex256Impl is avxvnni's twin.
func evex256Impl() impl {
	t := avxvnniImpl()
	t.name = "evex256"
	t.gemm[quant.Q4_0] = []gemmFunc{evex256.GemmQ4_0x1, evex256.GemmQ4_0x2, evex256.GemmQ4_0x3, evex256.GemmQ4_0x4}
	t.gemm[quant.Q4_1] = []gemmFunc{evex256.GemmQ4_1x1, evex256.GemmQ4_1x2, evex256.GemmQ4_1x3, evex256.GemmQ4_1x4}
	t.gemm[quant.Q5_0] = []gemmFunc{evex256.GemmQ5_0x1, evex256.GemmQ5_0x2, evex256.GemmQ5_0x3, evex256.GemmQ5_0x4}
	t.gemm[quant.Q5_1] = []gemmFunc{evex256.GemmQ5_1x1, evex256.GemmQ5_1x2, evex256.GemmQ5_1x3, evex256.GemmQ5_1x4}
	t.gemm[quant.Q8_0] = []gemmFunc{evex256.GemmQ8_0x1, evex256.GemmQ8_0x2, evex256.GemmQ8_0x3, evex256.GemmQ8_0x4}
	t.gemm[quant.IQ4_NL] = []gemmFunc{evex256.GemmIQ4_NLx1, evex256.GemmIQ4_NLx2, evex256.GemmIQ4_NLx3, evex256.GemmIQ4_NLx4}
	t.gemm[quant.MXFP4] = []gemmFunc{evex256.GemmMXFP4x1, evex256.GemmMXFP4x2, evex256.GemmMXFP4x3, evex256.GemmMXFP4x4}
	t.gemm[quant.Q2_K] = []gemmFunc{evex256.GemmQ2_Kx1, evex256.GemmQ2_Kx2, evex256.GemmQ2_Kx3, evex256.GemmQ2_Kx4}
	t.gemm[quant.Q3_K] = []gemmFunc{evex256.GemmQ3_Kx1, evex256.GemmQ3_Kx2, evex256.GemmQ3_Kx3, evex256.GemmQ3_Kx4}
	t.gemm[quant.Q4_K] = []gemmFunc{evex256.GemmQ4_Kx1, evex256.GemmQ4_Kx2, evex256.GemmQ4_Kx3, evex256.GemmQ4_Kx4}
	t.gemm[quant.Q5_K] = []gemmFunc{evex256.GemmQ5_Kx1, evex256.GemmQ5_Kx2, evex256.GemmQ5_Kx3, evex256.GemmQ5_Kx4}
	t.gemm[quant.Q6_K] = []gemmFunc{evex256.GemmQ6_Kx1, evex256.GemmQ6_Kx2, evex256.GemmQ6_Kx3, evex256.GemmQ6_Kx4}
	t.gemm[quant.IQ4_XS] = []gemmFunc{evex256.GemmIQ4_XSx1, evex256.GemmIQ4_XSx2, evex256.GemmIQ4_XSx3, evex256.GemmIQ4_XSx4}
	t.integers = []gemmFunc{evex256.GemmIntegersx1, evex256.GemmIntegersx2, evex256.GemmIntegersx3, evex256.GemmIntegersx4}
	return t
}

// The twin is avxvnni but for the prefix of VPDPBUSD: line by line.
func TestTwin(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "asm", "evex256", "*_amd64.s"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files of the twin: %v", err)
	}
	for _, name := range files {
		twin, tier := lines(t, name), lines(t, filepath.Join("..", "asm", "avxvnni", filepath.Base(name)))
		if len(twin) != len(tier) {
			t.Fatalf("%s: %d lines, avxvnni has %d", name, len(twin), len(tier))
		}
		dots := 0
		for i, line := range tier {
			if _, dot, ok := strings.Cut(line, "// VPDPBUSD "); ok {
				line, dots = "VPDPBUSD "+dot, dots+1
			}
			got, want := strings.Fields(twin[i]), strings.Fields(line)
			if !strings.HasPrefix(line, "// Requires:") && line != "package avxvnni" && !slices.Equal(got, want) {
				t.Fatalf("%s:%d: got %q, want %q", name, i+1, got, want)
			}
		}
		if dots == 0 {
			t.Errorf("%s has no VPDPBUSD", name)
		}
	}
}
