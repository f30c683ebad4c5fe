package simd

import (
	"encoding/binary"
	"math"

	"github.com/querent-ai/chord/quant"
)

// kinds says which activations each weight type takes; a type that is not here
// cannot be multiplied with.
var kinds = map[quant.Type]kind{
	quant.F32: floats, quant.F16: floats, quant.BF16: floats,
	quant.Q4_0: blocks32, quant.Q4_1: blocks32, quant.Q5_0: blocks32, quant.Q5_1: blocks32,
	quant.Q8_0: blocks32, quant.IQ4_NL: blocks32, quant.MXFP4: blocks32,
	quant.NVFP4: blocks32, quant.Q1_0: blocks32, quant.Q2_0: blocks32,
	quant.Q2_K: blocks256, quant.Q3_K: blocks256, quant.Q4_K: blocks256, quant.Q5_K: blocks256,
	quant.Q6_K: blocks256, quant.Q8_K: blocks256, quant.IQ4_XS: blocks256,
	quant.TQ1_0: blocks256, quant.TQ2_0: blocks256, quant.IQ1_S: blocks256, quant.IQ1_M: blocks256,
	quant.IQ2_XXS: blocks256, quant.IQ2_XS: blocks256, quant.IQ2_S: blocks256,
	quant.IQ3_XXS: blocks256, quant.IQ3_S: blocks256,
}

// plainTile computes tile i of a matrix that lies row by row, for tokens
// [t0, t1).
func (j *mulJob) plainTile(worker int, q Product, i, t0, t1 int) {
	w, s := q.W, &j.scratch[worker]
	lo, hi := i*tileRows, min((i+1)*tileRows, w.rows)
	n := w.rowBytes()
	switch w.kind {
	case floats:
		j.floatRows(s, q, lo, hi, t0, t1)
	case blocks32:
		row := j.row32
		if decoders[w.typ].part > 0 {
			row = j.rowParts
		}
		for r := lo; r < hi; r++ {
			for t := t0; t < t1; t += w.kind.panel() {
				row(s, q, w.data[r*n:(r+1)*n], r, t)
			}
		}
	case blocks256:
		for r := lo; r < hi; r++ {
			j.row256(s, q, w.data[r*n:(r+1)*n], r, t0, t1)
		}
	}
}

// floatChunk is how many columns of four float rows are converted at a time.
const floatChunk = 256

// floatRows computes rows [lo, hi) of float weights: dst += w[k]·x[k], column
// by column; four rows at once, since each is one chain of additions.
func (j *mulJob) floatRows(s *tileScratch, q Product, lo, hi, t0, t1 int) {
	w, a := q.W, j.a
	for r := lo; r < hi; r += 4 {
		rows := min(4, hi-r)
		for t := t0; t < t1; t++ {
			clear(q.Dst[t*w.rows+r : t*w.rows+r+rows])
		}
		for c := 0; c < w.cols; c += floatChunk {
			n := min(floatChunk, w.cols-c)
			for i := range rows {
				row := w.data[(r+i)*w.rowBytes()+c*w.typ.BlockBytes():]
				floatsOf(s.float[i][:n], w.typ, row)
			}
			for t := t0; t < t1; t++ {
				fourChains(q.Dst[t*w.rows+r:][:rows], &s.float, a.x[t*a.cols+c:][:n])
			}
		}
	}
}

// fourChains continues up to four rows' sums with the columns of x.
func fourChains(dst []float32, w *[4][floatChunk]float32, x []float32) {
	var acc [4]float32
	copy(acc[:], dst)
	a0, a1, a2, a3 := acc[0], acc[1], acc[2], acc[3]
	x = x[:min(len(x), floatChunk)]
	for k, v := range x {
		a0 += float32(w[0][k] * v)
		a1 += float32(w[1][k] * v)
		a2 += float32(w[2][k] * v)
		a3 += float32(w[3][k] * v)
	}
	acc = [4]float32{a0, a1, a2, a3}
	copy(dst, acc[:])
}

// floatsOf converts len(dst) weights of type F32, F16 or BF16.
func floatsOf(dst []float32, t quant.Type, src []byte) {
	switch t {
	case quant.F32:
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
		}
	case quant.F16:
		for i := range dst {
			dst[i] = quant.F16ToF32(binary.LittleEndian.Uint16(src[2*i:]))
		}
	case quant.BF16:
		for i := range dst {
			dst[i] = quant.BF16ToF32(binary.LittleEndian.Uint16(src[2*i:]))
		}
	}
}

// row32 computes row r for the panel that starts at token t, block by block:
//
//	acc += float32(Σ q·x) * (d * dx)
//	acc -= float32(Σ x) * (dmin * dx)    (types with a minimum)
func (j *mulJob) row32(s *tileScratch, q Product, row []byte, r, t int) {
	w, v := q.W, &s.ints
	dec, size := decoders[w.typ], w.typ.BlockBytes()
	rec, tokens := j.a.panel(t)
	var acc [panelMax]float32
	for b := range w.cols / 32 {
		dec.decode(v, row[b*size:(b+1)*size])
		off := b * tokens * recordBytes
		dx := at[float32](rec, off+32*tokens, tokens)
		bias := at[int32](rec, off+36*tokens, tokens)
		for i := range tokens {
			sum := dotInts(v.q[:32], at[int8](rec, off+32*i, 32))
			acc[i] += float32(float32(sum) * float32(v.d*dx[i]))
			if dec.min {
				acc[i] -= float32(float32(bias[i]/-8) * float32(v.dmin*dx[i]))
			}
		}
	}
	for i := range tokens {
		q.Dst[(t+i)*w.rows+r] = acc[i]
	}
}

// row256 computes row r for tokens [t0, t1), block by block:
//
//	acc += float32(Σ_g sc[g]·Σ q·x) * (d * dx)
//	acc -= float32(Σ_g m[g]·Σ x) * (dmin * dx)    (types with a minimum)
//
// g being groups of 16 columns.
func (j *mulJob) row256(s *tileScratch, q Product, row []byte, r, t0, t1 int) {
	w, a, v := q.W, j.a, &s.ints
	dec, size := decoders[w.typ], w.typ.BlockBytes()
	for t := t0; t < t1; t++ {
		q.Dst[t*w.rows+r] = 0
	}
	for b := range w.cols / 256 {
		dec.decode(v, row[b*size:(b+1)*size])
		for t := t0; t < t1; t++ {
			x, sums, dx := a.block256(t, b)
			var sum, m int32
			for g := range 16 {
				sum += v.sc[g] * dotInts(v.q[16*g:16*g+16], x[16*g:16*g+16])
				m += v.m[g] * int32(sums.of16[g])
			}
			acc := &q.Dst[t*w.rows+r]
			*acc += float32(float32(sum) * float32(v.d*dx))
			if dec.min {
				*acc -= float32(float32(m) * float32(v.dmin*dx))
			}
		}
	}
}

// dotInts is Σ q[i]·x[i], exactly; the length is a multiple of 4.
func dotInts(q, x []int8) int32 {
	var s0, s1, s2, s3 int32
	for len(q) >= 4 && len(x) >= 4 {
		s0 += int32(q[0]) * int32(x[0])
		s1 += int32(q[1]) * int32(x[1])
		s2 += int32(q[2]) * int32(x[2])
		s3 += int32(q[3]) * int32(x[3])
		q, x = q[4:], x[4:]
	}
	return s0 + s1 + s2 + s3
}
