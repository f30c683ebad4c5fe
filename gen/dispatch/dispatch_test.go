package dispatch

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// simd's tables are what the rows of package layout say.
func TestFiles(t *testing.T) {
	for name, want := range files() {
		got, err := os.ReadFile(filepath.Join("..", "..", "simd", name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("simd/%s is not what gen/layout says (%v): run go generate ./...", name, err)
		}
	}
}

// Packages of asm have every function that simd's tables name.
func TestFunctions(t *testing.T) {
	function, stub := regexp.MustCompile(`(\w+)\.((?:Gemm|Sums|Pack)\w+)`), regexp.MustCompile(`(?m)^func (\w+)\(`)
	have := map[string]bool{}
	stubs, err := filepath.Glob("../../asm/*/*.go")
	if err != nil || len(stubs) == 0 {
		t.Fatalf("no packages in asm: %v", err)
	}
	for _, name := range stubs {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range stub.FindAllSubmatch(text, -1) {
			have[filepath.Base(filepath.Dir(name))+"."+string(m[1])] = true
		}
	}
	for name, text := range files() {
		for _, m := range function.FindAllStringSubmatch(string(text), -1) {
			if !have[m[0]] {
				typ, _, _ := strings.Cut(strings.TrimPrefix(m[2], "Gemm"), "x")
				t.Errorf("%s: asm/%s has no %s: add %s to kquants of its generator and run go generate ./...", name, m[1], m[2], typ)
			}
		}
	}
}
