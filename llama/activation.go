package llama

import "github.com/querent-ai/chord/simd"

// An XIELU has the parameters of the activation xIELU:
//
//	AlphaP·x² + Beta·x                                 above 0
//	AlphaN·(exp(min(x, Eps)) - 1 - x) + Beta·x         else
type XIELU struct{ AlphaN, AlphaP, Beta, Eps float32 }

// activation reads the activation of the feed-forward networks.
func (r *keyReader) activation(c *Config) {
	if r.fam.act == actXIELU {
		r.xielu(c)
	}
	if !r.fam.actByKey {
		return
	}
	switch name := r.str("hidden_activation", "gelu"); name {
	case "gelu", "geglu":
	case "silu", "swiglu":
		c.SiLU = true
	default:
		r.unsupported("hidden_activation", "%q, known are gelu, silu", name)
	}
}

// xielu reads the parameters of xIELU, whose keys have no architecture. The file
// has the alphas before softplus.
func (r *keyReader) xielu(c *Config) {
	read := func(key string) []float32 {
		list, ok, err := r.f.Floats("xielu." + key)
		if err != nil {
			var x float64
			if x, ok, err = r.f.Float("xielu." + key); ok {
				list = []float32{float32(x)}
			}
		}
		if r.fail(err); r.err == nil && (!ok || len(list) != 1 && len(list) < len(c.Layer)) {
			r.fail(formatError("xielu." + key + ": missing, or not one number for each layer"))
		}
		return list
	}
	n, p, beta, eps := read("alpha_n"), read("alpha_p"), read("beta"), read("eps")
	if r.err != nil {
		return
	}
	at := func(list []float32, i int) float32 { return list[min(i, len(list)-1)] }
	for i := range c.Layer {
		c.Layer[i].XIELU = XIELU{
			AlphaN: at(beta, i) + simd.Softplus(at(n, i)), AlphaP: simd.Softplus(at(p, i)), Beta: at(beta, i), Eps: at(eps, i),
		}
	}
}

// xieluMul sets dst to up times xIELU of gate. Every operation is rounded, so that
// no compiler fuses them.
func xieluMul(dst, gate, up []float32, c *XIELU) {
	for i, x := range gate {
		y := float32(c.Beta * x)
		if x > 0 {
			y += float32(float32(c.AlphaP*x) * x)
		} else {
			y += float32(float32(float32(simd.Exp(min(x, c.Eps))-1)-x) * c.AlphaN)
		}
		dst[i] = y * up[i]
	}
}

// relu2Mul sets dst to up times the square of gate, or to 0 where gate is not
// above 0.
func relu2Mul(dst, gate, up []float32) {
	for i, g := range gate {
		if g <= 0 {
			g = 0
		}
		dst[i] = float32(g*g) * up[i]
	}
}

// reluMul sets dst to up times gate, or to 0 where gate is not above 0.
func reluMul(dst, gate, up []float32) {
	for i, g := range gate {
		if !(g > 0) {
			g = 0
		}
		dst[i] = g * up[i]
	}
}

// siluWithin sets dst to min(SiLU(gate), limit) times up, which it bounds on both
// sides.
func siluWithin(dst, gate, up []float32, limit float32) {
	simd.SiLUMul(dst, gate, ones[:len(dst)])
	clamp(up, limit)
	for i, x := range dst {
		dst[i] = min(x, limit) * up[i]
	}
}

// minClamp is the least bound that is one, as in llama.cpp.
const minClamp = 1e-6

// clamps reads the bounds of SwiGLU in experts and in other networks, of each layer.
func (r *keyReader) clamps(c *Config) {
	if !r.fam.clamps || r.err != nil {
		return
	}
	experts, others := r.layerFloats("swiglu_clamp_exp"), r.layerFloats("swiglu_clamp_shexp")
	for i := range c.Layer {
		l := &c.Layer[i]
		if experts != nil && experts[i] > minClamp {
			l.ExpertClamp = experts[i]
		}
		if others != nil && others[i] > minClamp {
			l.MLPClamp = others[i]
		}
	}
}
