package convert

import (
	"math"
	"slices"
	"strings"
)

func init() { pairModels = append(pairModels, olderPairs...) }

// gemma3nKV and gemma3nPair are of a Gemma 3n of 12 layers, of which ten have sparse
// gates and two share keys and values.
var (
	gemma3nKV = with(headKV, map[string]any{"attention.sliding_window": uint32(8), "rope.freq_base": float32(1e6), "attention.shared_kv_layers": uint32(2),
		"embedding_length_per_layer_input": uint32(16), "final_logit_softcapping": float32(30), "rope.freq_base_swa": float32(10000),
		"attention.sliding_window_pattern": gemma3nPattern()})
	gemma3nPair = with(headConfig, map[string]any{"sliding_window": 8, "num_kv_shared_layers": 2, "hidden_size_per_layer_input": 16, "laurel_rank": 64,
		"altup_num_inputs": 4, "altup_active_idx": 0, "hidden_activation": "gelu_pytorch_tanh", "intermediate_size": slices.Repeat([]int{48}, 12),
		"activation_sparsity_pattern": append(slices.Repeat([]float64{0.95}, 10), 0, 0), "layer_types": gemma3nTypes()})
)

// gemma3nPattern has full attention in every third layer, so that the last two layers
// of keys and values are of both kinds.
func gemma3nPattern() []bool {
	out := make([]bool, 12)
	for i := range out {
		out[i] = i%3 != 0
	}
	return out
}

// gemma3nTypes is the same in config.json.
func gemma3nTypes() []string {
	out := make([]string, 12)
	for i, windowed := range gemma3nPattern() {
		out[i] = map[bool]string{true: "sliding_attention", false: "full_attention"}[windowed]
	}
	return out
}

// olderPairs are the models of olderFamilies.
var olderPairs = []*pairModel{
	{name: "gemma3n", arch: "gemma3n", architecture: "Gemma3nForConditionalGeneration", alias: true, tied: true, layers: 12, kv: gemma3nKV,
		config: map[string]any{"text_config": gemma3nPair}, tidy: renamed("model.", "model.language_model."), whole: gemma3nWhole(pairVocab), layer: gemma3nLayer},
	{name: "gemma3n without rows for pictures", arch: "gemma3n", architecture: "Gemma3nForCausalLM", alias: true, tied: true, layers: 12,
		kv: with(gemma3nKV, map[string]any{"final_logit_softcapping": float32(20), "rope.freq_base": float32(1e5), "rope.freq_base_swa": float32(1000)}),
		config: with(gemma3nPair, map[string]any{"final_logit_softcapping": 20, "rope_theta": 1e5, "rope_local_base_freq": 1000, "intermediate_size": 48,
			"activation_sparsity_pattern": nil}),
		whole: gemma3nWhole(pairVocab - 9), layer: gemma3nLayer,
		tidy: func(tensors []hf) []hf {
			for i := range tensors {
				if h := &tensors[i]; strings.Contains(h.name, "embed_tokens_per_layer") {
					h.shape = []int{pairVocab - 9, h.shape[1]}
					h.x = h.x[:product(h.shape)]
				}
			}
			return append(tensors, hf{name: "model.embed_audio.embedding.weight", shape: []int{4}, x: make([]float32, 4)})
		}},
	{name: "hunyuan-dense", arch: "hunyuan-dense", architecture: "HunYuanDenseV1ForCausalLM", alias: true, kv: headKV,
		config: with(headConfig, map[string]any{"use_qk_norm": true, "num_experts": 1, "use_cla": false, "attention_bias": false}),
		layer:  func(p *pair, l int) { llamaLayer(p, l); p.headNorms(l) }},
	{name: "hunyuan-dense of a long context", arch: "hunyuan-dense", architecture: "HunYuanDenseV1ForCausalLM", alias: true,
		kv: with(headKV, map[string]any{"rope.freq_base": float32(10000 * math.Pow(50, 8.0/6))}),
		config: with(headConfig, map[string]any{"use_qk_norm": true, "eod_token_id": 7, "pad_token_id": -1,
			"rope_scaling": map[string]any{"type": "dynamic", "alpha": 50.0, "factor": 1.0, "beta_fast": 32, "beta_slow": 1, "mscale": 1.0}}),
		layer: func(p *pair, l int) { llamaLayer(p, l); p.headNorms(l) }},
	{name: "apertus", arch: "apertus", architecture: "ApertusForCausalLM", alias: true,
		kv:     with(headKV, map[string]any{"rope.freq_base": float32(12e6)}),
		config: with(headConfig, map[string]any{"hidden_act": "xielu", "qk_norm": true, "post_norm": false}),
		tidy:   xieluTensors("alpha_p", "alpha_n", "beta", "eps"), general: xieluLists([]float32{0.5, 0.25}, []float32{-1e-6, -2e-6}), layer: apertusLayer},
	{name: "apertus with the usual numbers", arch: "apertus", architecture: "ApertusForCausalLM", alias: true,
		kv:     with(headKV, map[string]any{"rope.freq_base": float32(500000)}),
		config: with(headConfig, map[string]any{"hidden_act": "xielu", "rope_theta": 500000}),
		tidy:   xieluTensors("alpha_p", "alpha_n"), general: xieluLists([]float32{0.5, 0.5}, []float32{-1e-6, -1e-6}), layer: apertusLayer},
	{name: "phi2", arch: "phi2", architecture: "PhiForCausalLM", alias: true, layered: true, kv: map[string]any{"rope.dimension_count": uint32(4)},
		config: map[string]any{"layer_norm_eps": 1e-5, "partial_rotary_factor": 0.5, "hidden_act": "gelu_new", "qk_layernorm": false},
		whole: func(p *pair) {
			p.add("output_norm.bias", p.shapes.dim)
			p.add("output.bias", pairVocab)
		},
		layer: func(p *pair, l int) {
			p.norms(l, "attn_norm")
			p.normBiases(l, "attn_norm")
			p.attention(l)
			p.biases(l, true)
			biasedNetwork(p, l)
		}},
	{name: "phi2 with few words", arch: "phi2", architecture: "PhiForCausalLM", alias: true, layered: true,
		kv:     map[string]any{"rope.dimension_count": uint32(4), "feed_forward_length": uint32(128), "attention.head_count_kv": uint32(2), "rope.freq_base": float32(1000)},
		config: map[string]any{"intermediate_size": nil, "rope_theta": 1000},
		whole:  func(p *pair) { p.add("output_norm.bias", p.shapes.dim); p.shapes.hidden = 48 },
		layer: func(p *pair, l int) {
			p.norms(l, "attn_norm")
			p.normBiases(l, "attn_norm")
			p.attention(l)
			p.shapes.hidden = 128
			biasedNetwork(p, l)
		}},
	{name: "gptneox", arch: "gptneox", architecture: "GPTNeoXForCausalLM", alias: true, layered: true,
		kv:     map[string]any{"rope.dimension_count": uint32(2), "use_parallel_residual": true, "attention.head_count_kv": nil},
		config: map[string]any{"num_key_value_heads": nil, "layer_norm_eps": 1e-5, "rotary_pct": 0.25, "rotary_emb_base": 10000, "hidden_act": "gelu"},
		whole:  biasedEnd, tidy: interleaved("attention.query_key_value", 4, 1), layer: neoxLayer},
	{name: "gptneox, one after the other", arch: "gptneox", architecture: "GPTNeoXForCausalLM", alias: true, layered: true,
		kv:     map[string]any{"rope.dimension_count": uint32(4), "use_parallel_residual": false, "attention.head_count_kv": nil, "rope.freq_base": float32(1000)},
		config: map[string]any{"num_key_value_heads": nil, "rotary_pct": 0.5, "rotary_emb_base": 1000, "use_parallel_residual": false},
		whole:  biasedEnd, tidy: interleaved("attention.query_key_value", 4, 1), layer: neoxLayer},
	{name: "falcon", arch: "falcon", architecture: "FalconForCausalLM", alias: true, layered: true,
		kv: map[string]any{"attention.head_count_kv": uint32(1), "feed_forward_length": uint32(128)},
		config: map[string]any{"num_key_value_heads": nil, "layer_norm_epsilon": 1e-5, "multi_query": true, "parallel_attn": true, "bias": false, "alibi": false, "intermediate_size": nil,
			"max_position_embeddings": nil},
		whole: biasedEnd, tidy: interleaved("self_attention.query_key_value", 1, 4), layer: falconLayer(1, "attn_norm")},
	{name: "falcon with groups", arch: "falcon", architecture: "RWForCausalLM", alias: true, layered: true,
		kv:     map[string]any{"attention.head_count_kv": uint32(2), "feed_forward_length": uint32(64), "rope.freq_base": float32(1000)},
		config: map[string]any{"num_key_value_heads": nil, "n_head_kv": 2, "new_decoder_architecture": true, "rope_theta": 1000, "ffn_hidden_size": 64},
		whole:  biasedEnd, tidy: interleaved("self_attention.query_key_value", 2, 2), layer: falconLayer(2, "attn_norm", "attn_norm_2")},
	{name: "internlm2", arch: "internlm2", architecture: "InternLM2ForCausalLM", alias: true, config: map[string]any{"rope_theta": 1e6, "bias": false},
		kv: map[string]any{"rope.freq_base": float32(1e6)}, layer: llamaLayer, tidy: func(tensors []hf) []hf { return joinQKV(tensors, "attention.wqkv", 2, 2) }},
	{name: "minicpm", arch: "minicpm", architecture: "MiniCPMForCausalLM", alias: true,
		kv:     map[string]any{"embedding_scale": float32(12), "residual_scale": float32(1.4 / math.Sqrt2), "logit_scale": float32(4)},
		config: map[string]any{"scale_emb": 12, "scale_depth": 1.4, "dim_model_base": 8}, layer: llamaLayer},
	{name: "minicpm with few words", arch: "minicpm", architecture: "MiniCPMForCausalLM", alias: true,
		kv: map[string]any{"embedding_scale": float32(1), "residual_scale": float32(1 / math.Sqrt2), "logit_scale": float32(32)}, layer: llamaLayer},
}

// gemma3nLayer adds a layer of Gemma 3n.
func gemma3nLayer(p *pair, l int) {
	dim := p.shapes.dim
	sandwichLayer(p, l)
	p.headNorms(l)
	p.blk(l, "inp_gate", 16, dim)
	p.blk(l, "proj", dim, 16)
	p.norms(l, "post_norm", "altup_correct_scale", "altup_router_norm", "laurel_post_norm")
	p.blk(l, "altup_correct_coef", 4, 4)
	p.blk(l, "altup_predict_coef", 16, 4)
	p.blk(l, "altup_router", 4, dim)
	p.blk(l, "laurel_l", 64, dim)
	p.blk(l, "laurel_r", dim, 64)
	for i := range p.tensors { // small, or layers amplify every rounding
		for _, part := range []string{"post_norm.weight", "post_attention_norm", "post_ffw_norm", "laurel_post_norm", "altup_predict_coef"} {
			if h := &p.tensors[i]; strings.HasPrefix(h.name, "blk."+itoa(l)+".") && strings.Contains(h.name, part) {
				for j := range h.x {
					h.x[j] /= 8
				}
			}
		}
	}
}

// gemma3nWhole adds the tensors outside of layers, with zeros for the embeddings of
// tokens from so many on.
func gemma3nWhole(tokens int) func(p *pair) {
	return func(p *pair) {
		dim := p.shapes.dim
		p.add("altup_proj.weight", 3, dim, dim)
		p.add("altup_unembd_proj.weight", 3, dim, dim)
		p.add("per_layer_model_proj.weight", 16*12, dim)
		p.add("per_layer_proj_norm.weight", 16)
		p.add("per_layer_token_embd.weight", pairVocab, 16*12)
		clear(p.tensors[len(p.tensors)-1].x[tokens*16*12:])
	}
}

// apertusLayer adds a layer of Apertus.
func apertusLayer(p *pair, l int) {
	p.norms(l, "attn_norm", "ffn_norm")
	p.attention(l)
	p.headNorms(l)
	p.upDown(l)
}

// The parameters of xIELU in these models, by layer.
var xieluPair = map[string][]float32{"alpha_p": {0.8, 0.9}, "alpha_n": {0.5, 0.25}, "beta": {0.5, 0.25}, "eps": {-1e-6, -2e-6}}

// xieluLists returns the keys of xIELU.
func xieluLists(beta, eps []float32) map[string]any {
	return map[string]any{"xielu.alpha_p": xieluPair["alpha_p"], "xielu.alpha_n": xieluPair["alpha_n"], "xielu.beta": beta, "xielu.eps": eps}
}

// xieluTensors returns a function that adds the parameters called so as tensors.
func xieluTensors(names ...string) func(tensors []hf) []hf {
	return func(tensors []hf) []hf {
		for _, name := range names {
			for l, x := range xieluPair[name] {
				shape := []int{1}
				if name == "beta" || name == "eps" {
					shape = []int{}
				}
				tensors = append(tensors, hf{name: "model.layers." + itoa(l) + ".mlp.act_fn." + name, shape: shape, x: []float32{x}})
			}
		}
		return tensors
	}
}

// biasedNetwork adds a feed-forward network without a gate and with biases.
func biasedNetwork(p *pair, l int) {
	p.upDown(l)
	p.blk(l, "ffn_up.bias", p.shapes.hidden)
	p.blk(l, "ffn_down.bias", p.shapes.dim)
}

// biasedEnd adds the bias of the last norm.
func biasedEnd(p *pair) { p.add("output_norm.bias", p.shapes.dim) }

// neoxLayer adds a layer of GPT-NeoX.
func neoxLayer(p *pair, l int) {
	dim := p.shapes.dim
	p.norms(l, "attn_norm", "ffn_norm")
	p.normBiases(l, "attn_norm", "ffn_norm")
	p.blk(l, "attn_qkv", 3*dim, dim)
	p.blk(l, "attn_qkv.bias", 3*dim)
	p.blk(l, "attn_output", dim, dim)
	p.blk(l, "attn_output.bias", dim)
	biasedNetwork(p, l)
}

// falconLayer returns a function that adds a layer of Falcon with so many heads of
// keys.
func falconLayer(kv int, norms ...string) func(p *pair, l int) {
	return func(p *pair, l int) {
		s := &p.shapes
		hidden := int(p.kv["feed_forward_length"].(uint32))
		p.norms(l, norms...)
		p.normBiases(l, norms...)
		p.blk(l, "attn_qkv", (s.heads+2*kv)*s.headDim, s.dim)
		p.blk(l, "attn_output", s.dim, s.heads*s.headDim)
		p.blk(l, "ffn_up", hidden, s.dim)
		p.blk(l, "ffn_down", s.dim, hidden)
	}
}

// interleaved returns a function that puts the rows of queries, keys and values of
// tensors with this part in their names in groups, each with so many heads of queries
// and one each of keys and values.
func interleaved(part string, groups, per int) func(tensors []hf) []hf {
	return func(tensors []hf) []hf {
		for i := range tensors {
			h := &tensors[i]
			if !strings.Contains(h.name, part) {
				continue
			}
			n := len(h.x) / (groups * (per + 2)) // numbers of a head
			x := make([]float32, 0, len(h.x))
			for g := range groups {
				x = append(x, h.x[g*per*n:(g+1)*per*n]...)
				x = append(x, h.x[(groups*per+g)*n:][:n]...)
				x = append(x, h.x[(groups*per+groups+g)*n:][:n]...)
			}
			h.x = x
		}
		return tensors
	}
}

// joinQKV puts queries, keys and values of a layer, whose heads are in groups, into one
// tensor with this part in its name.
func joinQKV(tensors []hf, part string, groups, per int) []hf {
	by := map[string]hf{}
	for _, h := range tensors {
		by[h.name] = h
	}
	var out []hf
	for _, h := range tensors {
		layer, isQ := strings.CutSuffix(h.name, "self_attn.q_proj.weight")
		switch {
		case isQ:
			k, v := by[layer+"self_attn.k_proj.weight"], by[layer+"self_attn.v_proj.weight"]
			all := hf{name: layer + part + ".weight", shape: []int{h.shape[0] + k.shape[0] + v.shape[0], h.shape[1]}, x: slices.Concat(h.x, k.x, v.x)}
			out = append(out, interleaved(part, groups, per)([]hf{all})...)
		case strings.Contains(h.name, "k_proj"), strings.Contains(h.name, "v_proj"):
		default:
			out = append(out, h)
		}
	}
	return out
}
