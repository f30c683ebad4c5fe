package simd

import (
	"unsafe"

	"github.com/querent-ai/chord/quant"
)

// A Product is one matrix and where its product with the activations goes.
type Product struct {
	Dst []float32 // (n, W.Rows()) row-major
	W   *Matrix
}

// MatMul sets every product's Dst to a·Wᵀ: row t of Dst is W times token t.
//
// a is quantised once to each weight type's partner, so results carry that
// rounding (weights of F32, F16 and BF16 take a as it is). All products are one
// fork-join on p, which may be nil; nothing is allocated once a has its memory.
// Products of several goroutines may share p and matrices, but not a. It panics
// unless every matrix has a's columns and every Dst (n, W.Rows()) elements.
func MatMul(p *Pool, a *Acts, products ...Product) {
	j := &a.mul
	j.a, j.products = a, append(j.products[:0], products...)
	tiles, bytes := 0, 0
	for _, q := range products {
		checkLen("MatMul", q.W.cols, a.cols)
		checkLen("MatMul", len(q.Dst), a.n*q.W.rows)
		a.want(p, q.W.kind)
		tiles += q.W.tiles()
		bytes += len(q.W.data)
	}
	if tiles == 0 || a.n == 0 {
		return
	}
	j.scratch = grow(j.scratch, p.Threads())
	p.Run(tiles, j.step(bytes/tiles), j)
}

// pieceBytes is about how many bytes of weights a piece of one decode step has:
// 10 µs of a core's share of memory, so that stealing is fine-grained and one
// call into assembly is short.
const pieceBytes = 256 << 10

// callBytes bounds the weights of one call into assembly, of one tile at least,
// since nothing can stop it: 100 µs of a core that reads 10 GB/s.
const callBytes = 1 << 20

// groupBytes bounds the activations that a piece of a prompt works on at once:
// they and the weights' tile stay in the second-level cache.
const groupBytes = 320 << 10

// mulJob computes tiles of 16 rows, the products' tiles counted one after the
// other.
type mulJob struct {
	a        *Acts
	products []Product
	scratch  []tileScratch
}

// tileScratch is one worker's memory: the last tile's results when it has fewer
// than 16 rows, and decoded blocks of types without kernels.
type tileScratch struct {
	out   [panelMax * tileRows]float32
	ints  quant.Ints
	float [4][floatChunk]float32
	tile  []byte // of a view, packed or spread
	_     [64]byte
}

// pieceProducts is about how many multiplications a piece of a prompt has, if two
// tiles have no more: less than 100 µs with kernels, 20 ms without.
const pieceProducts = 32 << 20

// step is how many tiles of the given size make a piece, two by two.
func (j *mulJob) step(tileBytes int) int {
	if j.a.n > active.panel {
		return 2 * max(1, pieceProducts/(2*tileRows*j.a.n*max(j.a.cols, 1)))
	}
	return 2 * max(1, pieceBytes/(2*max(tileBytes, 1)))
}

func (j *mulJob) Do(worker, lo, hi int) {
	for _, q := range j.products {
		tiles := q.W.tiles()
		if lo < tiles && hi > 0 {
			j.tiles(worker, q, max(lo, 0), min(hi, tiles))
		}
		lo, hi = lo-tiles, hi-tiles
	}
}

// tiles computes tiles [lo, hi) of q for all tokens, in groups of panels whose
// activations fit the cache.
func (j *mulJob) tiles(worker int, q Product, lo, hi int) {
	a := j.a
	if w := q.W; !w.packed && w.gemm != nil {
		j.view(worker, q, lo, hi)
		return
	}
	panel := q.W.kind.panel()
	group := max(groupBytes/(max(a.cols, 1)*recordBytes/32)/panel, 1) * panel
	for t0 := 0; t0 < a.n; t0 += group {
		t1 := min(t0+group, a.n)
		if !q.W.packed {
			for i := lo; i < hi; i++ {
				j.plainTile(worker, q, i, t0, t1)
			}
			continue
		}
		if t1-t0 <= panel {
			some := max(callBytes/max(q.W.tileBytes(), 1), 1)
			for i := lo; i < hi; i += some {
				j.packed(worker, q, q.W.tile(i), i, min(i+some, hi), t0)
			}
			continue
		}
		for i := lo; i < hi; i += 2 { // tiles that kernels take together
			for t := t0; t < t1; t += panel {
				j.packed(worker, q, q.W.tile(i), i, min(i+2, hi), t)
			}
		}
	}
}

// view computes tiles [lo, hi) of a matrix that is packed, or spread, as it is
// used, two by two as kernels take them.
func (j *mulJob) view(worker int, q Product, lo, hi int) {
	w, s := q.W, &j.scratch[worker]
	bytes := w.tileBytes()
	s.tile = grow(s.tile, 2*bytes)
	for i := lo; i < hi; i += 2 {
		next := min(i+2, hi)
		for k := i; k < next; k++ {
			if tile := s.tile[(k-i)*bytes:][:bytes]; w.spread {
				w.spreadTile(tile, k, &s.ints)
			} else {
				w.packTile(tile, w.data, k)
			}
		}
		for t := 0; t < j.a.n; t += w.kind.panel() {
			j.packed(worker, q, s.tile, i, next, t)
		}
	}
}

// packed computes tiles [lo, hi), which lie at data, for the panel that starts
// at token t. It is not inlined: its check of the stack is where the garbage
// collector may stop a loop over it.
//
//go:noinline
func (j *mulJob) packed(worker int, q Product, data []byte, lo, hi, t int) {
	w := q.W
	rec, tokens := j.a.operand(w.kind, t)
	fn := w.gemm[tokens-1]
	full := min(hi, w.rows/tileRows)
	blocks := w.cols / w.typ.BlockElems()
	if lo < full {
		fn(&q.Dst[t*w.rows+lo*tileRows], w.rows, &data[0], rec, blocks, full-lo)
	}
	if full >= hi {
		return
	}
	out := &j.scratch[worker].out
	fn(&out[0], tileRows, &data[(hi-1-lo)*w.tileBytes()], rec, blocks, 1)
	for i := range tokens {
		copy(q.Dst[(t+i)*w.rows+(hi-1)*tileRows:(t+i+1)*w.rows], out[i*tileRows:])
	}
}

// A gemmFunc multiplies tiles·16 rows of a packed matrix with one panel:
//
//	for t < tokens, r < 16·tiles { dst[t·stride+r] = Σ over blocks }
//
// blocks is the number of blocks in a row, of columns for float weights; the
// number of tokens is the function's own. acts is what [Acts.operand] returns.
type gemmFunc func(dst *float32, stride int, w, acts *byte, blocks, tiles int)

// at returns the n elements that start off bytes behind p.
func at[T any](p *byte, off, n int) []T {
	return unsafe.Slice((*T)(unsafe.Add(unsafe.Pointer(p), off)), n)
}
