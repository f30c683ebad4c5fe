//go:build !purego

package simd

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/asm/evex256"
	"github.com/querent-ai/chord/internal/cpu"
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
