package simd

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/querent-ai/chord/quant"
)

// attendBenchmarks are tiles of rows: one token's, whose keys and values come
// from memory, and a prompt's, whose keys and values stay in the cache.
var attendBenchmarks = []struct {
	name                     string
	typ                      quant.Type
	dim, queries, rows, ends int
}{
	{"decode", quant.F16, 64, 8, 1, 4096}, {"decode", quant.F16, 64, 4, 1, 4096}, {"decode", quant.F16, 128, 4, 1, 4096}, {"decode", quant.F16, 128, 1, 1, 4096},
	{"decode", quant.F32, 64, 8, 1, 4096}, {"decode", quant.Q8_0, 64, 8, 1, 4096}, {"decode", quant.Q8_0, 128, 1, 1, 4096}, {"decode", quant.Q4_0, 64, 8, 1, 4096}, {"decode", quant.Q4_0, 128, 1, 1, 4096},
	{"prompt", quant.F16, 64, 8, 4, 256}, {"prompt", quant.F16, 64, 8, 4, 1024}, {"prompt", quant.F16, 128, 4, 8, 1024}, {"prompt", quant.F16, 128, 1, 32, 1024},
	{"prompt", quant.F32, 64, 8, 4, 1024}, {"prompt", quant.Q8_0, 64, 8, 4, 1024}, {"prompt", quant.Q4_0, 64, 8, 4, 1024},
}

// BenchmarkAttention is a tile over one head after the other of a cache of
// 128 MB, for decode, or one head; bytes are those of keys and values.
func BenchmarkAttention(b *testing.B) {
	for _, c := range attendBenchmarks {
		for _, im := range tiers() {
			if im.name == "generic" {
				continue
			}
			b.Run(fmt.Sprintf("phase=%s/type=%v/dim=%d/queries=%d/rows=%d/depth=%d/impl=%s", c.name, c.typ, c.dim, c.queries, c.rows, c.ends, im.name), func(b *testing.B) {
				use(b, im)
				kv, err := NewKV(c.typ, c.typ, c.dim, c.dim, 256)
				if err != nil {
					b.Fatal(err)
				}
				keys, values := kv.Bytes()
				heads := 1
				if c.name == "decode" {
					heads = 128 << 20 / ((keys + values) * c.ends / 256)
				}
				pages := make([][]byte, c.ends/256)
				for i := range pages {
					pages[i] = make([]byte, heads*(keys+values))
					clear(pages[i]) // of this machine's own, not the kernel's zeros
				}
				q := randomFloats(rand.New(rand.NewPCG(1, 1)), c.queries*c.dim)
				Scale(q, 0.125)
				out := make([]float32, c.rows*len(q))
				var a Attention
				b.SetBytes(int64((keys + values) * c.ends / 256))
				h := 0
				for b.Loop() {
					a.Start(kv, pages, h*(keys+values), h*(keys+values)+keys)
					for r := range c.rows {
						a.Add(out[r*len(q):][:len(q)], q, Span{First: 0, End: c.ends - c.rows + r + 1})
					}
					for a.Next() {
					}
					h = (h + 1) % heads
				}
				ops := 4 * float64(c.ends) * float64(c.dim*c.queries*c.rows)
				b.ReportMetric(ops*float64(b.N)/b.Elapsed().Seconds()/1e9, "Gop/s")
			})
		}
	}
}
