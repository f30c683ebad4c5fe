package cpu

import (
	"runtime"
	"testing"
)

func TestHas(t *testing.T) {
	if Has("NOSUCHFEATURE") {
		t.Error("an unknown feature is there")
	}
	if runtime.GOARCH == "arm64" && !Has("ASIMD") {
		t.Error("an arm64 without ASIMD")
	}
	if Has("AVX2,NOSUCHFEATURE") {
		t.Error("a list with an unknown feature is there")
	}
}

func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		highest, tier string
		want          bool
	}{
		{"", "avx512", true}, {"nonsense", "avx512", true}, {"generic", "generic", true},
		{"generic", "avx2", false}, {"avx2", "avx2", true}, {"avx2", "avx512", false}, {"avx512", "avx2", true},
		{"avxvnni", "avx2", true}, {"avxvnni", "avx512", false}, {"avx2", "avxvnni", false}, {"avx512", "avxvnni", true},
		{"generic", "neon", false}, {"neon", "neon", true}, {"neon", "dotprod", false}, {"i8mm", "dotprod", true},
		{"dotprod", "i8mm", false}, {"avx2", "dotprod", true}, {"i8mm", "avx512", true},
	} {
		if got := allowed(c.highest, c.tier); got != c.want {
			t.Errorf("CHORD_CPU=%s: %s allowed: got %v, want %v", c.highest, c.tier, got, c.want)
		}
	}
}
