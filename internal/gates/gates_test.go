// Package gates has the benchmarks that no commit may make slower: what
// cmd/benchgate measures and benchdata/gates.json limits.
package gates

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/sample"
	"github.com/querent-ai/chord/simd"
)

// gates are all of BenchmarkGate, by the names that gates.json has. They run on
// one thread, which a shared machine disturbs least; what threads add is held
// by ratios (BenchmarkGemv of package simd).
var gates = []struct {
	name string
	run  func(b *testing.B)
}{
	{"gemm-128x128x128", product(128, 128, 128)},
	{"gemm-512x512x512", product(512, 512, 512)},
	{"qkv-1x2048x6144", product(1, 2048, 6144)},
	{"lm-head-1x2048x32000", product(1, 2048, 32000)},
	{"transposed-1x2048x2048", product(1, 2048, 2048)},
	{"attention-1", attention(1, 32)},
	{"attention-64", attention(64, 32)},
	{"attention-128", attention(128, 32)},
	{"attention-256", attention(256, 32)},
	{"multi-query-32to1", attention(64, 1)},
	{"dot-64", dot},
	{"gguf-minimal", open},
	{"forward-tiny", forward},
	{"sample", draw},
}

// BenchmarkGate is the fourteen gates.
func BenchmarkGate(b *testing.B) {
	for _, g := range gates {
		b.Run("name="+g.name, func(b *testing.B) {
			b.ReportAllocs()
			g.run(b)
		})
	}
}

func floats(n int) []float32 {
	rng := rand.New(rand.NewPCG(1, 1))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// dot is one sum of 64 products.
func dot(b *testing.B) {
	x, y := floats(64), floats(64)
	for b.Loop() {
		simd.Dot(x, y)
	}
}

// open parses a file of one key.
func open(b *testing.B) {
	var file bytes.Buffer
	err := gguf.Write(&file, []gguf.KV{{Key: "general.architecture", Value: "llama"}}, nil)
	if err != nil {
		b.Fatal(err)
	}
	r := bytes.NewReader(file.Bytes())
	for b.Loop() {
		f, err := gguf.OpenReaderAt(r, r.Size())
		if err != nil {
			b.Fatal(err)
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// draw picks one of 32000 tokens with temperature, top-k and top-p, from
// logits of spread 3.
func draw(b *testing.B) {
	logits := floats(32000)
	for i := range logits {
		logits[i] *= 3
	}
	s, err := sample.New(sample.Params{Temperature: 0.8, TopK: 40, TopP: 0.95, MinP: sample.Off, Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s.Sample(logits)
	}
}
