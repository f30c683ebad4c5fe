package simd

// [gelu] Hendrycks, Gimpel, Gaussian Error Linear Units, 2016, arXiv:1606.08415

// Constants of GELU's approximation: 2·√(2/π), and that times 0.044715.
const (
	geluLinear = 1.5957691216057308
	geluCubic  = 0.07135481627159896
)

// geluMulGeneric is
//
//	for i, g := range gate { dst[i] = g / (1 + Exp(-g*(geluLinear + geluCubic*g*g))) * up[i] }
//
// which is g·(1 + tanh(√(2/π)·(g + 0.044715·g³)))/2 · up.
func geluMulGeneric(dst, gate, up []float32) {
	for i, g := range gate {
		u := float32(float32(float32(float32(g*g)*geluCubic)+geluLinear) * g)
		dst[i] = float32(g/(1+Exp(-u))) * up[i]
	}
}

// GELUMul sets dst[i] = GELU(gate[i]) · up[i], with GELU's tanh approximation
// [gelu]; dst may be gate or up. It panics if the lengths differ.
//
//go:noinline
func GELUMul(dst, gate, up []float32) {
	checkLen("GELUMul", len(dst), len(gate))
	checkLen("GELUMul", len(dst), len(up))
	active.geluMul(dst, gate, up)
}

// Constants of gpt-oss's activation.
const (
	swigluAlpha = 1.702
	swigluLimit = 7
)

// SwiGLUOAI is gpt-oss's activation, with both inputs clamped:
//
//	g, u := min(gate[i], 7), max(-7, min(up[i], 7))
//	dst[i] = g / (1 + exp(-1.702·g)) · (u + 1)
//
// dst may be gate or up. It panics if the lengths differ.
func SwiGLUOAI(dst, gate, up []float32) {
	checkLen("SwiGLUOAI", len(dst), len(gate))
	checkLen("SwiGLUOAI", len(dst), len(up))
	for i, g := range gate {
		g = min(g, swigluLimit)
		u := max(-swigluLimit, min(up[i], swigluLimit))
		dst[i] = float32(g/(1+Exp(float32(-swigluAlpha*g)))) * (u + 1)
	}
}

// Softcap sets x[i] = limit · tanh(x[i]/limit).
func Softcap(x []float32, limit float32) {
	for i, v := range x {
		x[i] = limit * Tanh(v/limit)
	}
}

// Tanh returns the hyperbolic tangent with an absolute error below 2e-7, the
// same bits on every machine.
func Tanh(x float32) float32 {
	return 1 - 2/(1+Exp(2*x))
}
