package llama

import "github.com/querent-ai/chord/simd"

// [rope] Su et al., RoFormer, 2021, arXiv:2104.09864

// ropeChunk is the number of positions that a table grows by.
const ropeChunk = 256

// A rope holds the angles of rotary position embedding [rope] as tables that
// grow with the positions in use. Pair i of a head, elements 2i and 2i+1, turns
// at position pos by
//
//	pos · RopeBase^(-2i/RopeDim) / (RopeFactor · RopeFreqs[i])
//
// computed in double precision and in one way on every machine: the conversion
// in grow keeps the product from being fused into what follows.
type rope struct {
	freqs  []float64   // (RopeDim/2,) radians a position
	chunks [][]float32 // each (ropeChunk, 2, RopeDim/2): cosines, sines
}

// newRope returns the tables of c, without positions. factors is empty or
// (RopeDim/2,): llama3's divisors of the frequencies, rope_freqs.weight.
func newRope(c Config, factors []float32) rope {
	r := rope{freqs: make([]float64, c.RopeDim/2)}
	for i := range r.freqs {
		r.freqs[i] = simd.Pow(c.RopeBase, -2*float64(i)/float64(c.RopeDim)) / c.RopeFactor
		if len(factors) > 0 {
			r.freqs[i] /= float64(factors[i])
		}
	}
	return r
}

// grow makes the tables cover positions [0, n).
func (r *rope) grow(n int) {
	half := len(r.freqs)
	for len(r.chunks)*ropeChunk < n {
		chunk := make([]float32, ropeChunk*2*half)
		for p := range ropeChunk {
			pos := float64(len(r.chunks)*ropeChunk + p)
			row := chunk[p*2*half:]
			for i, f := range r.freqs {
				sin, cos := simd.SinCos(float64(pos * f))
				row[i], row[half+i] = float32(cos), float32(sin)
			}
		}
		r.chunks = append(r.chunks, chunk)
	}
}

// at returns the cosines and sines of position pos, (RopeDim/2,) each.
func (r *rope) at(pos int) (cos, sin []float32) {
	half := len(r.freqs)
	row := r.chunks[pos/ropeChunk][pos%ropeChunk*2*half:]
	return row[:half], row[half : 2*half]
}
