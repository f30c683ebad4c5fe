package convert

import (
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/safetensors"
)

// furtherFamilies are embedders, and dense families that are much like others.
var furtherFamilies = []family{
	{
		arch: "llama-embed", from: []string{"LlamaBidirectionalModel"}, permute: true, encoder: true, pools: true, llama3: true, vocab: llamaVocab,
		rules: append(llamaRules[:len(llamaRules):len(llamaRules)], rule{"attention.causal", flag, nil, false}, rule{"attention.head_count_kv", count, from(nKVHeads), nil}),
	},
	{
		arch: "eurobert", from: []string{"EuroBertModel"}, encoder: true, pools: true, vocab: bpeOnly,
		rules: []rule{
			{"attention.causal", flag, nil, false},
			{"attention.head_count_kv", count, from(nKVHeads), nil},
			{"rope.scaling.type", text, nil, "none"},
		},
		defaults: map[string]any{"rope_theta": 250000, "rms_norm_eps": 1e-5},
	},
	{
		arch: "nomic-bert-moe", from: []string{"NomicBertModel"}, when: hasNomicExperts, gelu: true, encoder: true, pools: true,
		fixed: map[string][]string{"rotary_emb_fraction": {"1", "1.0"}, "rotary_emb_interleaved": {"false"}, "prenorm": {"false"}, "ffn_div": {"1"}},
		names: map[string]string{"mlp.fc1": "ffn_up", "mlp.router.layer": "ffn_gate_inp"}, special: nomicExperts, keys: nomicMoEKeys, vocab: []vocabulary{unigramJSON{}},
		rules: []rule{
			{"attention.causal", flag, nil, false},
			{"moe_every_n_layers", count, from("moe_every_n_layers"), nil},
			{"expert_used_count", count, from("moe_top_k"), nil},
		},
	},
	{
		arch: "orion", from: []string{"OrionForCausalLM"}, own: true, vocab: spmOrBPE, defaults: map[string]any{"rope_theta": 10000},
		rules: []rule{
			{"feed_forward_length", count, from("intermediate_size"), nil},
			{"attention.head_count_kv", count, from(nKVHeads), nil},
			{"attention.layer_norm_epsilon", real, from("rms_norm_eps"), float32(1e-5)}, // its norms are layer norms
		},
	},
	{
		arch: "xverse", from: []string{"XverseForCausalLM"}, permute: true, rules: llamaRules, vocab: llamaVocab,
		defaults: map[string]any{"rope_theta": 10000, "rms_norm_eps": 1e-6},
	},
	{
		arch: "cohere2moe", from: []string{"Cohere2MoeForCausalLM"}, zeroBias: true, dropNextN: true, vocab: bpeOnly, keys: cohere2MoEKeys,
		names: sharedNames, fixed: map[string][]string{"shared_expert_combination_strategy": {"average"}, "expert_selection_fn": {"sigmoid"}},
		defaults: map[string]any{"rope_theta": 10000, "layer_norm_eps": 1e-5, "scoring_func": "sigmoid"},
		rules: []rule{
			{"logit_scale", real, from("logit_scale"), float32(0.0625)},
			{"attention.sliding_window", count, from("sliding_window"), uint32(4096)},
			{"vocab_size", count, from("vocab_size"), nil},
			{"expert_feed_forward_length", count, from("intermediate_size"), nil},
			{"expert_shared_count", count, from("num_shared_experts"), nil},
			{"expert_weights_norm", flag, from("norm_topk_prob"), false},
			{"rope.dimension_count", count, from(nRopeDim), nil},
			{"rope.scaling.type", text, nil, "none"},
		},
	},
}

// sharedNames are the shared experts of a family that has no gate for them.
var sharedNames = map[string]string{
	"mlp.shared_experts.gate_proj": "ffn_gate_shexp", "mlp.shared_experts.up_proj": "ffn_up_shexp", "mlp.shared_experts.down_proj": "ffn_down_shexp",
}

// cohere2MoEKeys returns which layers have a window, and how many have no experts.
func cohere2MoEKeys(arch string, c *config) []gguf.KV {
	layers, types := c.need(nLayers), c.list("layer_types")
	if len(types) != layers {
		c.fail("layer_types", "list of %d, want one for each of %d layers", len(types), layers)
		return nil
	}
	windowed := make([]bool, layers)
	for i, t := range types {
		windowed[i] = t == "sliding_attention"
	}
	dense, _ := c.count("first_k_dense_replace")
	if kinds := c.list("mlp_layer_types"); len(kinds) > 0 {
		for dense = 0; dense < len(kinds) && kinds[dense] == "dense"; {
			dense++
		}
	}
	return []gguf.KV{
		{Key: arch + ".attention.sliding_window_pattern", Value: windowed}, {Key: arch + ".leading_dense_block_count", Value: uint32(dense)},
	}
}

// hasNomicExperts reports whether some layers of a nomic-bert are mixtures.
func hasNomicExperts(c *config) bool { n, _ := c.count("moe_every_n_layers"); return n > 0 }

// nomicMoEKeys returns the context that the model was trained with, a quarter of
// what its config.json has.
func nomicMoEKeys(arch string, c *config) []gguf.KV {
	n, _ := c.count("n_positions")
	return []gguf.KV{{Key: arch + ".context_length", Value: uint32(min(n, 512))}}
}

// nomicExperts adds the experts of nomic-bert, whose rows follow each other. Their
// common bias has no place in GGUF, and llama.cpp's converter leaves it out too.
func nomicExperts(b *builder, n name, src *safetensors.Tensor) (bool, error) {
	switch n.part {
	case "mlp.experts.mlp.w1":
		return true, b.stackedRows(n.in("ffn_up_exps"), src, false)
	case "mlp.experts.mlp.w2":
		return true, b.stackedRows(n.in("ffn_down_exps"), src, true)
	case "mlp.experts":
		return n.suffix == ".bias", nil
	}
	return false, nil
}
