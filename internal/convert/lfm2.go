package convert

import (
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/safetensors"
)

// lfm2Names are LFM 2's names of tensors.
var lfm2Names = map[string]string{
	"embedding_norm": "token_embd_norm", "operator_norm": "attn_norm", "ffn_norm": "ffn_norm",
	"self_attn.out_proj": "attn_output", "self_attn.q_layernorm": "attn_q_norm", "self_attn.k_layernorm": "attn_k_norm",
	"feed_forward.w1": "ffn_gate", "feed_forward.w3": "ffn_up", "feed_forward.w2": "ffn_down",
	"conv.conv": "shortconv.conv", "conv.in_proj": "shortconv.in_proj", "conv.out_proj": "shortconv.out_proj",
}

// lfm2Keys returns the keys that follow from several values.
func lfm2Keys(arch string, c *config) []gguf.KV {
	hidden, ok := c.count("block_ff_dim")
	if !ok || hidden == 0 {
		hidden = c.need("intermediate_size")
	}
	if c.flag("block_auto_adjust_ff_dim") {
		hidden = 2 * hidden / 3
		if x, ok := c.real("block_ffn_dim_multiplier"); ok && x > 0 && x < 100 {
			hidden = int(x * float64(hidden))
		}
		if n, ok := c.count("block_multiple_of"); ok && n > 0 {
			hidden = (hidden + n - 1) / n * n
		}
	}
	return []gguf.KV{
		{Key: arch + ".feed_forward_length", Value: uint32(min(hidden, maxCount))},
		attentionLayers(arch, c, "full_attention"),
	}
}

// lfm2Tensors adds the convolutions, whose second dimension of one element goes, and
// the biases of routers.
func lfm2Tensors(b *builder, n name, src *safetensors.Tensor) (bool, error) {
	if done, err := probsBias(b, n, src); done || err != nil {
		return done, err
	}
	if n.part != "conv.conv" || len(src.Shape) != 3 || src.Shape[1] != 1 {
		return false, nil
	}
	return true, b.add(n.in("shortconv.conv"), []int{src.Shape[0], src.Shape[2]}, whole(src))
}
