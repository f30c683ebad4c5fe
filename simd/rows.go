package simd

import "github.com/querent-ai/chord/quant"

// dotRowsGeneric is
//
//	for i := range dst { dst[i] = Dot(q, k[i*len(q):(i+1)*len(q)]) }
func dotRowsGeneric(dst, q, k []float32) {
	n := len(q)
	for i := range dst {
		dst[i] = dotGeneric(q, k[i*n:(i+1)*n])
	}
}

// dotRowsF16Generic is dotRowsGeneric over rows of f16.
func dotRowsF16Generic(dst, q []float32, k []uint16) {
	n := len(q)
	for i := range dst {
		dst[i] = dotF16(q, k[i*n:(i+1)*n])
	}
}

// dotF16 is Dot with a row of f16.
func dotF16(q []float32, k []uint16) float32 {
	var s [lanes]float32
	for len(q) >= lanes && len(k) >= lanes {
		for l := range lanes {
			s[l] += float32(q[l] * quant.F16ToF32(k[l]))
		}
		q, k = q[lanes:], k[lanes:]
	}
	for l := range q {
		s[l] += float32(q[l] * quant.F16ToF32(k[l]))
	}
	return tree(&s)
}

// axpyRowsGeneric is
//
//	for i := range p { for d := range dst { dst[d] += p[i] * v[i*len(dst)+d] } }
func axpyRowsGeneric(dst, p, v []float32) {
	n := len(dst)
	for i, a := range p {
		row := v[i*n : (i+1)*n]
		for d := range dst {
			dst[d] += float32(a * row[d])
		}
	}
}

// axpyRowsF16Generic is axpyRowsGeneric over rows of f16.
func axpyRowsF16Generic(dst, p []float32, v []uint16) {
	n := len(dst)
	for i, a := range p {
		row := v[i*n : (i+1)*n]
		for d := range dst {
			dst[d] += float32(a * quant.F16ToF32(row[d]))
		}
	}
}

// toF16Generic rounds src to f16, ties to even.
func toF16Generic(dst []uint16, src []float32) {
	for i, x := range src {
		dst[i] = quant.F32ToF16(x)
	}
}
