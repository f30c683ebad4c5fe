package chord_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/internal/quantize"
	"github.com/querent-ai/chord/internal/synth"
	"github.com/querent-ai/chord/quant"
	"github.com/querent-ai/chord/simd"
)

// noWeights are the types that ggml has for other things than weights.
var noWeights = []quant.Type{quant.F64, quant.I8, quant.I16, quant.I32, quant.I64, quant.Q8_1}

// A typePlace is a place that names types of weights.
type typePlace struct {
	place string
	all   bool // types without kernels as well
	has   func(quant.Type) bool
}

// TestTypePlaces names every place that lacks a type: what CONTRIBUTING lists
// under "Adding a quant type". Package simd's TestRows and the tests of module
// gen name the others.
func TestTypePlaces(t *testing.T) {
	promise := read(t, "llama/testdata/promise.txt")
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	docs := ""
	for _, name := range append(pages, "README.md") {
		docs += read(t, name)
	}
	places := []typePlace{
		{"quant/dequantize.go", true, quant.CanDequantize},
		{"gen/layout/types.go (then go generate ./...)", true, simd.CanMultiply},
		{"llama/testdata/promise.txt (make golden)", true, func(typ quant.Type) bool { return strings.Contains(promise, "\nllama "+typ.String()+"\t") }},
		{"quant/quantize.go", false, quant.CanQuantize},
		{"gen/layout/types.go: Fields", false, func(typ quant.Type) bool { return simd.CanInterleave(typ, 16) }},
		{"internal/synth: fileTypes and codings", false, func(typ quant.Type) bool { return slices.Contains(synth.Types(), typ.String()) }},
		{"internal/quantize/mix.go", false, func(typ quant.Type) bool {
			return slices.ContainsFunc(quantize.Mixes(), func(m string) bool { return strings.HasPrefix(m, typ.String()) })
		}},
		{"README.md or docs", false, func(typ quant.Type) bool { return regexp.MustCompile(`\b` + typ.String() + `\b`).MatchString(docs) }},
	}
	for typ := range quant.Type(1 << 10) {
		if !typ.Known() || slices.Contains(noWeights, typ) {
			continue
		}
		kernels := simd.CanInterleave(typ, 16) || quant.CanQuantize(typ) && typ != quant.Q8_K
		for _, p := range places {
			if (p.all || kernels) && !p.has(typ) {
				t.Errorf("%v is missing in %s", typ, p.place)
			}
		}
	}
}

// read returns the text of a file.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
