package simd

import "unsafe"

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
	return (*byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(a.panels256)), off)), tokens
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

// quantize256 quantises token t, which is x.
func (a *Acts) quantize256(t int, x []float32) {
	qs, d, sums, stride := a.parts256(t, 0)
	active.quantize256(&x[0], qs, d, &sums.of16[0], len(x)/256, stride)
}

// quantize256Generic quantises blocks of 256 of one token into a panel's
// records, stride bytes apart; sums is a sums256.
func quantize256Generic(x *float32, qs *int8, d *float32, sums *int16, blocks, stride int) {
	xs := unsafe.Slice(x, 256*blocks)
	for b := range blocks {
		off := b * stride
		q := unsafe.Slice((*int8)(unsafe.Add(unsafe.Pointer(qs), off)), 256)
		*(*float32)(unsafe.Add(unsafe.Pointer(d), off)), _ = quantizeBlock(q, xs[256*b:256*b+256])
		s := (*sums256)(unsafe.Add(unsafe.Pointer(sums), off))
		*s = sums256{}
		for i, v := range q {
			s.of16[i/16] += int16(v)
			s.of32[i/32] += int16(v)
		}
	}
}
