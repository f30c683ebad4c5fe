package convert

import (
	"fmt"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/safetensors"
)

// hybridFamilies are families with Mamba 2, alone or beside attention, and the
// mixture of experts of LFM 2.
var hybridFamilies = []family{
	{
		arch: "lfm2moe", from: []string{"Lfm2MoeForCausalLM"}, names: lfm2MoeNames, keys: lfm2MoeKeys, special: lfm2Tensors, vocab: bpeOnly,
		pre:   map[string]string{"llama3": "lfm2"},
		fixed: map[string][]string{"norm_topk_prob": {"true"}, "use_expert_bias": {"true"}},
		rules: []rule{
			{"vocab_size", count, from("vocab_size"), nil},
			{"shortconv.l_cache", count, from("conv_L_cache"), nil},
			{"leading_dense_block_count", count, from("num_dense_layers"), uint32(0)},
			{"expert_feed_forward_length", count, from("moe_intermediate_size"), nil},
			{"expert_weights_scale", real, from("routed_scaling_factor"), nil},
		},
		defaults: map[string]any{"rope_theta": 1000000, "norm_eps": 1e-5, "scoring_func": "sigmoid"},
	},
	{
		arch: "nemotron_h_moe", from: []string{"NemotronHForCausalLM"}, when: func(c *config) bool { _, ok := c.count("num_experts_per_tok"); return ok },
		adapt: nemotronConfig, act: reluNames, noRope: true, names: nemotronNames, special: nemotronTensors, vocab: bpeOnly,
		fixed: map[string][]string{"moe_latent_size": {}}, defaults: map[string]any{"scoring_func": "sigmoid"}, keys: nemotronKeys,
		rules: append(nemotronRules[:len(nemotronRules):len(nemotronRules)],
			rule{"expert_feed_forward_length", count, from("moe_intermediate_size"), nil},
			rule{"expert_shared_feed_forward_length", count, from("moe_shared_expert_intermediate_size"), nil},
			rule{"expert_shared_count", count, from("n_shared_experts"), nil},
			rule{"expert_weights_norm", flag, from("norm_topk_prob"), nil},
			rule{"expert_weights_scale", real, from("routed_scaling_factor"), nil}),
	},
	{
		arch: "nemotron_h", from: []string{"NemotronHForCausalLM"}, adapt: nemotronConfig, act: reluNames, noRope: true, names: nemotronNames,
		special: nemotronTensors, vocab: bpeOnly, keys: nemotronKeys, rules: nemotronRules,
	},
	{
		arch: "mamba2", from: []string{"Mamba2ForCausalLM"}, own: true, adapt: mamba2Config, noRope: true, names: mixerNames, special: mixerTensors, keys: mamba2Keys,
		vocab: spmOrBPE, pre: map[string]string{"gpt2": "olmo"},
		rules: append(ssmRules[:len(ssmRules):len(ssmRules)],
			rule{"attention.layer_norm_rms_epsilon", real, from("layer_norm_epsilon", "rms_norm_eps"), float32(1e-5)}),
	},
	{
		arch: "falcon-h1", from: []string{"FalconH1ForCausalLM"}, special: falconH1Tensors, keys: falconH1Keys, vocab: bpeOnly, names: map[string]string{
			"mamba.in_proj": "ssm_in", "mamba.out_proj": "ssm_out", "final_layernorm": "output_norm",
			"feed_forward.gate_proj": "ffn_gate", "feed_forward.up_proj": "ffn_up", "feed_forward.down_proj": "ffn_down",
		},
		pre:   map[string]string{"llama3": "falcon-h1", "digits": "falcon-h1", "gpt2": "falcon-h1"},
		fixed: map[string][]string{"mamba_norm_before_gate": {"false"}, "mamba_use_mlp": {"true"}, "projectors_bias": {"false"}},
		rules: append(ssmRules[:len(ssmRules):len(ssmRules)],
			rule{"vocab_size", count, from("vocab_size"), nil},
			rule{"rope.dimension_count", count, from(nRopeDim), nil}),
	},
}

// lfm2MoeNames are the tensors of LFM 2 with experts.
var lfm2MoeNames = joined(lfm2Names, map[string]string{
	"feed_forward.gate": "ffn_gate_inp", "feed_forward.experts.w1": "ffn_gate_exps", "feed_forward.experts.w3": "ffn_up_exps", "feed_forward.experts.w2": "ffn_down_exps",
})

// lfm2MoeKeys returns the heads of each layer.
func lfm2MoeKeys(arch string, c *config) []gguf.KV {
	return []gguf.KV{attentionLayers(arch, c, "full_attention")}
}

// ssmRules are the keys of Mamba 2, whose settings have several names.
var ssmRules = []rule{
	{"ssm.conv_kernel", count, from("conv_kernel", "mamba_d_conv"), uint32(4)},
	{"ssm.state_size", count, from("ssm_state_size", "state_size", "mamba_d_state"), uint32(128)},
	{"ssm.group_count", count, from("n_groups", "mamba_n_groups"), uint32(1)},
	{"ssm.time_step_rank", count, from("mamba_num_heads", "mamba_n_heads", "num_heads"), nil},
}

// nemotronRules are the keys of Nemotron-H without experts.
var nemotronRules = append(ssmRules[:len(ssmRules):len(ssmRules)],
	rule{"attention.layer_norm_rms_epsilon", real, from("layer_norm_epsilon", "norm_eps", "rms_norm_eps"), float32(1e-5)},
	rule{"vocab_size", count, from("vocab_size"), nil},
)

// mixerNames are the tensors of models whose layers have one part, the mixer.
var mixerNames = map[string]string{"embeddings": "token_embd", "embedding": "token_embd", "norm_f": "output_norm"}

// nemotronNames are the tensors of Nemotron-H.
var nemotronNames = joined(mixerNames, map[string]string{
	"mixer.q_proj": "attn_q", "mixer.k_proj": "attn_k", "mixer.v_proj": "attn_v", "mixer.o_proj": "attn_output",
	"mixer.up_proj": "ffn_up", "mixer.down_proj": "ffn_down", "mixer.gate": "ffn_gate_inp", "mixer.experts.up_proj": "ffn_up_exps",
	"mixer.experts.down_proj": "ffn_down_exps", "mixer.shared_experts.up_proj": "ffn_up_shexp", "mixer.shared_experts.down_proj": "ffn_down_shexp",
})

// nemotronKinds are the kinds of layers by the letters of hybrid_override_pattern
// and by the names of layers_block_type.
var nemotronKinds = map[string]string{"M": "mamba", "*": "attention", "-": "mlp", "E": "moe"}

// nemotronConfig gives layers_block_type and head_dim to configs that have other
// names for them.
func nemotronConfig(c *config) {
	if letters := c.str("hybrid_override_pattern"); letters != "" && len(letters) <= maxLayers {
		var kinds []any
		for _, letter := range strings.Split(letters, "") {
			kinds = append(kinds, nemotronKinds[letter])
		}
		c.values["layers_block_type"] = kinds
	}
	if kinds := c.list("layers_block_type"); len(kinds) > 0 {
		c.setDefault("num_hidden_layers", len(kinds))
	}
	if n, ok := c.count("attention_head_dim"); ok {
		c.setDefault("head_dim", n)
	}
	if act := c.str("mlp_hidden_act"); act != "" {
		c.values["hidden_act"] = act
	}
}

// nemotronKeys returns what each layer is: the width of its network and the heads
// of its attention, 0 where it has none.
func nemotronKeys(arch string, c *config) []gguf.KV {
	layers, kinds := c.need(nLayers), c.list("layers_block_type")
	if len(kinds) != layers {
		c.fail("hybrid_override_pattern", "%d layers, want %d", len(kinds), layers)
		return nil
	}
	hidden, kv := make([]int32, layers), make([]int32, layers)
	for i, kind := range kinds {
		switch kind {
		case "mamba":
		case "attention":
			kv[i] = int32(c.need(nKVHeads))
		case "mlp":
			hidden[i] = int32(c.need("intermediate_size"))
		case "moe":
			hidden[i] = int32(c.need("moe_intermediate_size"))
		default:
			c.fail("hybrid_override_pattern", "%.40v in layer %d, want M, *, - or E", kind, i)
			return nil
		}
	}
	return []gguf.KV{
		{Key: arch + ".feed_forward_length", Value: hidden}, {Key: arch + ".attention.head_count_kv", Value: kv},
		{Key: arch + ".ssm.inner_size", Value: innerSize(c, c.need("mamba_num_heads"), c.need("mamba_head_dim"))},
	}
}

// innerSize returns the width of all heads of a state space.
func innerSize(c *config, heads, dim int) uint32 {
	if heads > maxCount/dim {
		c.fail("mamba_num_heads", "%d of %d elements", heads, dim)
		return 0
	}
	return uint32(heads * dim)
}

// mixerTensors adds the mixers of Mamba 2, and the norm before them.
func mixerTensors(b *builder, n name, src *safetensors.Tensor) (bool, error) {
	if n.layer >= 0 && n.part == "norm" {
		return true, b.add(n.in("attn_norm"), src.Shape, whole(src))
	}
	part, ok := strings.CutPrefix(n.part, "mixer.")
	if !ok {
		return false, nil
	}
	groups, _ := b.c.count("n_groups", "mamba_n_groups")
	return b.mamba2(n, part, src, max(groups, 1))
}

// nemotronTensors adds the tensors of Nemotron-H that are not matrices of
// attention or of networks.
func nemotronTensors(b *builder, n name, src *safetensors.Tensor) (bool, error) {
	if done, err := probsBias(b, n, src); done || err != nil {
		return done, err
	}
	return mixerTensors(b, n, src)
}

// mamba2Config adds what all other families have: attention, with no heads, and a
// number of positions.
func mamba2Config(c *config) {
	c.setDefault("hidden_size", c.values["d_model"])
	c.setDefault("num_attention_heads", 1)
	c.setDefault("max_position_embeddings", 1<<20) // the state has no end
	if dim, ok := c.count("head_dim"); ok {
		c.values["mamba_d_head"] = dim // of the state, not of attention
		delete(c.values, "head_dim")
	}
}

// mamba2Keys returns the keys of Mamba 2 that follow from several values.
func mamba2Keys(arch string, c *config) []gguf.KV {
	dim, expand := c.need("hidden_size"), 2
	if n, ok := c.count("expand"); ok {
		expand = n
	}
	head := 64
	if n, ok := c.count("mamba_d_head"); ok {
		head = n
	}
	inner := innerSize(c, dim, max(expand, 1))
	if head == 0 || int(inner)%head != 0 {
		c.fail("head_dim", "%d, want a divisor of %d", head, inner)
		return nil
	}
	return []gguf.KV{
		{Key: arch + ".attention.head_count", Value: uint32(0)}, {Key: arch + ".attention.head_count_kv", Value: uint32(0)},
		{Key: arch + ".feed_forward_length", Value: uint32(0)}, {Key: arch + ".ssm.inner_size", Value: inner},
		{Key: arch + ".ssm.time_step_rank", Value: inner / uint32(head)},
	}
}

// falconH1Keys returns the width of the state space, which has a key of its own.
func falconH1Keys(arch string, c *config) []gguf.KV {
	inner, ok := c.count("mamba_d_ssm")
	if !ok || inner == 0 {
		inner = int(innerSize(c, c.need("hidden_size"), c.need("mamba_expand")))
	}
	return []gguf.KV{{Key: arch + ".ssm.inner_size", Value: uint32(inner)}}
}

// falconH1Factors are the factors of Falcon-H1's tensors, by their parts, which
// config.json has and GGUF has no keys for; several are multiplied.
var falconH1Factors = map[string][]string{
	"self_attn.q_proj": {"attention_in_multiplier"}, "self_attn.k_proj": {"attention_in_multiplier", "key_multiplier"},
	"self_attn.v_proj": {"attention_in_multiplier"}, "self_attn.o_proj": {"attention_out_multiplier"}, "mamba.out_proj": {"ssm_out_multiplier"},
	"embed_tokens": {"embedding_multiplier"}, "lm_head": {"lm_head_multiplier"},
}

// falconH1Tensors adds Falcon-H1's tensors with the factors that the architecture
// has in GGUF in them.
func falconH1Tensors(b *builder, n name, src *safetensors.Tensor) (bool, error) {
	if n.part == "pre_ff_layernorm" {
		return true, b.add(strings.TrimSuffix(n.in("ffn_norm"), ".weight"), src.Shape, whole(src))
	}
	part, mamba := strings.CutPrefix(n.part, "mamba.")
	v := whole(src)
	switch {
	case part == "in_proj":
		return true, b.falconH1In(n, src)
	case n.part == "feed_forward.gate_proj":
		v.factor = b.multiplier("mlp_multipliers", 0, 2)
	case n.part == "feed_forward.down_proj":
		v.factor = b.multiplier("mlp_multipliers", 1, 2)
	case falconH1Factors[n.part] != nil:
		v.factor = b.product(falconH1Factors[n.part])
	case mamba:
		groups, _ := b.c.count("mamba_n_groups")
		return b.mamba2(n, part, src, max(groups, 1))
	default:
		return false, nil
	}
	to, _ := n.gguf(b.f)
	if n.part == "embed_tokens" && b.c.flag("tie_word_embeddings") { // with another factor
		head := whole(src)
		head.factor = b.product(falconH1Factors["lm_head"])
		if err := b.add("output.weight", src.Shape, head); err != nil {
			return true, err
		}
	}
	return true, b.add(to, src.Shape, v)
}

// product returns the product of the factors under keys; a missing one is 1.
func (b *builder) product(keys []string) float32 {
	x := 1.0
	for _, key := range keys {
		if f, ok := b.c.real(key); ok {
			x *= f
		}
	}
	return b.nonzero(keys[0], float32(x))
}

// multiplier returns element i of the list of n factors under key; a missing list is
// ones.
func (b *builder) multiplier(key string, i, n int) float32 {
	list := b.c.reals(key)
	if len(list) == 0 {
		return 1
	}
	if len(list) != n {
		b.c.fail(key, "list of %d, want %d", len(list), n)
		return 1
	}
	return b.nonzero(key, list[i])
}

// nonzero returns the factor x, which a view can multiply by unless it is 0.
func (b *builder) nonzero(key string, x float32) float32 {
	if x == 0 {
		b.c.fail(key, "a factor of 0")
	}
	return x
}

// falconH1In adds the matrix before the state space, whose parts have factors of
// their own: gate, values, keys, queries and time steps.
func (b *builder) falconH1In(n name, src *safetensors.Tensor) error {
	c := b.c
	inner, groups, state := c.need("mamba_d_ssm"), c.need("mamba_n_groups"), c.need("mamba_d_state")
	if len(src.Shape) != 2 || groups > maxCount/state || src.Shape[0] < 2*inner+2*groups*state {
		return fmt.Errorf("convert: tensor %q: shape %v, with mamba_d_ssm %d, %d groups and states of %d", src.Name, src.Shape, inner, groups, state)
	}
	whole, rows := whole(src), src.Shape[0]
	all := b.product([]string{"ssm_in_multiplier"})
	var views []view
	for i, lo := range []int{0, inner, 2 * inner, 2*inner + groups*state, 2*inner + 2*groups*state} {
		hi := [...]int{inner, 2 * inner, 2*inner + groups*state, 2*inner + 2*groups*state, rows}[i]
		v := whole
		v.first, v.rows = lo*v.rowStep, hi-lo
		v.factor = all * b.multiplier("ssm_multipliers", i, 5)
		views = append(views, v)
	}
	return b.add(n.in("ssm_in"), src.Shape, views...)
}
