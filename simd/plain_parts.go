package simd

// rowParts computes row r for the panel that starts at token t, of a type whose
// blocks have several parts, each the columns of one scale of the weights and
// one of the activations, part by part:
//
//	acc += float32(Σ q·x) * (d * dx)
func (j *mulJob) rowParts(s *tileScratch, q Product, row []byte, r, t int) {
	w, v := q.W, &s.ints
	dec, size, elems := decoders[w.typ], w.typ.BlockBytes(), w.typ.BlockElems()
	rec, tokens := j.a.panel(t)
	var acc [panelMax]float32
	for c := 0; c < w.cols; c += dec.part {
		if c%elems == 0 {
			dec.decode(v, row[c/elems*size:])
		}
		off := c / 32 * tokens * recordBytes
		dx := at[float32](rec, off+32*tokens, tokens)
		for i := range tokens {
			sum := dotInts(v.q[c%elems:c%elems+dec.part], at[int8](rec, off+32*i+c%32, dec.part))
			acc[i] += float32(float32(sum) * float32(v.part[c%elems/dec.part]*dx[i]))
		}
	}
	for i := range tokens {
		q.Dst[(t+i)*w.rows+r] = acc[i]
	}
}
