package convert

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

func init() { pairModels = append(pairModels, hybridPairs...) }

// ssmKV are the keys of Mamba 2 in these models: four heads of 16, two groups.
var ssmKV = map[string]any{"ssm.conv_kernel": uint32(4), "ssm.state_size": uint32(8), "ssm.group_count": uint32(2),
	"ssm.time_step_rank": uint32(4), "ssm.inner_size": uint32(64)}

// nemotronPair are the settings of Nemotron-H in config.json.
var nemotronPair = map[string]any{"hybrid_override_pattern": "M-*M", "mamba_num_heads": 4, "mamba_head_dim": 16, "n_groups": 2, "ssm_state_size": 8, "conv_kernel": 4,
	"mlp_hidden_act": "relu2", "head_dim": 8, "layer_norm_epsilon": 1e-5, "rms_norm_eps": nil}

// hybridPairs are the models of hybridFamilies.
var hybridPairs = []*pairModel{
	{name: "lfm2moe", arch: "lfm2moe", architecture: "Lfm2MoeForCausalLM", layers: 3, has: "listed experts",
		kv: mixture(map[string]any{"shortconv.l_cache": uint32(3), "attention.head_count_kv": []int32{0, 2, 0}, "rope.freq_base": float32(1e6), "expert_gating_func": uint32(2),
			"leading_dense_block_count": uint32(1), "expert_feed_forward_length": uint32(24)}),
		config: map[string]any{"conv_L_cache": 3, "layer_types": []string{"conv", "full_attention", "conv"}, "norm_eps": 1e-5, "rms_norm_eps": nil, "use_expert_bias": true,
			"num_experts": pairExperts, "num_experts_per_tok": pairUsed, "moe_intermediate_size": 24, "num_dense_layers": 1, "norm_topk_prob": true, "routed_scaling_factor": 1.0},
		layer: lfm2MoeLayer},
	{name: "lfm2moe, scaled", arch: "lfm2moe", architecture: "Lfm2MoeForCausalLM", alias: true, layers: 3,
		kv: mixture(map[string]any{"shortconv.l_cache": uint32(3), "attention.head_count_kv": []int32{0, 2, 0}, "rope.freq_base": float32(1000), "expert_gating_func": uint32(2),
			"leading_dense_block_count": uint32(1), "expert_feed_forward_length": uint32(24), "expert_weights_scale": float32(2.5)}),
		config: map[string]any{"conv_L_cache": 3, "layer_types": []string{"conv", "full_attention", "conv"}, "norm_eps": 1e-5, "rms_norm_eps": nil, "rope_theta": 1000,
			"num_experts": pairExperts, "num_experts_per_tok": pairUsed, "moe_intermediate_size": 24, "num_dense_layers": 1, "routed_scaling_factor": 2.5},
		layer: lfm2MoeLayer},
	{name: "nemotron_h", arch: "nemotron_h", architecture: "NemotronHForCausalLM", alias: true, layers: 4,
		kv:     with(with(headKV, ssmKV), map[string]any{"feed_forward_length": []int32{0, 48, 0, 0}, "attention.head_count_kv": []int32{0, 0, 2, 0}}),
		config: nemotronPair, layer: nemotronPairLayer},
	{name: "nemotron_h of newer configs", arch: "nemotron_h", architecture: "NemotronHForCausalLM", alias: true, layers: 4,
		kv: with(with(headKV, ssmKV), map[string]any{"feed_forward_length": []int32{0, 48, 0, 0}, "attention.head_count_kv": []int32{0, 0, 2, 0}}),
		config: with(nemotronPair, map[string]any{"hybrid_override_pattern": nil, "layers_block_type": []string{"mamba", "mlp", "attention", "mamba"}, "num_hidden_layers": nil,
			"head_dim": nil, "attention_head_dim": 8, "norm_eps": 1e-5, "layer_norm_epsilon": nil}),
		tidy:  renamed("backbone.", "model."),
		layer: nemotronPairLayer},
	{name: "nemotron_h_moe", arch: "nemotron_h_moe", architecture: "NemotronHForCausalLM", alias: true, layers: 4,
		kv: mixture(with(with(headKV, ssmKV), map[string]any{"feed_forward_length": []int32{0, 24, 0, 24}, "attention.head_count_kv": []int32{0, 0, 2, 0},
			"expert_feed_forward_length": uint32(24), "expert_shared_feed_forward_length": uint32(40), "expert_shared_count": uint32(1),
			"expert_weights_norm": true, "expert_weights_scale": float32(2.5), "expert_gating_func": uint32(2)})),
		config: with(nemotronPair, map[string]any{"hybrid_override_pattern": "ME*E", "n_routed_experts": pairExperts, "num_experts_per_tok": pairUsed, "moe_intermediate_size": 24,
			"moe_shared_expert_intermediate_size": 40, "n_shared_experts": 1, "norm_topk_prob": true, "routed_scaling_factor": 2.5, "n_group": 1, "topk_group": 1}),
		tidy: func(tensors []hf) []hf { return withHead(scoreBias(tensors)) },
		layer: func(p *pair, l int) {
			p.norms(l, "attn_norm")
			switch l {
			case 0:
				ssmLayer(p, l)
			case 2:
				p.attention(l)
			default:
				p.blk(l, "ffn_gate_inp", pairExperts, p.shapes.dim)
				p.blk(l, "exp_probs_b.bias", pairExperts)
				p.blk(l, "ffn_up_exps", pairExperts, 24, p.shapes.dim)
				p.blk(l, "ffn_down_exps", pairExperts, p.shapes.dim, 24)
				p.blk(l, "ffn_up_shexp", 40, p.shapes.dim)
				p.blk(l, "ffn_down_shexp", p.shapes.dim, 40)
			}
		}},
	{name: "mamba2", arch: "mamba2", architecture: "Mamba2ForCausalLM", alias: true,
		kv: with(ssmKV, map[string]any{"attention.head_count": uint32(0), "attention.head_count_kv": uint32(0), "feed_forward_length": uint32(0)}),
		config: map[string]any{"num_attention_heads": nil, "num_key_value_heads": nil, "intermediate_size": nil, "max_position_embeddings": nil, "rms_norm_eps": nil,
			"layer_norm_epsilon": 1e-5, "num_heads": 4, "head_dim": 16, "state_size": 8, "n_groups": 2, "conv_kernel": 4, "expand": 2},
		layer: func(p *pair, l int) { p.norms(l, "attn_norm"); ssmLayer(p, l) }},
	{name: "mamba2 with few words", arch: "mamba2", architecture: "Mamba2ForCausalLM", alias: true,
		kv: with(ssmKV, map[string]any{"attention.head_count": uint32(0), "attention.head_count_kv": uint32(0), "feed_forward_length": uint32(0),
			"ssm.time_step_rank": uint32(1), "ssm.group_count": uint32(1)}),
		config: map[string]any{"num_attention_heads": nil, "num_key_value_heads": nil, "intermediate_size": nil, "max_position_embeddings": nil, "rms_norm_eps": nil,
			"hidden_size": nil, "d_model": 32, "num_hidden_layers": nil, "n_layer": 2, "state_size": 8},
		layer: func(p *pair, l int) { p.norms(l, "attn_norm"); ssmShape(p, l, 1, 1) }},
	{name: "falcon-h1", arch: "falcon-h1", architecture: "FalconH1ForCausalLM", alias: true,
		kv:     with(with(headKV, ssmKV), map[string]any{"rope.freq_base": float32(1e5), "attention.head_count_kv": uint32(2)}),
		config: with(falconH1Pair, map[string]any{"rope_theta": 1e5, "mamba_d_ssm": 64}),
		tidy:   func(tensors []hf) []hf { return falconH1Divided(tensors, falconH1Pair) },
		layer:  falconH1Layer},
	{name: "falcon-h1, tied", arch: "falcon-h1", architecture: "FalconH1ForCausalLM", alias: true,
		kv:     with(with(headKV, ssmKV), map[string]any{"attention.head_count_kv": uint32(2)}),
		config: with(falconH1Pair, map[string]any{"tie_word_embeddings": true, "mamba_d_ssm": 64, "embedding_multiplier": 2.0, "lm_head_multiplier": 0.5}),
		whole: func(p *pair) { // the head is a quarter of the embedding
			for i := range p.tensors {
				if h := &p.tensors[i]; h.name == "token_embd.weight" {
					p.add("output.weight", h.shape...)
					for j, x := range h.x {
						p.tensors[len(p.tensors)-1].x[j] = x / 4
					}
				}
			}
			p.shapes.untied = false
		},
		tidy: func(tensors []hf) []hf {
			tensors = slices.DeleteFunc(tensors, func(h hf) bool { return h.name == "lm_head.weight" })
			return falconH1Divided(tensors, with(falconH1Pair, map[string]any{"embedding_multiplier": 2.0}))
		},
		layer: falconH1Layer},
}

// lfm2MoeLayer adds a layer of LFM 2 with experts in all but the first.
func lfm2MoeLayer(p *pair, l int) {
	p.norms(l, "attn_norm", "ffn_norm")
	if l == 1 {
		p.attention(l)
		p.headNorms(l)
	} else {
		p.blk(l, "shortconv.conv.weight", p.shapes.dim, 3)
		p.blk(l, "shortconv.in_proj.weight", 3*p.shapes.dim, p.shapes.dim)
		p.blk(l, "shortconv.out_proj.weight", p.shapes.dim, p.shapes.dim)
	}
	if l == 0 {
		p.dense(l, "", p.shapes.hidden)
		return
	}
	p.experts(l, 24)
	p.blk(l, "exp_probs_b.bias", pairExperts)
}

// nemotronPairLayer adds a layer of Nemotron-H: M, -, * and M.
func nemotronPairLayer(p *pair, l int) {
	p.norms(l, "attn_norm")
	switch l {
	case 1:
		p.upDown(l)
	case 2:
		p.attention(l)
	default:
		ssmLayer(p, l)
	}
}

// ssmLayer adds Mamba 2.
func ssmLayer(p *pair, l int) { ssmShape(p, l, 4, 2) }

// ssmShape adds Mamba 2 of so many heads and groups, 64 wide.
func ssmShape(p *pair, l, heads, groups int) {
	const inner, state = 64, 8
	channels := inner + 2*groups*state
	p.blk(l, "ssm_in", inner+channels+heads, p.shapes.dim)
	p.blk(l, "ssm_conv1d", channels, 4)
	p.blk(l, "ssm_conv1d.bias", channels)
	p.blk(l, "ssm_dt.bias", heads)
	p.add(fmt.Sprintf("blk.%d.ssm_a", l), heads, 1)
	a := p.tensors[len(p.tensors)-1].x
	for i := range a {
		a[i] = -0.1 - a[i]*a[i]
	}
	p.add(fmt.Sprintf("blk.%d.ssm_d", l), heads, 1)
	p.blk(l, "ssm_norm", groups, inner/groups)
	p.blk(l, "ssm_out", p.shapes.dim, inner)
}

// falconH1Pair are the settings of Falcon-H1 in config.json.
var falconH1Pair = map[string]any{"head_dim": 8, "mamba_d_conv": 4, "mamba_d_state": 8, "mamba_n_groups": 2, "mamba_n_heads": 4, "mamba_d_head": 16, "mamba_expand": 2,
	"attention_in_multiplier": 0.5, "attention_out_multiplier": 2.0, "key_multiplier": 0.25, "ssm_in_multiplier": 4.0, "ssm_out_multiplier": 0.125,
	"mlp_multipliers": []any{0.5, 8.0}, "ssm_multipliers": []any{0.5, 0.25, 2.0, 4.0, 8.0}, "embedding_multiplier": 16.0, "lm_head_multiplier": 0.0625}

// falconH1Layer adds a layer of Falcon-H1.
func falconH1Layer(p *pair, l int) {
	p.norms(l, "attn_norm")
	p.add(fmt.Sprintf("blk.%d.ffn_norm", l), p.shapes.dim)
	x := p.tensors[len(p.tensors)-1].x
	for i := range x {
		x[i] += 1
	}
	p.attention(l)
	ssmLayer(p, l)
	p.dense(l, "", p.shapes.hidden)
}

// falconH1Divided divides tensors by the factors of Falcon-H1, powers of two.
func falconH1Divided(tensors []hf, config map[string]any) []hf {
	f := func(name string) float32 { return float32(config[name].(float64)) }
	list := func(name string, i int) float32 { return float32(config[name].([]any)[i].(float64)) }
	for i := range tensors {
		h := &tensors[i]
		by := float32(1)
		switch {
		case strings.Contains(h.name, "q_proj"), strings.Contains(h.name, "v_proj"):
			by = f("attention_in_multiplier")
		case strings.Contains(h.name, "k_proj"):
			by = f("attention_in_multiplier") * f("key_multiplier")
		case strings.Contains(h.name, "o_proj"):
			by = f("attention_out_multiplier")
		case strings.Contains(h.name, "mamba.out_proj"):
			by = f("ssm_out_multiplier")
		case strings.Contains(h.name, "gate_proj"):
			by = list("mlp_multipliers", 0)
		case strings.Contains(h.name, "down_proj"):
			by = list("mlp_multipliers", 1)
		case strings.Contains(h.name, "embed_tokens"):
			by = f("embedding_multiplier")
		case strings.Contains(h.name, "lm_head"):
			by = f("lm_head_multiplier")
		}
		h.x = slices.Clone(h.x)
		for j := range h.x {
			h.x[j] /= by
		}
		if strings.Contains(h.name, "in_proj") {
			for r, ends := 0, []int{64, 128, 144, 160, 164}; r < h.shape[0]; r++ {
				part := slices.IndexFunc(ends, func(end int) bool { return r < end })
				for j := range h.shape[1] {
					h.x[r*h.shape[1]+j] /= f("ssm_in_multiplier") * list("ssm_multipliers", part)
				}
			}
		}
	}
	return tensors
}

// mambaNames are where Mamba 2 is in names of Hugging Face's tensors.
var mambaNames = map[string]string{"granitehybrid": "model.layers.#.mamba.", "falcon-h1": "model.layers.#.mamba.",
	"mamba2": "backbone.layers.#.mixer.", "nemotron_h": "backbone.layers.#.mixer.", "nemotron_h_moe": "backbone.layers.#.mixer."}

// mamba converts a tensor of Mamba 2, and reports whether it is one.
func (u *undo) mamba(h hf) (hf, bool) {
	number, part, _ := strings.Cut(strings.TrimPrefix(h.name, "blk."), ".")
	to := map[string]string{
		"ssm_in.weight": "in_proj.weight", "ssm_conv1d.weight": "conv1d.weight", "ssm_conv1d.bias": "conv1d.bias", "ssm_dt.bias": "dt_bias",
		"ssm_a": "A_log", "ssm_d": "D", "ssm_norm.weight": "norm.weight", "ssm_out.weight": "out_proj.weight",
	}[part]
	if mambaNames[u.arch] == "" || to == "" {
		return h, false
	}
	h.name, h.x = strings.Replace(mambaNames[u.arch], "#", number, 1)+to, slices.Clone(h.x)
	switch part {
	case "ssm_a", "ssm_d", "ssm_norm.weight":
		h.shape = []int{len(h.x)}
	case "ssm_conv1d.weight":
		h.shape = []int{h.shape[0], 1, h.shape[1]}
	}
	if part == "ssm_a" {
		for i, x := range h.x {
			h.x[i] = float32(math.Log(-float64(x)))
		}
	}
	return h, true
}
