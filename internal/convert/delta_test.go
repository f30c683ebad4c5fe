package convert

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// The heads of gated DeltaNet in pairs.
const pairKeys, pairValues, pairState = 2, 4, 8

// deltaModels are the families with gated DeltaNet.
var deltaModels = []*pairModel{
	{name: "qwen35", arch: "qwen35", architecture: "Qwen3_5ForCausalLM", layers: 4, kv: deltaKV(headKV), config: deltaConfig(headConfig),
		tidy: withHead, layer: func(p *pair, l int) {
			deltaLayer(p, l)
			p.dense(l, "", p.shapes.hidden)
		}},
	{name: "qwen35 with pictures", arch: "qwen35", architecture: "Qwen3_5ForConditionalGeneration", alias: true, layers: 4,
		kv: deltaKV(headKV), config: deltaConfig(headConfig), layer: func(p *pair, l int) {
			deltaLayer(p, l)
			p.dense(l, "", p.shapes.hidden)
		}},
	{name: "qwen35moe", arch: "qwen35moe", architecture: "Qwen3_5MoeForConditionalGeneration", layers: 4, has: "experts",
		kv:     deltaKV(mixture(with(headKV, sharedKV))),
		config: deltaConfig(with(headConfig, sharedConfig)), layer: deltaMixture},
	{name: "qwen3next", arch: "qwen3next", architecture: "Qwen3NextForCausalLM", layers: 4, has: "experts",
		kv:     deltaKV(mixture(with(headKV, sharedKV))),
		config: deltaConfig(with(headConfig, sharedConfig)), tidy: withHead, layer: deltaMixture},
}

func init() { pairModels = append(pairModels, deltaModels...) }

// Keys and names of mixtures with a shared expert.
var (
	sharedKV     = map[string]any{"expert_feed_forward_length": uint32(24), "expert_shared_feed_forward_length": uint32(40)}
	sharedConfig = map[string]any{"num_experts": pairExperts, "num_experts_per_tok": pairUsed, "moe_intermediate_size": 24,
		"shared_expert_intermediate_size": 40, "norm_topk_prob": true, "decoder_sparse_step": 1, "mlp_only_layers": []int{}}
)

// deltaKV are the keys of gated DeltaNet with those in more.
func deltaKV(more map[string]any) map[string]any {
	return with(more, map[string]any{"ssm.conv_kernel": uint32(4), "ssm.state_size": uint32(pairState), "ssm.group_count": uint32(pairKeys),
		"ssm.time_step_rank": uint32(pairValues), "ssm.inner_size": uint32(pairValues * pairState), "rope.dimension_count": uint32(4),
		"rope.dimension_sections": []int32{1, 1, 0, 0}})
}

// deltaConfig is the same in config.json.
func deltaConfig(more map[string]any) map[string]any {
	return with(more, map[string]any{"linear_conv_kernel_dim": 4, "linear_key_head_dim": pairState, "linear_value_head_dim": pairState,
		"linear_num_key_heads": pairKeys, "linear_num_value_heads": pairValues, "partial_rotary_factor": 0.5, "attn_output_gate": true,
		"rope_parameters": map[string]any{"mrope_section": []int{1, 1, 0}}})
}

// withHead adds tensors of a head that predicts further tokens, which are not
// converted.
func withHead(tensors []hf) []hf {
	return append(tensors, hf{name: "mtp.layers.0.input_layernorm.weight", shape: []int{4}, x: make([]float32, 4)},
		hf{name: "mtp.fc.weight", shape: []int{2, 2}, x: make([]float32, 4)})
}

// deltaMixture adds a layer with a mixture of experts.
func deltaMixture(p *pair, l int) {
	deltaLayer(p, l)
	p.experts(l, 24)
	p.dense(l, "_shexp", 40)
	p.blk(l, "ffn_gate_inp_shexp", p.shapes.dim)
}

// deltaLayer adds norms and gated DeltaNet, or attention in every fourth layer.
func deltaLayer(p *pair, l int) {
	s := &p.shapes
	p.norms(l, "attn_norm", "post_attention_norm")
	if l%4 == 3 {
		p.blk(l, "attn_q", 2*s.heads*s.headDim, s.dim)
		p.blk(l, "attn_k", s.kvHeads*s.headDim, s.dim)
		p.blk(l, "attn_v", s.kvHeads*s.headDim, s.dim)
		p.blk(l, "attn_output", s.dim, s.heads*s.headDim)
		p.headNorms(l)
		return
	}
	const inner, channels = pairValues * pairState, (pairValues + 2*pairKeys) * pairState
	p.blk(l, "attn_qkv", channels, s.dim)
	p.blk(l, "attn_gate", inner, s.dim)
	if p.arch == "qwen3next" {
		p.blk(l, "ssm_ba", 2*pairValues, s.dim)
	} else {
		p.blk(l, "ssm_beta", pairValues, s.dim)
		p.blk(l, "ssm_alpha", pairValues, s.dim)
	}
	p.blk(l, "ssm_conv1d", channels, 4)
	p.blk(l, "ssm_dt.bias", pairValues)
	p.add(fmt.Sprintf("blk.%d.ssm_a", l), pairValues)
	a := p.tensors[len(p.tensors)-1].x
	for i := range a {
		a[i] = -0.1 - a[i]*a[i]
	}
	p.blk(l, "ssm_norm", pairState)
	p.blk(l, "ssm_out", s.dim, inner)
}

// deltaParts are Hugging Face's names of the parts of gated DeltaNet.
var deltaParts = map[string]string{
	"attn_qkv.weight": "in_proj_qkv.weight", "attn_gate.weight": "in_proj_z.weight", "ssm_beta.weight": "in_proj_b.weight",
	"ssm_alpha.weight": "in_proj_a.weight", "ssm_ba.weight": "in_proj_ba.weight", "ssm_conv1d.weight": "conv1d.weight",
	"ssm_a": "A_log", "ssm_dt.bias": "dt_bias", "ssm_norm.weight": "norm.weight", "ssm_out.weight": "out_proj.weight",
}

// hasDelta reports whether an architecture has gated DeltaNet.
func hasDelta(arch string) bool { return strings.HasPrefix(arch, "qwen35") || arch == "qwen3next" }

// delta converts a tensor of gated DeltaNet, and reports whether it is one.
func (u *undo) delta(h hf) (hf, bool) {
	number, part, ok := strings.Cut(strings.TrimPrefix(h.name, "blk."), ".")
	to := deltaParts[part]
	if !hasDelta(u.arch) || !ok || to == "" {
		return h, false
	}
	h.name = "model.layers." + number + ".linear_attn." + to
	h.x = slices.Clone(h.x)
	if part == "ssm_a" {
		for i, x := range h.x {
			h.x[i] = float32(math.Log(-float64(x)))
		}
	}
	if part == "ssm_conv1d.weight" {
		h.shape = []int{h.shape[0], 1, h.shape[1]}
	}
	if u.arch != "qwen3next" {
		switch part {
		case "ssm_out.weight":
			for r := range h.shape[0] {
				grouped(h.x[r*h.shape[1]:(r+1)*h.shape[1]], pairState)
			}
		case "attn_qkv.weight", "ssm_conv1d.weight":
			cols := len(h.x) / h.shape[0]
			grouped(h.x[2*pairKeys*pairState*cols:], pairState*cols)
		case "ssm_norm.weight":
		default:
			grouped(h.x, len(h.x)/pairValues)
		}
	}
	return h, true
}

// grouped orders heads of values of n elements by their head of keys.
func grouped(x []float32, n int) {
	tiled := slices.Clone(x)
	at := 0
	for k := range pairKeys {
		for v := k; v < pairValues; v += pairKeys {
			at += copy(x[at:], tiled[v*n:(v+1)*n])
		}
	}
}

// mixQKVZ puts the rows of queries, keys, values and gates of each head of keys
// together.
func mixQKVZ(all []hf) []hf {
	z := map[string]hf{}
	for _, h := range all {
		if strings.HasSuffix(h.name, "in_proj_z.weight") {
			z[strings.TrimSuffix(h.name, "z.weight")] = h
		}
	}
	var out []hf
	for _, h := range all {
		name, ok := strings.CutSuffix(h.name, "qkv.weight")
		switch gate, linear := z[name]; {
		case ok && linear:
			head := pairState * h.shape[1]
			per := pairValues / pairKeys * head
			mixed := hf{name: name + "qkvz.weight", shape: []int{h.shape[0] + gate.shape[0], h.shape[1]}}
			for k := range pairKeys {
				mixed.x = append(mixed.x, h.x[k*head:(k+1)*head]...)
				mixed.x = append(mixed.x, h.x[(pairKeys+k)*head:(pairKeys+k+1)*head]...)
				mixed.x = append(mixed.x, h.x[2*pairKeys*head+k*per:][:per]...)
				mixed.x = append(mixed.x, gate.x[k*per:][:per]...)
			}
			out = append(out, mixed)
		case strings.HasSuffix(h.name, "in_proj_z.weight"):
		default:
			out = append(out, h)
		}
	}
	return out
}
