package llama

// relu2Mul sets dst[i] = max(gate[i], 0)² · up[i]; dst may be gate or up.
func relu2Mul(dst, gate, up []float32) {
	for i, g := range gate {
		g = max(g, 0)
		dst[i] = float32(g*g) * up[i]
	}
}
