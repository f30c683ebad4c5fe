package quant

import "math"

// e8m0Half returns half of the E8M0 scale e, 2^(e-128), as ggml does: the
// values of [ValuesMXFP4] are doubled. 255, NaN in the OCP text, is 2¹²⁷ here.
//
// OCP Microscaling Formats (MX) Specification 1.0, section 5.4.1.
func e8m0Half(e byte) float32 {
	if e < 2 {
		return math.Float32frombits(0x00200000 << e) // subnormal
	}
	return math.Float32frombits(uint32(e-1) << 23)
}
