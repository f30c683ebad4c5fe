package simd

import (
	"math"
	"unsafe"
)

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
type Acts struct {
	x       []float32
	n, cols int

	have32, have256 bool
	panels          []uint64 // as bytes; words, so that scales are aligned
	panels256       []uint64 // the same for blocks of 256

	quantize quantizeJob
	mul      mulJob
}

// Set makes a the activations x, (n, cols) row-major. x must stay unchanged
// until the products are done. It panics if len(x) is not n·cols.
func (a *Acts) Set(x []float32, n, cols int) {
	checkLen("Acts.Set", len(x), n*cols)
	a.x, a.n, a.cols = x, n, cols
	a.have32, a.have256 = false, false
}

// panel returns the first byte and the tokens of the panel that starts at
// token t, a multiple of the tier's panel.
func (a *Acts) panel(t int) (rec *byte, tokens int) {
	tokens = min(blocks32.panel(), a.n-t)
	off := t * (a.cols / 32) * recordBytes
	return (*byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(a.panels)), off)), tokens
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
	return a.panel(t)
}

// kind is how a weight type wants its activations.
type kind int

const (
	floats    kind = iota // as they are
	blocks32              // panels of Q8_0-like blocks
	blocks256             // Q8_K-like blocks
)

// panel is how many tokens the tier's panels for kernels of the kind have.
func (k kind) panel() int {
	if k == blocks32 {
		return active.panel32
	}
	return active.panel
}

// want quantises for the kind, unless that has been done.
func (a *Acts) want(p *Pool, k kind) {
	switch {
	case k == blocks32 && !a.have32:
		a.have32 = true
		a.panels = grow(a.panels, (a.n*(a.cols/32)*recordBytes+7)/8)
	case k == blocks256 && !a.have256:
		a.have256 = true
		a.panels256 = grow(a.panels256, (a.n*(a.cols/256)*recordBytes256+7)/8)
	default:
		return
	}
	a.quantize = quantizeJob{a, k}
	if a.n == 1 { // sooner done than shared
		a.quantize.Do(0, 0, 1)
		return
	}
	p.Run(a.n, 4, &a.quantize)
}

// grow returns a slice of length n, s itself if it has the room.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// quantizeJob quantises tokens [lo, hi).
type quantizeJob struct {
	a    *Acts
	kind kind
}

func (j *quantizeJob) Do(_, lo, hi int) {
	a := j.a
	for t := lo; t < hi; t++ {
		x := a.x[t*a.cols : (t+1)*a.cols]
		if len(x) == 0 {
			continue
		}
		if j.kind == blocks256 {
			a.quantize256(t, x)
			continue
		}
		first := t - t%blocks32.panel()
		rec, tokens := a.panel(first)
		at := unsafe.Pointer(rec)
		i := t - first
		active.quantize32(&x[0],
			(*int8)(unsafe.Add(at, 32*i)),
			(*float32)(unsafe.Add(at, 32*tokens+4*i)),
			(*int32)(unsafe.Add(at, 36*tokens+4*i)),
			(*int32)(unsafe.Add(at, 40*tokens+4*i)),
			len(x)/32, tokens*recordBytes)
	}
}

// scales returns the scale of a block whose largest magnitude has the bits
// amax, and the factor that takes its elements to int8. A block without a
// finite magnitude of at least 2⁻¹⁰⁰ gets the factor 0: its quants are 0, and
// Inf and NaN live on in the scale.
func scales(amax uint32) (d, id float32) {
	m := math.Float32frombits(amax)
	d = m / 127
	if amax >= quantMin && amax < quantInf {
		id = 127 / m
	}
	return d, id
}

// Bits of 2⁻¹⁰⁰ and of +Inf, the limits of scales.
const (
	quantMin = (127 - 100) << 23
	quantInf = 0x7f800000
)

// quantizeBlock fills q and returns scale and sum of one block:
//
//	d = max|x|/127;  q[i] = roundToEven(x[i] · (127/max|x|))
func quantizeBlock(q []int8, x []float32) (d float32, sum int32) {
	var amax uint32
	for _, v := range x {
		amax = max(amax, math.Float32bits(v)&0x7fffffff)
	}
	d, id := scales(amax)
	if id == 0 {
		clear(q)
		return d, 0
	}
	const magic = 12582912 // 1.5·2²³: the sum's low bits are the rounded integer
	for i, v := range x {
		n := int32(math.Float32bits(float32(v*id)+magic)) - 0x4b400000
		q[i] = int8(n)
		sum += n
	}
	return d, sum
}

// quantize32Generic quantises blocks of 32 of one token into a panel's records,
// stride bytes apart.
func quantize32Generic(x *float32, qs *int8, d *float32, bias, bias128 *int32, blocks, stride int) {
	xs := unsafe.Slice(x, 32*blocks)
	for b := range blocks {
		off := b * stride
		q := unsafe.Slice((*int8)(unsafe.Add(unsafe.Pointer(qs), off)), 32)
		scale, sum := quantizeBlock(q, xs[32*b:32*b+32])
		*(*float32)(unsafe.Add(unsafe.Pointer(d), off)) = scale
		*(*int32)(unsafe.Add(unsafe.Pointer(bias), off)) = -8 * sum
		*(*int32)(unsafe.Add(unsafe.Pointer(bias128), off)) = -128 * sum
	}
}
