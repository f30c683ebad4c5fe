package simd

import (
	"math"
	"unsafe"
)

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
			qs, d, sums, stride := a.parts256(t, 0)
			active.quantize256(&x[0], qs, d, &sums.of16[0], len(x)/256, stride)
			continue
		}
		first := t - t%j.kind.panel()
		rec, tokens := a.panel(j.kind, first)
		quantizeToken(rec, t-first, tokens, x)
		arrange(j.kind, rec, t-first, tokens, len(x)/32)
	}
}

// quantizeToken quantises x as token i of the panel of blocks of 32 at rec.
func quantizeToken(rec *byte, i, tokens int, x []float32) {
	at := unsafe.Pointer(rec)
	active.quantize32(&x[0],
		(*int8)(unsafe.Add(at, 32*i)),
		(*float32)(unsafe.Add(at, 32*tokens+4*i)),
		(*int32)(unsafe.Add(at, 36*tokens+4*i)),
		(*int32)(unsafe.Add(at, 40*tokens+4*i)),
		len(x)/32, tokens*recordBytes)
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
