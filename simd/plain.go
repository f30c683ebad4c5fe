package simd

import "github.com/querent-ai/chord/quant"

// plainTile computes tile i of a matrix that is not interleaved, for tokens
// [t0, t1).
func (j *mulJob) plainTile(worker int, q Product, i, t0, t1 int) {
	w, s := q.W, &j.scratch[worker]
	lo, hi := i*tileRows, min((i+1)*tileRows, w.rows)
	n := w.rowBytes()
	switch w.kind {
	case floats:
		j.floatRows(s, q, lo, hi, t0, t1)
	case blocks32:
		for r := lo; r < hi; r++ {
			for t := t0; t < t1; t += w.kind.panel() {
				j.row32(s, q, w.data[r*n:(r+1)*n], r, t)
			}
		}
	case blocks256:
		for r := lo; r < hi; r++ {
			j.row256(s, q, w.data[r*n:(r+1)*n], r, t0, t1)
		}
	}
}

// floatChunk is the number of columns of four float rows converted at a time.
const floatChunk = 256

// floatRows computes rows [lo, hi) of float weights: dst += w[k]·x[k], column by
// column; four rows at once, since every row is one chain of additions.
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
				size := w.typ.BlockBytes()
				row := w.data[(r+i)*w.rowBytes()+c*size:]
				quant.Dequantize(s.float[i][:n], w.typ, row[:n*size])
			}
			for t := t0; t < t1; t++ {
				fourChains(q.Dst[t*w.rows+r:][:rows], &s.float, a.x[t*a.cols+c:][:n])
			}
		}
	}
}

// fourChains adds the columns of x to the sums of up to four rows.
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

// row32 computes row r for the panel that starts at token t, in groups of columns
// with one scale, 32 or, for NVFP4, 16:
//
//	acc += float32(Σ q·x) * (d*scale * dx)
//	acc -= float32(Σ x) * (dmin * dx)    (types with minima)
func (j *mulJob) row32(s *tileScratch, q Product, row []byte, r, t int) {
	w, v := q.W, &s.ints
	size, elems, group := w.typ.BlockBytes(), w.typ.BlockElems(), 32
	if w.typ == quant.NVFP4 {
		group = 16
	}
	rec, tokens := j.a.panel(blocks32, t)
	mins := quant.HasMins(w.typ)
	var acc [panelMax]float32
	for c := 0; c < w.cols; c += group {
		k := c % elems
		if k == 0 {
			quant.Integers(v, w.typ, row[c/elems*size:])
		}
		off := c / 32 * tokens * recordBytes
		dx := at[float32](rec, off+32*tokens, tokens)
		bias := at[int32](rec, off+36*tokens, tokens)
		d := v.D * float32(v.Scales[k/16])
		for i := range tokens {
			sum := dotInts(v.Q[k:k+group], at[int8](rec, off+32*i+c%32, group))
			acc[i] += float32(float32(sum) * float32(d*dx[i]))
			if mins { // each is 1
				acc[i] -= float32(float32(bias[i]/-8) * float32(v.DMin*dx[i]))
			}
		}
	}
	for i := range tokens {
		q.Dst[(t+i)*w.rows+r] = acc[i]
	}
}

// row256 computes row r for tokens [t0, t1), block by block:
//
//	acc += float32(Σ_g scale[g]·Σ q·x) * (d * dx)
//	acc -= float32(Σ_g min[g]·Σ x) * (dmin * dx)    (types with minima)
//
// where g is a group of 16 columns.
func (j *mulJob) row256(s *tileScratch, q Product, row []byte, r, t0, t1 int) {
	w, a, v := q.W, j.a, &s.ints
	size, mins := w.typ.BlockBytes(), quant.HasMins(w.typ)
	for t := t0; t < t1; t++ {
		q.Dst[t*w.rows+r] = 0
	}
	for b := range w.cols / 256 {
		quant.Integers(v, w.typ, row[b*size:])
		for t := t0; t < t1; t++ {
			x, sums, dx := a.block256(t, b)
			var sum, m int32
			for g := range 16 {
				sum += v.Scales[g] * dotInts(v.Q[16*g:16*g+16], x[16*g:16*g+16])
				m += v.Mins[g] * int32(sums.of16[g])
			}
			acc := &q.Dst[t*w.rows+r]
			*acc += float32(float32(sum) * float32(v.D*dx))
			if mins {
				*acc -= float32(float32(m) * float32(v.DMin*dx))
			}
		}
	}
}

// dotInts returns Σ q[i]·x[i], exactly; the length is a multiple of 4.
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
