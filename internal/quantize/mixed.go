package quantize

import (
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/quant"
)

// mixed returns the type of t, of category k, in the mix; see [llama].
func (c *chooser) mixed(t *gguf.Tensor, k category) quant.Type {
	switch {
	case k == output, k == embd && c.tied:
		return c.outputType(t)
	case c.mix.name == "MXFP4_MOE":
		if len(t.Shape) > 2 && t.Shape[2] > 1 {
			return quant.MXFP4
		}
		return quant.Q8_0
	case k.likeV():
		return c.valueType()
	case k == attnK && c.experts == 8:
		return quant.Q8_0
	case k == ffnDown:
		return c.downType(t)
	case k == attnOutput:
		return c.attnOutputType()
	}
	return c.mix.base
}

// outputType returns the type of the output matrix.
func (c *chooser) outputType(t *gguf.Tensor) quant.Type {
	base := c.mix.base
	switch {
	case c.output != nil:
		return *c.output
	case c.mix.name == "MXFP4_MOE", c.falcon, t.Shape[0]%uint64(base.BlockElems()) != 0, base == quant.Q8_0:
		return quant.Q8_0
	}
	return quant.Q6_K
}

// moreBits reports whether the _M mixes give layer i of n more bits: the first
// and the last eighth, and every third between.
func moreBits(i, n int) bool {
	return i < n/8 || i >= 7*n/8 || (i-n/8)%3 == 2
}

// valueType returns the type of a tensor that is likeV.
func (c *chooser) valueType() quant.Type {
	typ, i := c.mix.base, c.value
	c.value++
	switch c.mix.name {
	case "Q2_K":
		typ = either(c.shared >= 4, quant.Q4_K, quant.Q3_K)
	case "Q2_K_S":
		typ = either(c.shared >= 4, quant.Q4_K, typ)
	case "Q3_K_M":
		typ = either(i < 2, quant.Q5_K, quant.Q4_K)
	case "Q3_K_L":
		typ = quant.Q5_K
	case "IQ4_NL", "IQ4_XS":
		typ = either(c.shared >= 4, quant.Q5_K, typ)
	case "Q4_K_M", "Q5_K_M":
		typ = either(moreBits(i, c.values), quant.Q6_K, typ)
	case "Q4_K_S":
		typ = either(i < 4, quant.Q5_K, typ)
	}
	if c.large && (typ == quant.Q3_K || typ == quant.Q4_K) {
		typ = quant.Q5_K
	}
	if c.experts == 8 {
		typ = quant.Q8_0
	}
	return typ
}

// either returns yes if cond holds, else no.
func either(cond bool, yes, no quant.Type) quant.Type {
	if cond {
		return yes
	}
	return no
}

// downType returns the type of ffn_down. It depends on the layer if there are
// several experts, else on the number of ffn_down tensors before.
func (c *chooser) downType(t *gguf.Tensor) quant.Type {
	i, n, base := c.downs, c.layers, c.mix.base
	c.downs++
	if c.experts > 1 {
		i = layerOf(t.Name)
	}
	switch c.mix.name {
	case "Q2_K":
		return quant.Q3_K
	case "Q2_K_S":
		return either(i < n/8, quant.Q4_K, base)
	case "Q3_K_M":
		return either(i < n/16, quant.Q5_K, either(!c.falcon || moreBits(i, n), quant.Q4_K, quant.Q3_K))
	case "Q3_K_L":
		return either(c.falcon, quant.Q4_K, quant.Q5_K)
	case "Q4_K_M":
		if c.falcon {
			return either(i < n/16, quant.Q6_K, either(moreBits(i, n), quant.Q5_K, quant.Q4_K))
		}
		return either(moreBits(i, n), quant.Q6_K, base)
	case "Q5_K_M":
		return either(moreBits(i, n), quant.Q6_K, base)
	case "Q4_K_S":
		return either(!c.falcon && i < n/8, quant.Q5_K, base)
	case "IQ4_NL", "IQ4_XS":
		return either(i < n/8 && !c.hasImatrix, quant.Q5_K, base)
	case "Q4_0":
		return either(c.hasImatrix && i < n/8, quant.Q4_1, base)
	case "Q5_0":
		return either(c.hasImatrix && i < n/8, quant.Q5_1, base)
	}
	return base
}

// eightExperts are the mixes that give attn_output more bits in models with eight
// experts.
var eightExperts = map[string]bool{
	"Q2_K": true, "Q3_K_S": true, "Q3_K_M": true, "Q4_K_S": true, "Q4_K_M": true, "IQ4_NL": true, "IQ4_XS": true,
}

// attnOutputType returns the type of attn_output.
func (c *chooser) attnOutputType() quant.Type {
	switch {
	case c.falcon:
		return either(c.mix.name == "Q3_K_L", quant.Q4_K, c.mix.base)
	case c.experts == 8:
		return either(eightExperts[c.mix.name], quant.Q5_K, c.mix.base)
	}
	switch c.mix.name {
	case "Q2_K":
		return quant.Q3_K
	case "Q3_K_M":
		return quant.Q4_K
	case "Q3_K_L":
		return quant.Q5_K
	}
	return c.mix.base
}
