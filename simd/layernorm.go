package simd

// LayerNorm sets dst[i] = (x[i] - mean(x)) / sqrt(variance(x) + eps) · w[i]; dst
// may be x. Sums are taken in 16 lanes and a tree. All have the same length,
// else it panics. [layernorm] Ba, Kiros, Hinton, Layer Normalization, 2016,
// arXiv:1607.06450.
//
//go:noinline
func LayerNorm(dst, x, w []float32, eps float32) {
	checkLen("LayerNorm", len(dst), len(x))
	checkLen("LayerNorm", len(dst), len(w))
	if len(x) == 0 {
		return
	}
	mean := sumGeneric(x) / float32(len(x))
	for i, v := range x {
		dst[i] = v - mean
	}
	active.scaleMul(dst, dst, w, normScale(active.dot(dst, dst), len(x), eps))
}
