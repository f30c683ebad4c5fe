//go:build amd64 && !purego

package simd

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/querent-ai/chord/asm/avx2"
	"github.com/querent-ai/chord/asm/avx512"
	"github.com/querent-ai/chord/asm/avxvnni"
	"github.com/querent-ai/chord/internal/ab"
	"github.com/querent-ai/chord/internal/mmap"
	"github.com/querent-ai/chord/quant"
)

// limits are the tiers' own plain read and int8 peak.
var limits = map[string]struct {
	read func(p *byte, n int) uint32
	peak func(n int)
	ops  int // multiplies and adds in a round of peak
}{
	"avx2":    {avx2.Read, avx2.Peak, 12 * 64},
	"avxvnni": {avxvnni.Read, avxvnni.Peak, 12 * 64},
	"avx512":  {avx512.Read, avx512.Peak, 12 * 128},
}

// readJob reads bytes [256·lo, 256·hi) of a buffer.
type readJob struct {
	data []byte
	read func(p *byte, n int) uint32
}

func (j *readJob) Do(_, lo, hi int) { j.read(&j.data[256*lo], 256*(hi-lo)) }

// BenchmarkGemm is two tiles of sixteen rows, K=4096, with a full panel, all in
// cache, beside the peak of VPDPBUSD over registers; on a CPU without it,
// beside the tier's own int8 product.
func BenchmarkGemm(b *testing.B) {
	best := limits[tiers()[0].name]
	for _, typ := range allTypes() {
		for _, im := range tiers() {
			if _, ok := limits[im.name]; !ok || im.gemm[typ] == nil {
				continue
			}
			name := fmt.Sprintf("type=%v/rows=32/cols=4096/tokens=%d/cache=L2/impl=%s", typ, im.panel, im.name)
			b.Run(name, func(b *testing.B) {
				const calls, rounds = 10, 10000
				tile := gemmTile(b, im, typ, im.panel, 4096)
				ab.Compare(b, "Gop/s",
					ab.Side{Do: func() {
						for range calls {
							tile()
						}
					}, Work: calls * 2 * 32 * 4096 * float64(im.panel)},
					ab.Side{Do: func() { best.peak(rounds) }, Work: rounds * float64(best.ops)})
			})
		}
	}
}

// gemmTile returns a product of two tiles with one panel.
func gemmTile(b *testing.B, im *impl, typ quant.Type, tokens, cols int) func() {
	use(b, im)
	m, err := NewMatrix(nil, randomBlocks(rand.New(rand.NewPCG(1, 1)), typ, 2*tileRows, cols), nil)
	if err != nil {
		b.Fatal(err)
	}
	a := new(Acts)
	a.Set(randomFloats(rand.New(rand.NewPCG(2, 2)), tokens*cols), tokens, cols)
	a.want(nil, kinds[typ])
	dst := make([]float32, tokens*2*tileRows)
	fn := im.gemm[typ][tokens-1]
	return func() {
		acts, _ := a.operand(kinds[typ], 0)
		fn(&dst[0], 2*tileRows, &m.data[0], acts, cols/typ.BlockElems(), 2)
	}
}

// ramBytes is more than any cache holds.
const ramBytes = 512 << 20

// BenchmarkGemv multiplies a matrix of 512 MB, K=4096, with one token beside a
// plain read of the same bytes by as many threads.
func BenchmarkGemv(b *testing.B) {
	data, err := mmap.Alloc(ramBytes)
	if err != nil {
		b.Fatal(err)
	}
	defer mmap.Free(data)
	for _, typ := range allTypes() {
		m := ramMatrix(typ, data)
		for _, threads := range []int{1, 2} {
			p := NewPool(threads)
			for _, im := range tiers() {
				l, ok := limits[im.name]
				if !ok || im.gemm[typ] == nil {
					continue
				}
				b.Run(fmt.Sprintf("type=%v/cols=4096/cache=ram/threads=%d/impl=%s", typ, threads, im.name), func(b *testing.B) {
					use(b, im)
					m.gemm = im.gemm[typ]
					read := &readJob{m.data, l.read}
					ab.Compare(b, "GB/s",
						ab.Side{Do: gemvRAM(p, m), Work: float64(len(m.data))},
						ab.Side{Do: func() { p.Run(len(m.data)/256, 2048, read) }, Work: float64(len(m.data))})
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
	return &Matrix{typ: typ, rows: rows, cols: 4096, data: data[:rows*n], packed: true, kind: kinds[typ]}
}

func gemvRAM(p *Pool, m *Matrix) func() {
	a := new(Acts)
	x, y := randomFloats(rand.New(rand.NewPCG(3, 3)), 4096), make([]float32, m.rows)
	return func() {
		a.Set(x, 1, 4096)
		MatMul(p, a, Product{y, m})
	}
}
