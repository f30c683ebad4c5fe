package llama_test

import (
	"bufio"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/ab"
	"github.com/querent-ai/chord/internal/mmap"
	"github.com/querent-ai/chord/internal/synth"
	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/simd"
)

// synthFile writes a model with random weights and returns its path.
func synthFile(b *testing.B, shape, typ string) string {
	b.Helper()
	s, err := synth.ShapeOf(shape)
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "model.gguf")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := synth.Write(context.Background(), w, s, synth.Options{Type: typ, Seed: 1}); err != nil {
		b.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	return path
}

// sumJob reads a byte of each word of pages [lo, hi).
type sumJob struct {
	data []byte
	sums [64]uint64
}

func (j *sumJob) Do(worker, lo, hi int) {
	var s uint64
	for b := j.data[lo<<12 : min(hi<<12, len(j.data))]; len(b) >= 64; b = b[64:] {
		s += uint64(b[0]) + uint64(b[8]) + uint64(b[16]) + uint64(b[24]) + uint64(b[32]) + uint64(b[40]) + uint64(b[48]) + uint64(b[56])
	}
	j.sums[worker] += s
}

// BenchmarkLoad loads a file of 620 MB from the page cache, unpacked and packed.
// Beside it the file is mapped and read once with as many threads.
func BenchmarkLoad(b *testing.B) {
	path := synthFile(b, "tinyllama-1.1b", "Q4_0")
	packed := packFile(b, path)
	p := simd.NewPool(0)
	defer p.Close()
	for name, file := range map[string]string{"type=Q4_0": path, "type=Q4_0_X16": packed} {
		b.Run(name, func(b *testing.B) {
			st, err := os.Stat(file)
			if err != nil {
				b.Fatal(err)
			}
			var done func() // closes the model; not measured
			ab.Compare(b, "GB/s",
				ab.Side{Do: func() { done = openModel(b, file) }, Work: float64(st.Size()), After: func() { done() }},
				ab.Side{Do: func() { done = readFile(b, file, p) }, Work: float64(st.Size()), After: func() { done() }})
		})
	}
}

// packFile packs a file beside itself.
func packFile(b *testing.B, path string) string {
	b.Helper()
	f, err := gguf.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	out, err := os.Create(path + ".packed")
	if err != nil {
		b.Fatal(err)
	}
	defer out.Close()
	if err := llama.Pack(out, f, 0); err != nil {
		b.Fatal(err)
	}
	return out.Name()
}

// openModel opens a model and returns what closes it.
func openModel(b *testing.B, path string) (done func()) {
	f, err := gguf.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	m, err := loadModel(f, llama.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return func() { m.Close(); f.Close() }
}

// readFile maps a file, reads it and returns what closes it.
func readFile(b *testing.B, path string, p *simd.Pool) (done func()) {
	v, err := mmap.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	p.Run((len(v.Bytes())+4095)>>12, 256, &sumJob{data: v.Bytes()})
	return func() { v.Close() }
}
