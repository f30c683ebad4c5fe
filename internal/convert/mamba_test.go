package convert

import (
	"fmt"
)

// mambaModels are the families with Mamba 2 and with short convolutions.
var mambaModels = []*pairModel{
	{name: "granitehybrid", arch: "granitehybrid", architecture: "GraniteMoeHybridForCausalLM", layers: 3, has: "listed",
		kv:     mambaKV(with(graniteKV, map[string]any{"feed_forward_length": uint32(48), "expert_count": uint32(0)})),
		config: mambaConfig(with(graniteConfig, map[string]any{"num_local_experts": 0, "shared_intermediate_size": 48})),
		layer: func(p *pair, l int) {
			mambaLayer(p, l)
			p.dense(l, "", p.shapes.hidden)
		}},
	{name: "granitehybrid with experts", arch: "granitehybrid", architecture: "GraniteMoeHybridForCausalLM", alias: true, layers: 3,
		kv:     mambaKV(mixture(with(graniteKV, map[string]any{"expert_shared_feed_forward_length": uint32(40)}))),
		config: mambaConfig(with(graniteConfig, map[string]any{"num_local_experts": pairExperts, "num_experts_per_tok": pairUsed, "shared_intermediate_size": 40})),
		layer: func(p *pair, l int) {
			mambaLayer(p, l)
			p.experts(l, p.shapes.hidden)
			p.dense(l, "_shexp", 40)
		}},
	{name: "lfm2", arch: "lfm2", architecture: "Lfm2ForCausalLM", layers: 3, has: "listed",
		kv: map[string]any{"shortconv.l_cache": uint32(3), "attention.head_count_kv": []int32{0, 2, 0}, "rope.freq_base": float32(1e6)},
		config: map[string]any{"conv_L_cache": 3, "layer_types": []string{"conv", "full_attention", "conv"}, "norm_eps": 1e-5, "rms_norm_eps": nil,
			"block_auto_adjust_ff_dim": false},
		layer: func(p *pair, l int) {
			p.norms(l, "attn_norm", "ffn_norm")
			if l == 1 {
				p.attention(l)
				p.headNorms(l)
			} else {
				p.blk(l, "shortconv.conv.weight", p.shapes.dim, 3)
				p.blk(l, "shortconv.in_proj.weight", 3*p.shapes.dim, p.shapes.dim)
				p.blk(l, "shortconv.out_proj.weight", p.shapes.dim, p.shapes.dim)
			}
			p.dense(l, "", p.shapes.hidden)
		}},
}

func init() { pairModels = append(pairModels, mambaModels...) }

// mambaKV are the keys of Mamba 2 with those in more.
func mambaKV(more map[string]any) map[string]any {
	return with(more, map[string]any{"ssm.conv_kernel": uint32(4), "ssm.state_size": uint32(8), "ssm.group_count": uint32(2),
		"ssm.time_step_rank": uint32(4), "ssm.inner_size": uint32(64), "rope.scaling.finetuned": false,
		"attention.head_count_kv": []int32{0, 2, 0}})
}

// mambaConfig is the same in config.json.
func mambaConfig(more map[string]any) map[string]any {
	return with(more, map[string]any{"mamba_d_conv": 4, "mamba_d_state": 8, "mamba_n_groups": 2, "mamba_n_heads": 4, "mamba_expand": 2,
		"layer_types": []string{"mamba", "attention", "mamba"}, "position_embedding_type": "nope"})
}

// mambaLayer adds norms and Mamba 2, or attention in the second layer.
func mambaLayer(p *pair, l int) {
	p.norms(l, "attn_norm", "ffn_norm")
	if l == 1 {
		p.attention(l)
		return
	}
	const inner, heads, groups, state = 64, 4, 2, 8
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
