package simd

import "unsafe"

// Acts are the activations of n tokens, quantised once for all the matrices
// that they are multiplied with. The zero value is ready; it keeps its memory
// from use to use and serves one goroutine at a time.
//
// For weights in blocks of 32 the tokens lie in panels of up to panelMax, and a
// panel of t tokens has one record a block:
//
//	0 qs [t][32]int8 | 32t d [t]float32 | 36t bias [t]int32 = -8·Σ qs | 40t bias128 [t]int32 = -128·Σ qs
//
// For weights in blocks of 256 the records of such panels are (see sums256)
//
//	0 qs [t][256]int8 | 256t d [t]float32 | 260t sums [t]sums256
//
// Kernels of some types in blocks of 32 take the quants in another order or other
// biases (see arrange).
type Acts struct {
	x       []float32
	n, cols int

	have   [kindCount]bool
	panels [kindCount][]uint64 // as bytes; words, so that scales are aligned

	quantize quantizeJob
	mul      mulJob
}

// Set makes a the activations x, (n, cols) row-major. x must stay unchanged
// until the products are done. It panics if len(x) is not n·cols.
func (a *Acts) Set(x []float32, n, cols int) {
	checkLen("Acts.Set", len(x), n*cols)
	a.x, a.n, a.cols = x, n, cols
	a.have = [kindCount]bool{}
}

// panel returns the first byte and the tokens of the panel for blocks of 32 that
// starts at token t, a multiple of the tier's panel.
func (a *Acts) panel(k kind, t int) (rec *byte, tokens int) {
	tokens = min(k.panel(), a.n-t)
	off := t * (a.cols / 32) * recordBytes
	return (*byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(a.panels[k])), off)), tokens
}

// sums256 are the sums of a block's quants over columns that share a scale or a
// minimum; kernels multiply them two by two.
type sums256 struct {
	of16 [16]int16
	of32 [8]int16
}

// panel256 is panel for blocks of 256.
func (a *Acts) panel256(t int) (rec *byte, tokens int) {
	tokens = min(active.panel, a.n-t)
	off := t * (a.cols / 256) * recordBytes256
	return (*byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(a.panels[blocks256])), off)), tokens
}

// parts256 returns where the record of block b keeps its panel's token t.
func (a *Acts) parts256(t, b int) (qs *int8, d *float32, sums *sums256, stride int) {
	first := t - t%active.panel
	rec, tokens := a.panel256(first)
	i, stride := t-first, tokens*recordBytes256
	at := unsafe.Add(unsafe.Pointer(rec), b*stride)
	return (*int8)(unsafe.Add(at, 256*i)), (*float32)(unsafe.Add(at, 256*tokens+4*i)),
		(*sums256)(unsafe.Add(at, 260*tokens+48*i)), stride
}

// block256 returns block b of token t.
func (a *Acts) block256(t, b int) (x []int8, sums *sums256, dx float32) {
	qs, d, sums, _ := a.parts256(t, b)
	return unsafe.Slice(qs, 256), sums, *d
}

// operand returns what kernels of kind k take for the panel that starts at
// token t, and its tokens.
func (a *Acts) operand(k kind, t int) (acts *byte, tokens int) {
	if k == floats { // (tokens, cols) of float32
		return (*byte)(ptr(&a.x[t*a.cols])), min(active.panel, a.n-t)
	}
	if k == blocks256 {
		return a.panel256(t)
	}
	return a.panel(k, t)
}

// kind is how a weight type wants its activations.
type kind int

const (
	floats    kind = iota // as they are
	blocks32              // panels of Q8_0-like blocks
	every8                // the same, with columns c, c+8, c+16 and c+24 of a block together
	every4                // the same, with columns c, c+4, c+8 and c+12 of half a block together
	groups16              // the same, with sums of 16
	blocks256             // Q8_K-like blocks
	kindCount
)

// plain is the kind for products without kernels.
func (k kind) plain() kind {
	if k == every8 || k == every4 || k == groups16 {
		return blocks32
	}
	return k
}

// panel is how many tokens the tier's panels for kernels of the kind have.
func (k kind) panel() int {
	if k.plain() == blocks32 {
		return active.panel32
	}
	return active.panel
}

// want quantises for the kind, unless that has been done.
func (a *Acts) want(p *Pool, k kind) {
	if k == floats || a.have[k] {
		return
	}
	a.have[k] = true
	if k == blocks256 {
		a.panels[k] = grow(a.panels[k], (a.n*(a.cols/256)*recordBytes256+7)/8)
	} else {
		a.panels[k] = grow(a.panels[k], (a.n*(a.cols/32)*recordBytes+7)/8)
	}
	a.quantize = quantizeJob{a, k}
	if a.n == 1 { // sooner done than shared
		a.quantize.Do(0, 0, 1)
		return
	}
	p.Run(a.n, 4, &a.quantize)
}

// grow returns a slice of length n: s itself if its capacity is enough.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
