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

// readOnly are types with kernels that nothing here makes of other weights: models
// are trained for them, or converted by other programs.
var readOnly = []quant.Type{quant.Q1_0, quant.Q2_0, quant.TQ2_0, quant.NVFP4}

// A typePlace is a place that names types of weights.
type typePlace struct {
	place string
	all   bool // types without kernels as well
	has   func(quant.Type) bool
	write bool // not those that are readOnly
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
		{place: "quant/dequantize.go", all: true, has: quant.CanDequantize},
		{place: "gen/layout/types.go (then go generate ./...)", all: true, has: simd.CanMultiply},
		{place: "llama/testdata/promise.txt (make golden)", all: true, has: func(typ quant.Type) bool { return strings.Contains(promise, "\nllama "+typ.String()+"\t") }},
		{place: "quant/quantize.go", has: quant.CanQuantize, write: true},
		{place: "gen/layout/types.go: Fields", has: func(typ quant.Type) bool { return simd.CanInterleave(typ, 16) }},
		{place: "internal/synth: fileTypes and codings", has: func(typ quant.Type) bool { return slices.Contains(synth.Types(), typ.String()) }},
		{place: "internal/quantize/mix.go", write: true, has: func(typ quant.Type) bool {
			return slices.ContainsFunc(quantize.Mixes(), func(m string) bool { return strings.HasPrefix(m, typ.String()) })
		}},
		{place: "README.md or docs", has: func(typ quant.Type) bool { return regexp.MustCompile(`\b` + typ.String() + `\b`).MatchString(docs) }},
	}
	for typ := range quant.Type(1 << 10) {
		if !typ.Known() || slices.Contains(noWeights, typ) {
			continue
		}
		kernels := simd.CanInterleave(typ, 16) || quant.CanQuantize(typ) && typ != quant.Q8_K
		for _, p := range places {
			if p.write && slices.Contains(readOnly, typ) {
				continue
			}
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
