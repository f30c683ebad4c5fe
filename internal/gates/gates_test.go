// Package gates has the benchmarks that no commit may make slower: cmd/benchgate
// runs them, benchdata/gates.json has their limits.
package gates

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/sample"
	"github.com/querent-ai/chord/simd"
)

// gates are the benchmarks of BenchmarkGate, by their names in gates.json. They
// run on one thread, which other work on the machine disturbs least; ratios
// measure what more threads add (BenchmarkGemv of package simd).
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

// BenchmarkGate runs the fourteen gates.
func BenchmarkGate(b *testing.B) {
	for _, g := range gates {
		b.Run("name="+g.name, func(b *testing.B) {
			b.ReportAllocs()
			g.run(b)
		})
	}
}

// floats returns n normally distributed numbers.
func floats(n int) []float32 {
	rng := rand.New(rand.NewPCG(1, 1))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// dot is the dot product of 64 elements.
func dot(b *testing.B) {
	x, y := floats(64), floats(64)
	for b.Loop() {
		simd.Dot(x, y)
	}
}

// open parses a file with one key.
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

// draw samples one of 32000 tokens with temperature, top-k and top-p, from logits
// with standard deviation 3.
func draw(b *testing.B) {
	logits := floats(32000)
	for i := range logits {
		logits[i] *= 3
	}
	s, err := sample.New(sample.Params{Temperature: 0.8, TopK: 40, TopP: 0.95, MinP: sample.Off, Seed: 1}, sample.Config{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s.Sample(logits)
	}
}
