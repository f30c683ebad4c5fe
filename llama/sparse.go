package llama

import "math"

// sparseLayers is the number of Gemma 3n's first layers whose gates keep only
// about a twentieth of their elements.
const sparseLayers = 10

// sparseDeviations is how many standard deviations above the mean a gate's element
// must be to be kept: 95 % of a normal distribution are below.
const sparseDeviations = 1.6448533535003662

type sparseJob pass

// sparsify sets the elements of a gate to how far they are above the mean plus
// sparseDeviations standard deviations of their row, or to 0.
func (p *pass) sparsify(gate []float32) {
	if p.fam.streams && p.layer < sparseLayers && p.ok() {
		p.dst = gate
		p.forRows((*sparseJob)(p))
	}
}

func (p *sparseJob) Do(_, lo, hi int) {
	n := len(p.dst) / len(p.tokenOf)
	for i := lo; i < hi; i++ {
		x := row(p.dst, i, n)
		sum := float32(0)
		for _, v := range x {
			sum += v
		}
		mean, square := sum/float32(n), float32(0)
		for _, v := range x {
			square += float32((v - mean) * (v - mean))
		}
		deviation := float32(math.Sqrt(float64(square / float32(n-1))))
		least := mean + float32(deviation*sparseDeviations)
		for d, v := range x {
			x[d] = max(v-least, 0)
		}
	}
}
