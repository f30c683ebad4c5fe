package convert

import (
	"fmt"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/safetensors"
)

// gemma4Rules are the keys of Gemma 4 that are one value of config.json.
var gemma4Rules = []rule{
	{"final_logit_softcapping", real, from("final_logit_softcapping"), nil},
	{"attention.sliding_window", count, from("sliding_window"), nil},
	{"attention.shared_kv_layers", count, from("num_kv_shared_layers"), uint32(0)},
	{"embedding_length_per_layer_input", count, from("hidden_size_per_layer_input"), uint32(0)},
	{"expert_used_count", count, from("num_experts_per_tok", "top_k_experts"), nil},
	{"expert_feed_forward_length", count, from("expert_intermediate_size", "moe_intermediate_size"), nil},
	{"attention.key_length", count, from("global_head_dim"), nil},
	{"attention.value_length", count, from("global_head_dim"), nil},
	{"attention.key_length_swa", count, from("head_dim"), nil},
	{"attention.value_length_swa", count, from("head_dim"), nil},
	{"rope.dimension_count", count, from("global_head_dim"), nil},
}

// gemma4Names are the tensors that no other family has.
var gemma4Names = map[string]string{
	"post_attention_layernorm":    "post_attention_norm",
	"pre_feedforward_layernorm_2": "pre_ffw_norm_2", "post_feedforward_layernorm_1": "post_ffw_norm_1", "post_feedforward_layernorm_2": "post_ffw_norm_2",
	"router.proj": "ffn_gate_inp", "experts.gate_up_proj": "ffn_gate_up_exps", "experts.down_proj": "ffn_down_exps",
	"layer_scalar": "layer_output_scale", "per_layer_input_gate": "inp_gate", "per_layer_projection": "proj", "post_per_layer_input_norm": "post_norm",
	"embed_tokens_per_layer": "per_layer_token_embd", "per_layer_model_projection": "per_layer_model_proj", "per_layer_projection_norm": "per_layer_proj_norm",
}

// gemma4Keys returns the keys of Gemma 4 that differ between layers.
func gemma4Keys(arch string, c *config) []gguf.KV {
	layers := c.need(nLayers)
	types := c.list("layer_types")
	if len(types) != layers {
		c.fail("layer_types", "list of %d, want one for each of %d layers", len(types), layers)
		return nil
	}
	windowed := make([]bool, layers)
	for i, t := range types {
		windowed[i] = t == "sliding_attention"
	}
	out := []gguf.KV{{Key: arch + ".attention.sliding_window_pattern", Value: windowed}}
	if full, ok := c.count("num_global_key_value_heads"); ok {
		heads, list := c.need(nKVHeads), make([]int32, layers)
		for i := range list {
			list[i] = int32(full)
			if windowed[i] {
				list[i] = int32(heads)
			}
		}
		out = append(out, gguf.KV{Key: arch + ".attention.head_count_kv", Value: list})
	}
	if c.flag("use_double_wide_mlp") {
		hidden, list := c.need("intermediate_size"), make([]int32, layers)
		shared, _ := c.count("num_kv_shared_layers")
		for i := range list {
			list[i] = int32(hidden)
			if i >= layers-shared {
				list[i] = int32(min(2*hidden, maxCount))
			}
		}
		out = append(out, gguf.KV{Key: arch + ".feed_forward_length", Value: list})
	}
	part := 1.0
	if x, ok := c.object("rope_parameters").object("sliding_attention").real("partial_rotary_factor"); ok {
		part = x
	}
	return append(out, gguf.KV{Key: arch + ".rope.dimension_count_swa", Value: uint32(part * float64(c.need("head_dim")))})
}

// gemma4Scales adds the scales of Gemma 4's routers and experts, and the embedding.
func gemma4Scales(b *builder, n name, src *safetensors.Tensor) (bool, error) {
	to := map[string]string{"router.scale": "ffn_gate_inp", "router.per_expert_scale": "ffn_down_exps"}[n.part]
	if to == "" {
		return cutVocab(b, n, src)
	}
	n.suffix = ".scale"
	return true, b.add(n.in(to), src.Shape, whole(src))
}

// addProportional adds the divisors of the frequencies of layers with full
// attention: of the pairs of a whole head, only the first ones rotate.
func addProportional(b *builder) {
	full := b.c.object("rope_parameters").object("full_attention")
	dim, part := b.c.need("global_head_dim"), 1.0
	if x, ok := full.real("partial_rotary_factor"); ok {
		part = x
	}
	if dim > maxHeadDim || !(part > 0 && part <= 1) {
		b.c.fail("rope_parameters", "full_attention: partial_rotary_factor %g of heads of %d", part, dim)
		return
	}
	x := make([]float32, dim/2)
	for i := range x {
		x[i] = 1
		if i >= int(float64(dim)*part/2) {
			x[i] = 1e30
		}
	}
	b.out = append(b.out, vector("rope_freqs.weight", x))
}

// gemma4BPE is Gemma 4's tokenizer.json: BPE of characters, with tokens for the
// bytes of characters that it lacks.
type gemma4BPE struct{}

// visible are the special tokens that stay in a text, so that calls of tools and
// thoughts can be parsed.
var visible = map[string]bool{"<|channel>": true, "<channel|>": true, "<|tool_call>": true, "<tool_call|>": true,
	"<|tool_response>": true, "<tool_response|>": true, "<|\"|>": true}

func (gemma4BPE) read(r *reading) (*vocab, error) {
	t, err := r.tokenizer("BPE")
	if err != nil {
		return nil, err
	}
	v, err := t.vocab(r, "gemma4")
	if err != nil {
		return nil, err
	}
	for _, a := range t.AddedTokens {
		if !a.Special { // white space and tags, which merges do not make
			v.set(a.ID, a.Content, 0, normal)
		}
	}
	v.pre, v.scores = "gemma4", make([]float32, len(v.tokens))
	for id, text := range v.tokens {
		v.scores[id] = -1000
		switch {
		case visible[text]:
			v.types[id] = userDefined
		case byteText.MatchString(text):
			v.types[id] = byteToken
		}
	}
	if v.more, err = r.specials(v, true); err != nil {
		return nil, err
	}
	if len(v.merges) == 0 {
		return nil, fmt.Errorf("convert: tokenizer.json: no merges")
	}
	v.more = setKey(v.more, "tokenizer.ggml.add_space_prefix", false)
	v.more = setKey(v.more, "tokenizer.ggml.add_bos_token", true)
	return v, nil
}
