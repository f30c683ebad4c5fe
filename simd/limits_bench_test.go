//go:build amd64 && !purego

package simd

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/querent-ai/chord/asm/avx2"
	"github.com/querent-ai/chord/asm/avx512"
	"github.com/querent-ai/chord/internal/mmap"
	"github.com/querent-ai/chord/internal/par"
	"github.com/querent-ai/chord/quant"
)

// limits are the tiers' own plain read and int8 peak.
var limits = map[string]struct {
	read func(p *byte, n int) uint32
	peak func(n int)
	ops  int // multiplies and adds in a round of peak
}{
	"avx2":   {avx2.Read, avx2.Peak, 12 * 64},
	"avx512": {avx512.Read, avx512.Peak, 12 * 128},
}

// readJob reads bytes [256·lo, 256·hi) of a buffer.
type readJob struct {
	data []byte
	read func(p *byte, n int) uint32
}

func (j *readJob) Do(_, lo, hi int) { j.read(&j.data[256*lo], 256*(hi-lo)) }

// BenchmarkPeak is the limit of BenchmarkGemm.
func BenchmarkPeak(b *testing.B) {
	for _, im := range tiers() {
		l, ok := limits[im.name]
		if !ok {
			continue
		}
		b.Run("impl="+im.name, func(b *testing.B) {
			const rounds = 10000
			for b.Loop() {
				l.peak(rounds)
			}
			b.ReportMetric(float64(l.ops*rounds)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "Gop/s")
		})
	}
}

// ramBytes is more than any cache holds.
const ramBytes = 512 << 20

// BenchmarkGemv multiplies a matrix of 512 MB with one token, and reads the
// same bytes plainly (impl=read), in turn.
func BenchmarkGemv(b *testing.B) {
	data, err := mmap.Alloc(ramBytes)
	if err != nil {
		b.Fatal(err)
	}
	defer mmap.Free(data)
	for _, typ := range []quant.Type{quant.Q4_0, quant.Q8_0} {
		m := ramMatrix(typ, data)
		for _, threads := range []int{1, 2} {
			p := par.New(threads)
			for _, im := range tiers() {
				l, ok := limits[im.name]
				if !ok {
					continue
				}
				name := fmt.Sprintf("type=%v/cols=4096/cache=ram/threads=%d/impl=%s", typ, threads, im.name)
				b.Run(name, func(b *testing.B) { gemvRAM(b, p, im, m) })
				b.Run(name+"-read", func(b *testing.B) {
					b.SetBytes(int64(len(m.data)))
					j := &readJob{m.data, l.read}
					for b.Loop() {
						p.Run(len(m.data)/256, 4096, j)
					}
				})
			}
			p.Close()
		}
	}
}

// ramMatrix fills data with one random tile after the other.
func ramMatrix(typ quant.Type, data []byte) *Matrix {
	n, _ := typ.RowBytes(4096)
	rows := len(data) / n / tileRows * tileRows
	w := randomBlocks(rand.New(rand.NewPCG(1, 1)), typ, tileRows, 4096)
	tile, _ := NewMatrix(nil, w, nil)
	for at := 0; at < rows*n; at += len(tile.data) {
		copy(data[at:rows*n], tile.data)
	}
	return &Matrix{typ: typ, rows: rows, cols: 4096, data: data[:rows*n], packed: true}
}

func gemvRAM(b *testing.B, p *par.Pool, im *impl, m *Matrix) {
	use(b, im)
	var a Acts
	x, y := make([]float32, 4096), make([]float32, m.rows)
	b.SetBytes(int64(len(m.data)))
	for b.Loop() {
		a.Set(x, 1, 4096)
		MatMul(p, &a, Product{y, m})
	}
}
