package simd

import (
	"encoding/binary"
	"math"

	"github.com/querent-ai/chord/quant"
)

// q4Width is the elements of a block of Q4_0, and q4Bytes its bytes.
const (
	q4Width = 32
	q4Bytes = 18
)

// transformed reports whether keys and values of t are transformed.
func transformed(t quant.Type) bool { return t == quant.Q4_0 }

// cacheWidth is how many elements of type t a key or value of dim elements has in
// memory.
func cacheWidth(t quant.Type, dim int) int {
	if !transformed(t) {
		return dim
	}
	return (dim + q4Width - 1) / q4Width * q4Width
}

// transform sets dst to the Hadamard transform of x and zeros.
func transform(dst, x []float32) {
	n := copy(dst, x)
	clear(dst[n:])
	hadamard(dst[:n], hadamardBlock(n))
}

// A key of at most half a block has its rounding errors in the other half,
// finerQ4 times as large, and a query itself, that many times smaller: with four
// bits alone, heads of eight elements predict 40 % worse.
const finerQ4 = 16

// finer reports whether keys of dim elements have their errors beside them.
func finer(dim int) bool { return dim <= q4Width/2 }

// transformQuery sets dst to what keys of Q4_0 are multiplied with.
func transformQuery(dst, q []float32) {
	transform(dst, q)
	if finer(len(q)) {
		for i, v := range dst[:len(q)] {
			dst[q4Width/2+i] = v / finerQ4
		}
	}
}

// A q4Block is a block of Q4_0 in the making.
type q4Block struct {
	q    [q4Width]int8 // quants from -8 to 7
	data [q4Bytes]byte // the block as [quant.BlockQ4_0] is
}

// set sets b to x:
//
//	d = largest / -8;  q[i] = round(x[i] / d)
//	twice: d = Σ x·q / Σ q²;  q[i] = round(x[i] / d), the last time d alone
//
// where largest is the element with the largest magnitude, and its sign. A block
// without a finite magnitude of at least 2⁻¹⁰⁰ has no quants but zeros, and Inf
// and NaN live on in the scale.
func (b *q4Block) set(x []float32) {
	x = x[:q4Width]
	largest, amax := float32(0), uint32(0)
	for _, v := range x {
		if m := math.Float32bits(v) & 0x7fffffff; m > amax {
			largest, amax = v, m
		}
	}
	d := largest / -8
	if amax >= quantMin && amax < quantInf {
		d = b.fit(x, b.fit(x, d))
	} else {
		clear(b.q[:])
	}
	binary.LittleEndian.PutUint16(b.data[:], quant.F32ToF16(d))
	b.pack()
}

// fit sets the quants nearest to x/d and returns the best scale for them, which
// has the sign of d.
func (b *q4Block) fit(x []float32, d float32) float32 {
	id, xq, qq := 1/d, float32(0), int32(0)
	for i, v := range x {
		q := nearest4(float32(v * id))
		b.q[i] = int8(q)
		xq += float32(v * float32(q))
		qq += q * q
	}
	return xq / float32(qq)
}

// nearest4 returns x rounded to an integer from -8 to 7, ties to even; |x| is
// less than 2²¹.
func nearest4(x float32) int32 {
	const magic = 12582912 // 1.5·2²³: the sum's low bits are the rounded integer
	return max(-8, min(7, int32(math.Float32bits(x+magic))-0x4b400000))
}

// setErrors sets the second half of a block to what the quants of the first half
// lack of x, finerQ4 times as large.
func (b *q4Block) setErrors(x []float32) {
	d := quant.F16ToF32(binary.LittleEndian.Uint16(b.data[:]))
	if d == 0 || math.IsNaN(float64(d-d)) {
		return
	}
	id := finerQ4 / d
	for i, v := range x[:q4Width/2] {
		b.q[q4Width/2+i] = int8(nearest4(float32((v - float32(d*float32(b.q[i]))) * id)))
	}
	b.pack()
}

// pack sets the quants of data.
func (b *q4Block) pack() {
	for i := range q4Width / 2 {
		b.data[2+i] = byte(b.q[i]+8) | byte(b.q[q4Width/2+i]+8)<<4
	}
}
