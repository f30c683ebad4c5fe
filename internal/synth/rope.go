package synth

import "math"

// ropeFreqs is the tensor of factors that RoPE's frequencies are divided by.
const ropeFreqs = "rope_freqs.weight"

// ropeFactors returns the n = head dimension / 2 factors of Llama 3.2: wavelengths
// longer than the original context are stretched 32 times, those shorter than a
// quarter of it not at all, those between by an interpolated factor.
//
// Meta's settings: base 500000, factor 32, low_freq_factor 1, high_freq_factor
// 4, original context 8192.
func ropeFactors(n int) []float32 {
	const base, factor, low, high, original = 500000.0, 32.0, 1.0, 4.0, 8192.0
	out := make([]float32, n)
	for i := range out {
		wave := 2 * math.Pi * math.Pow(base, float64(i)/float64(n))
		switch {
		case wave < original/high:
			out[i] = 1
		case wave > original/low:
			out[i] = factor
		default:
			smooth := (original/wave - low) / (high - low)
			out[i] = float32(1 / ((1-smooth)/factor + smooth))
		}
	}
	return out
}
