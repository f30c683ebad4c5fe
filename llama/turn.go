package llama

import (
	"math"

	"github.com/querent-ai/chord/simd"
)

// turned norms the heads of a token's queries or keys and turns them by its
// position.
func (p *pass) turned(x []float32, w norm, pos int) {
	dim := p.c.HeadDim
	p.headNorm(x, w)
	r := p.ropes.layers[p.layer]
	if r == nil {
		return
	}
	cos, sin := r.at(pos)
	for h := range len(x) / dim {
		head := row(x, h, dim)[:p.c.RopeDim]
		if p.fam.rope == ropeHalves {
			simd.RoPEHalves(head, cos, sin)
		} else {
			simd.RoPE(head, cos, sin)
		}
	}
}

// headNorm norms each head, with the same weights or each with its own, or all
// heads as one vector.
func (p *pass) headNorm(x []float32, w norm) {
	dim := p.c.HeadDim
	switch {
	case w.W == nil:
	case p.fam.qkNorm == qkNormAll:
		p.normed(x, x, w)
	default:
		for h := range len(x) / dim {
			own := w.W
			if len(own) > dim {
				own = row(own, h, dim)
			}
			p.normed(row(x, h, dim), row(x, h, dim), norm{W: own})
		}
	}
}

// queryScale returns what queries of position pos are multiplied by.
func (c *Config) queryScale(pos int) float32 {
	if c.AttnTemp == 0 {
		return c.AttnScale
	}
	grown := 1 + float64(c.AttnTemp*simd.Log(math.Floor(float64(pos)/float64(c.RopeContext))+1))
	return float32(float64(c.AttnScale) * grown)
}
