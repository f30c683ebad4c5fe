package llama

import (
	"math"

	"github.com/querent-ai/chord/simd"
)

// [t5] Raffel et al., Exploring the Limits of Transfer Learning, 2019, arXiv:1910.10683

// maxRelative is the distance from which on all distances have one bucket.
const maxRelative = 128

// relative reads the number of buckets of distances [t5].
func (r *keyReader) relative(c *Config) {
	const key = "attention.relative_buckets_count"
	if !r.fam.relative || r.err != nil {
		return
	}
	c.RelBuckets = r.mustCount(key)
	if r.err == nil && (c.RelBuckets%4 != 0 || c.RelBuckets/4 >= maxRelative) {
		r.bad(key, "%d, want a multiple of 4 below %d", c.RelBuckets, 4*maxRelative)
	}
}

// relativeBias reads the output matrix and the biases of a layer, which has the first
// layer's if it has none of its own.
func (l *loader) relativeBias(a *attention, prefix string, c *LayerConfig) {
	a.Output = l.linear(prefix+"attn_o", l.c.Dim, c.outDim())
	a.RelBias = l.relBias
	first := prefix == "enc.blk.0."
	if name := prefix + "attn_rel_b.weight"; first || l.has(name) {
		a.RelBias = l.vector(name, c.Heads, l.c.RelBuckets)
	}
	if first {
		l.relBias = a.RelBias
	}
}

// relBuckets returns the bucket of each distance to earlier tokens up to maxRelative:
// one for each of the first quarter of all buckets, then, up to half of them, as many
// again that grow with the logarithm. It rounds as llama.cpp does, which decides
// where a distance is on the edge of two buckets.
func relBuckets(buckets int) []int {
	half, exact := buckets/2, buckets/4
	of := make([]int, maxRelative+1)
	for d := range of {
		if of[d] = d; d < exact {
			continue
		}
		log := float32(simd.Log(float64(d) / float64(exact)))
		part := float64(float32(log*float32(half-exact))) / simd.Log(float64(maxRelative)/float64(exact))
		of[d] = min(int(math.Floor(float64(float32(float64(exact)+part)))), half-1)
	}
	return of
}

// relBucket returns the bucket of a token that is the given number of positions
// after another one: those after it have the second half of the buckets.
func (p *pass) relBucket(distance int) int {
	first := 0
	if distance > 0 {
		first = p.c.RelBuckets / 2
	}
	return first + p.buckets[min(max(distance, -distance), maxRelative)]
}
