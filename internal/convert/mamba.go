package convert

import (
	"math"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/safetensors"
	"github.com/querent-ai/chord/simd"
)

// mambaParts are GGUF's names of the parts of Mamba 2.
var mambaParts = map[string]string{
	"in_proj": "ssm_in", "conv1d": "ssm_conv1d", "A_log": "ssm_a", "D": "ssm_d", "dt_bias": "ssm_dt.bias", "norm": "ssm_norm", "out_proj": "ssm_out",
}

// mamba2 adds a part of Mamba 2 and reports whether it is one.
func (b *builder) mamba2(n name, part string, src *safetensors.Tensor, groups int) (bool, error) {
	base, ok := mambaParts[part]
	if !ok || len(src.Shape) == 0 {
		return false, nil
	}
	to, v, shape := n.in(base), whole(src), src.Shape
	switch part {
	case "A_log", "D":
		to = strings.TrimSuffix(to, ".weight")
		v, shape = rowsOf(v, shape), []int{shape[0], 1}
		if part == "A_log" {
			v.change = minusExp
		}
	case "dt_bias":
		to = strings.TrimSuffix(to, ".weight")
	case "conv1d":
		if len(shape) == 3 && shape[1] == 1 {
			shape = []int{shape[0], shape[2]}
		}
	case "norm":
		shape = []int{groups, src.Len() / max(groups, 1)}
	}
	return true, b.add(to, shape, v)
}

// minusExp is -eˣ: decays are stored as the logarithm of what they are negative of.
func minusExp(x float32) float32 { return -float32(simd.Pow(math.E, float64(x))) }

// graniteHybridRules are the keys of Granite 4 hybrids.
var graniteHybridRules = append(graniteRules[:len(graniteRules):len(graniteRules)],
	rule{"expert_shared_feed_forward_length", count, from("shared_intermediate_size"), nil},
	rule{"ssm.conv_kernel", count, from("mamba_d_conv"), uint32(4)},
	rule{"ssm.state_size", count, from("mamba_d_state"), nil},
	rule{"ssm.group_count", count, from("mamba_n_groups"), uint32(1)},
	rule{"ssm.time_step_rank", count, from("mamba_n_heads"), nil},
)

// graniteHybridKeys returns the keys that follow from several values.
func graniteHybridKeys(arch string, c *config) []gguf.KV {
	expand, _ := c.count("mamba_expand")
	dim, _ := c.count("hidden_size")
	if expand == 0 {
		expand = 2
	}
	rope := c.str("position_embedding_type") == "rope"
	return []gguf.KV{
		{Key: arch + ".ssm.inner_size", Value: uint32(min(expand*dim, maxCount))},
		{Key: arch + ".rope.scaling.finetuned", Value: rope},
		attentionLayers(arch, c, "attention"),
	}
}

// attentionLayers returns the heads of keys of each layer: 0 where its type is not
// the given one.
func attentionLayers(arch string, c *config, attention string) gguf.KV {
	kv, _ := c.count(nKVHeads)
	types := c.list("layer_types")
	n, _ := c.count(nLayers)
	heads := make([]int32, n) // at most maxLayers
	for i, t := range types {
		if i < n && t == attention {
			heads[i] = int32(kv)
		}
	}
	return gguf.KV{Key: arch + ".attention.head_count_kv", Value: heads}
}

// graniteHybridTensors adds the tensors of Granite 4 hybrids.
func graniteHybridTensors(b *builder, n name, src *safetensors.Tensor) (bool, error) {
	if part, ok := strings.CutPrefix(n.part, "mamba."); ok {
		groups, _ := b.c.count("mamba_n_groups")
		return b.mamba2(n, part, src, max(groups, 1))
	}
	return splitGranite(b, n, src)
}
