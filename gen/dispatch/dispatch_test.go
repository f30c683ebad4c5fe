package dispatch

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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
	missing := map[string][]string{}
	for _, text := range files() {
		for _, m := range function.FindAllStringSubmatch(string(text), -1) {
			if !have[m[0]] && !slices.Contains(missing[m[1]], m[2]) {
				missing[m[1]] = append(missing[m[1]], m[2])
			}
		}
	}
	for tier, functions := range missing {
		t.Errorf("asm/%s has no %s: run go generate ./..., which says what is missing", tier, strings.Join(functions, ", "))
	}
}
