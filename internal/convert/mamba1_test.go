package convert

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// mamba1Models are the families with Mamba.
var mamba1Models = []*pairModel{
	{name: "mamba", arch: "mamba", architecture: "MambaForCausalLM", has: "listed mamba",
		kv: mamba1KV(false), config: mamba1Config("mamba"),
		layer: func(p *pair, l int) {
			p.norms(l, "attn_norm")
			mamba1Layer(p, l)
		}},
	{name: "falcon mamba", arch: "mamba", architecture: "FalconMambaForCausalLM", alias: true, has: "listed mamba",
		kv: mamba1KV(true), config: mamba1Config("falcon_mamba"),
		layer: func(p *pair, l int) {
			p.norms(l, "attn_norm")
			mamba1Layer(p, l)
		}},
	{name: "jamba", arch: "jamba", architecture: "JambaForCausalLM", layers: 4, has: "listed",
		kv: mixture(map[string]any{"ssm.conv_kernel": uint32(4), "ssm.inner_size": uint32(64), "ssm.state_size": uint32(8), "ssm.time_step_rank": uint32(2),
			"attention.head_count_kv": []int32{0, 0, 2, 0}}),
		config: map[string]any{"mamba_d_conv": 4, "mamba_d_state": 8, "mamba_expand": 2, "mamba_dt_rank": "auto", "attn_layer_offset": 2, "attn_layer_period": 4,
			"num_experts": pairExperts, "num_experts_per_tok": pairUsed},
		layer: func(p *pair, l int) {
			p.norms(l, "attn_norm", "ffn_norm")
			if l == 2 {
				p.attention(l)
			} else {
				mamba1Layer(p, l)
				p.blk(l, "ssm_dt_norm", 2)
				p.blk(l, "ssm_b_norm", 8)
				p.blk(l, "ssm_c_norm", 8)
			}
			if l%2 == 0 {
				p.dense(l, "", p.shapes.hidden)
				return
			}
			p.experts(l, p.shapes.hidden)
		}},
}

func init() {
	pairModels = append(pairModels, mamba1Models...)
	hfLayers["mamba"] = "backbone.layers."
	hfOther["mamba"] = map[string]string{"token_embd": "backbone.embeddings", "output_norm": "backbone.norm_f", "attn_norm": "norm"}
	hfOther["jamba"] = map[string]string{"output_norm": "model.final_layernorm", "ffn_norm": "pre_ff_layernorm", "ffn_gate": "feed_forward.gate_proj",
		"ffn_up": "feed_forward.up_proj", "ffn_down": "feed_forward.down_proj", "ffn_gate_inp": "feed_forward.router",
		"ffn_gate_exps": "feed_forward.experts.#.gate_proj", "ffn_up_exps": "feed_forward.experts.#.up_proj", "ffn_down_exps": "feed_forward.experts.#.down_proj"}
}

// mamba1KV are the keys of Mamba.
func mamba1KV(norms bool) map[string]any {
	return map[string]any{"context_length": uint32(1 << 20), "feed_forward_length": uint32(0), "attention.head_count": uint32(0), "attention.head_count_kv": nil,
		"ssm.conv_kernel": uint32(4), "ssm.inner_size": uint32(64), "ssm.state_size": uint32(8), "ssm.time_step_rank": uint32(2), "ssm.dt_b_c_rms": norms}
}

// mamba1Config is the same in config.json.
func mamba1Config(kind string) map[string]any {
	return map[string]any{"model_type": kind, "conv_kernel": 4, "intermediate_size": 64, "state_size": 8, "time_step_rank": 2, "layer_norm_epsilon": 1e-5,
		"rms_norm_eps": nil, "num_attention_heads": nil, "num_key_value_heads": nil, "max_position_embeddings": nil}
}

// mamba1Layer adds Mamba.
func mamba1Layer(p *pair, l int) {
	const inner, state, rank = 64, 8, 2
	p.blk(l, "ssm_in", 2*inner, p.shapes.dim)
	p.blk(l, "ssm_conv1d", inner, 4)
	p.blk(l, "ssm_conv1d.bias", inner)
	p.blk(l, "ssm_x", rank+2*state, inner)
	p.blk(l, "ssm_dt", inner, rank)
	p.blk(l, "ssm_dt.bias", inner)
	p.add(fmt.Sprintf("blk.%d.ssm_a", l), inner, state)
	a := p.tensors[len(p.tensors)-1].x
	for i, x := range a { // whose logarithms are rounded as weights are
		a[i] = -float32(math.Exp(float64(x)))
	}
	p.add(fmt.Sprintf("blk.%d.ssm_d", l), inner)
	p.blk(l, "ssm_out", p.shapes.dim, inner)
}

// mamba1 converts a tensor of Mamba, and reports whether it is one.
func (u *undo) mamba1(h hf) (hf, bool) {
	number, part, _ := strings.Cut(strings.TrimPrefix(h.name, "blk."), ".")
	base, suffix, _ := strings.Cut(part, ".")
	to := map[string]string{
		"ssm_in": "in_proj", "ssm_conv1d": "conv1d", "ssm_x": "x_proj", "ssm_dt": "dt_proj", "ssm_a": "A_log", "ssm_d": "D", "ssm_out": "out_proj",
		"ssm_dt_norm": "dt_layernorm", "ssm_b_norm": "b_layernorm", "ssm_c_norm": "c_layernorm",
	}[base]
	prefix := map[string]string{"mamba": "backbone.layers." + number + ".mixer.", "jamba": "model.layers." + number + ".mamba."}[u.arch]
	if prefix == "" || to == "" {
		return h, false
	}
	if h.name, h.x = prefix+to, slices.Clone(h.x); suffix != "" {
		h.name += "." + suffix
	}
	if part == "ssm_conv1d.weight" {
		h.shape = []int{h.shape[0], 1, h.shape[1]}
	}
	if base == "ssm_a" {
		for i, x := range h.x {
			h.x[i] = float32(math.Log(-float64(x)))
		}
	}
	return h, true
}
