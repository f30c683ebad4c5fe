package convert

import (
	"maps"
	"slices"
	"strings"

	"github.com/querent-ai/chord/quant"
)

// A pairOption is a variation of a model.
type pairOption struct {
	name    string
	applies func(h *pairModel) bool
	shapes  func(p *pair)               // before keys and tensors are made
	edit    func(p *pair, h *pairModel) // after the keys, before the tensors
	same    bool                        // logits are those of the model without it
}

// having returns a condition: the family has one of these features.
func having(names ...string) func(*pairModel) bool {
	return func(h *pairModel) bool {
		return slices.ContainsFunc(strings.Fields(h.has), func(s string) bool { return slices.Contains(names, s) })
	}
}

// lacking returns the opposite condition.
func lacking(names ...string) func(*pairModel) bool {
	has := having(names...)
	return func(h *pairModel) bool { return !has(h) }
}

// more lets edit add tensors to every layer.
func (p *pair) more(layer func(p *pair, l int)) {
	first := p.layer
	p.layer = func(p *pair, l int) { first(p, l); layer(p, l) }
}

// configure changes config.json; nil is written as null.
func configure(more map[string]any) func(p *pair, h *pairModel) {
	return func(p *pair, h *pairModel) { maps.Copy(p.config, more) }
}

// retype writes tensors of two dimensions or more in a dtype, if which is true for
// them.
func retype(dtype string, which func(h hf) bool) func(p *pair, h *pairModel) {
	return func(p *pair, h *pairModel) {
		p.tidy = func(tensors []hf) []hf {
			for i := range tensors {
				if which(tensors[i]) {
					tensors[i].dtype = dtype
				}
			}
			return tensors
		}
	}
}

func all(hf) bool { return true }

// inLayers reports whether h is a matrix that models in 8 bits store in 8 bits.
func inLayers(h hf) bool {
	return len(h.shape) == 2 && strings.Contains(h.name, "layers.") && strings.HasSuffix(h.name, ".weight") && !strings.Contains(h.name, "gate.weight") && !strings.Contains(h.name, "router")
}

// pairOptions are the options of config.json and the other files, one at a time and a
// few together; those about rope are in ropeOptions.
var pairOptions = append(ropeOptions, []pairOption{
	{name: "attention biases", applies: having("bias"), edit: func(p *pair, h *pairModel) {
		p.config["attention_bias"] = true
		p.more(func(p *pair, l int) { p.biases(l, true) })
	}},
	{name: "biases of fused attention", applies: having("fusedbias"), edit: func(p *pair, h *pairModel) {
		p.more(func(p *pair, l int) {
			p.blk(l, "attn_qkv.bias", (p.shapes.heads+2*p.shapes.kvHeads)*p.shapes.headDim)
			p.blk(l, "ffn_up.bias", 2*p.shapes.hidden)
		})
	}},
	{name: "MLP biases", applies: having("mlpbias"), edit: func(p *pair, h *pairModel) {
		p.config["mlp_bias"] = true
		p.more(func(p *pair, l int) {
			p.blk(l, "ffn_gate.bias", p.shapes.hidden)
			p.blk(l, "ffn_up.bias", p.shapes.hidden)
			p.blk(l, "ffn_down.bias", p.shapes.dim)
		})
	}},
	{name: "all biases, wide heads, yarn, tied", applies: having("mlpbias"), shapes: func(p *pair) { p.shapes.headDim, p.shapes.untied = 8, false }, edit: func(p *pair, h *pairModel) {
		maps.Copy(p.config, map[string]any{"attention_bias": true, "mlp_bias": true, "tie_word_embeddings": true,
			"rope_scaling": map[string]any{"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}})
		maps.Copy(p.kv, map[string]any{"rope.scaling.type": "yarn", "rope.scaling.factor": float32(4), "rope.scaling.original_context_length": uint32(16)})
		p.more(func(p *pair, l int) {
			p.biases(l, true)
			p.blk(l, "ffn_gate.bias", p.shapes.hidden)
			p.blk(l, "ffn_up.bias", p.shapes.hidden)
			p.blk(l, "ffn_down.bias", p.shapes.dim)
		})
	}},
	{name: "biases of zero", applies: having("zerobias"), same: true, edit: func(p *pair, h *pairModel) {
		p.tidy = func(tensors []hf) []hf {
			return append(tensors, hf{name: "model.layers.0.input_layernorm.bias", shape: []int{32}, x: make([]float32, 32)})
		}
	}},
	{name: "tied", applies: func(h *pairModel) bool { return !h.tied }, shapes: func(p *pair) { p.shapes.untied = false }, edit: configure(map[string]any{"tie_word_embeddings": true})},
	{name: "tied, with a matrix all the same", applies: lacking("encoder"), shapes: func(p *pair) { p.shapes.untied = false }, edit: func(p *pair, h *pairModel) {
		p.config["tie_word_embeddings"] = true
		p.same = h.tied
		p.tidy = func(tensors []hf) []hf {
			return append(tensors, hf{name: "lm_head.weight", shape: []int{pairVocab, 32}, x: random(9, pairVocab*32)})
		}
	}},
	{name: "not tied, without a matrix", applies: func(h *pairModel) bool { return !h.tied }, shapes: func(p *pair) { p.shapes.untied = false },
		edit: func(p *pair, h *pairModel) {
			p.config["tie_word_embeddings"], p.fails = false, "tie_word_embeddings"
		}},
	{name: "as many heads for keys", applies: lacking("encoder", "experts", "listed"), shapes: func(p *pair) { p.shapes.kvHeads = 4 }, edit: func(p *pair, h *pairModel) {
		p.same = h.name == "gpt2"
	}},
	{name: "no word of heads for keys", applies: lacking("encoder", "listed"), shapes: func(p *pair) { p.shapes.kvHeads = 4 }, edit: func(p *pair, h *pairModel) {
		p.config["num_key_value_heads"], p.same = nil, h.name == "gpt2"
	}},
	{name: "wide heads", applies: having("headdim"), shapes: func(p *pair) { p.shapes.headDim = 16 }, edit: func(p *pair, h *pairModel) {
		p.config["head_dim"] = 16
		p.kv["attention.key_length"], p.kv["attention.value_length"] = uint32(16), uint32(16)
	}},
	{name: "half of a head is rotated", applies: having("partial"), edit: func(p *pair, h *pairModel) {
		p.config["partial_rotary_factor"] = 0.25
		p.kv["rope.dimension_count"] = uint32(2)
	}},
	{name: "another window", applies: having("window"), edit: func(p *pair, h *pairModel) {
		p.config["sliding_window"] = 3
		p.kv["attention.sliding_window"] = uint32(3)
	}},
	{name: "windows by layer", applies: having("window"), edit: func(p *pair, h *pairModel) {
		var types []string
		var windowed []bool
		for l := range p.shapes.layers {
			windowed = append(windowed, l%3 == 1)
			types = append(types, map[bool]string{true: "sliding_attention", false: "full_attention"}[l%3 == 1])
		}
		p.config["layer_types"] = types
		p.kv["attention.sliding_window_pattern"] = windowed
	}},
	{name: "other multipliers", applies: func(h *pairModel) bool { return h.kv["embedding_scale"] != nil }, edit: func(p *pair, h *pairModel) {
		maps.Copy(p.config, map[string]any{"attention_multiplier": 0.125, "embedding_multiplier": 12, "residual_multiplier": 0.22, "logits_scaling": 8})
		maps.Copy(p.kv, map[string]any{"attention.scale": float32(0.125), "embedding_scale": float32(12), "residual_scale": float32(0.22), "logit_scale": float32(8)})
	}},
	{name: "one expert for a token", applies: having("experts"), edit: func(p *pair, h *pairModel) {
		p.config["num_experts_per_tok"], p.kv["expert_used_count"] = 1, uint32(1)
	}},
	{name: "attention that cools", applies: having("cooling"), edit: func(p *pair, h *pairModel) {
		p.config["rope_parameters"] = map[string]any{"rope_type": "yarn", "factor": 16.0, "original_max_position_embeddings": 8, "rope_theta": 1e6, "mscale": 1.0, "mscale_all_dim": 1.0,
			"llama_4_scaling_beta": 0.1}
		maps.Copy(p.kv, map[string]any{"rope.scaling.type": "yarn", "rope.scaling.factor": float32(16), "rope.scaling.original_context_length": uint32(8), "rope.freq_base": float32(1e6),
			"rope.scaling.yarn_log_multiplier": float32(1), "attention.temperature_scale": float32(0.1)})
	}},
	{name: "null where there is nothing", same: true, edit: func(p *pair, h *pairModel) {
		for _, name := range []string{"head_dim", "rope_scaling", "rope_parameters", "partial_rotary_factor", "rope_theta", "quantization_config", "text_config", "layer_types", "bos_token_id",
			"eos_token_id", "pad_token_id", "tie_word_embeddings", "attention_bias", "mlp_bias", "pretraining_tp", "n_group", "topk_group", "scoring_func", "sliding_window", "n_inner", "num_local_experts"} {
			if _, has := p.config[name]; !has {
				p.config[name] = nil
			}
		}
	}},
	{name: "an object within text_config", same: true, edit: func(p *pair, h *pairModel) {
		p.config = map[string]any{"architectures": p.config["architectures"], "text_config": p.config, "vision_config": map[string]any{"hidden_size": 7}}
		p.tidy = func(tensors []hf) []hf {
			for i := range tensors {
				tensors[i].name = "language_model." + tensors[i].name
			}
			return append(tensors, hf{name: "vision_tower.conv.weight", shape: []int{2, 2}, x: make([]float32, 4)})
		}
	}},
	{name: "names without model", same: true, edit: func(p *pair, h *pairModel) {
		p.tidy = func(tensors []hf) []hf {
			for i := range tensors {
				for _, prefix := range []string{"model.", "transformer.", "bert."} {
					tensors[i].name = strings.TrimPrefix(tensors[i].name, prefix)
				}
			}
			return tensors
		}
	}},
	{name: "tables of the rotation", same: true, edit: func(p *pair, h *pairModel) {
		p.tidy = func(tensors []hf) []hf {
			return append(tensors, hf{name: "model.layers.0.self_attn.rotary_emb.inv_freq", shape: []int{4}, x: make([]float32, 4)})
		}
	}},
	{name: "shards", same: true, edit: func(p *pair, h *pairModel) { p.files["model.safetensors"] = sharded{} }},
	{name: "ends", same: true, edit: func(p *pair, h *pairModel) {
		p.config["eos_token_id"] = []int{258, 3, 4}
		p.files["generation_config.json"] = map[string]any{"eos_token_id": []int{258, 5}, "temperature": nil, "top_k": nil}
	}},
	{name: "BF16", edit: func(p *pair, h *pairModel) {
		p.round = func(x float32) float32 { return quant.BF16ToF32(quant.F32ToBF16(x)) }
		retype("BF16", func(h hf) bool {
			return len(h.shape) > 1 && h.shape[0] > 1 && !strings.HasSuffix(h.name, "bias") && !strings.Contains(h.name, "norm")
		})(p, h)
	}},
	{name: "F64", same: true, edit: retype("F64", all)},
	{name: "FP8 with scales", applies: func(h *pairModel) bool { return h.has != "" && h.arch != "bert" }, edit: func(p *pair, h *pairModel) {
		p.config["quantization_config"] = map[string]any{"quant_method": "fp8", "weight_block_size": []int{128, 128}, "ignored_layers": nil}
		p.round = func(x float32) float32 { return nearestE4M3(x/pairScale) * pairScale }
		p.tidy = inFP8
	}},
	{name: "to F16", same: true, edit: func(p *pair, h *pairModel) { p.typ, p.loose = "f16", 0.01 }},
	{name: "to BF16", same: true, edit: func(p *pair, h *pairModel) { p.typ, p.loose = "bf16", 0.1 }},
	{name: "to Q8_0", same: true, edit: func(p *pair, h *pairModel) { p.typ, p.loose = "q8_0", 0.5 }},
	{name: "more rows than tokens", edit: func(p *pair, h *pairModel) {
		p.config["vocab_size"], p.fails = pairVocab-1, "vocab_size"
		p.files["tokenizer.json"] = smallerTokenizer(h.arch)
		p.files["tokenizer.model"] = smallModel(pairVocab - 1)
	}, applies: func(h *pairModel) bool { return h.arch != "gemma3" }}, // whose extra rows are removed

	{name: "another activation", edit: func(p *pair, h *pairModel) {
		p.config["hidden_act"], p.fails = "relu", "config.json: hidden_act: relu"
	}},
	{name: "the usual activation", same: true, edit: func(p *pair, h *pairModel) {
		p.config["hidden_act"] = "silu"
		if h.family().relu2 {
			p.config["hidden_act"] = "sqrelu"
		}
		if h.family().gelu {
			p.config["hidden_act"], p.config["hidden_activation"] = "gelu", "gelu_pytorch_tanh"
		}
	}},
	{name: "clamped queries", edit: func(p *pair, h *pairModel) { p.config["clip_qkv"], p.fails = 8.0, "config.json: clip_qkv: 8" }},
	{name: "weights of experts the other way", applies: func(h *pairModel) bool { return h.config["norm_topk_prob"] != nil }, edit: func(p *pair, h *pairModel) {
		p.config["norm_topk_prob"], p.fails = h.config["norm_topk_prob"] != true, "config.json: norm_topk_prob"
	}},
	{name: "layers without rotation", applies: func(h *pairModel) bool { return h.arch == "smollm3" }, same: true, edit: func(p *pair, h *pairModel) {
		p.config["no_rope_layers"], p.config["no_rope_layer_interval"] = []int{1, 1, 1, 0}, 4
	}},
	{name: "other layers without rotation", applies: func(h *pairModel) bool { return h.arch == "smollm3" }, edit: func(p *pair, h *pairModel) {
		p.config["no_rope_layers"], p.fails = []int{1, 0, 1, 0}, "config.json: no_rope_layers: 0 in layer 1"
	}},
	{name: "no context", edit: func(p *pair, h *pairModel) {
		for _, name := range contextNames {
			delete(p.config, name)
		}
		p.fails = "max_position_embeddings"
	}, applies: func(h *pairModel) bool {
		return h.arch != "llama" && h.arch != "gemma3" && h.arch != "nomic-bert" && h.arch != "mamba" && h.arch != "rwkv7"
	}},
	{name: "no width", applies: func(h *pairModel) bool { return h.arch != "gpt2" && h.arch != "rwkv7" }, edit: func(p *pair, h *pairModel) {
		delete(p.config, "intermediate_size")
		delete(p.config, "n_inner")
		if p.same = h.config["moe_intermediate_size"] != nil && h.arch != "deepseek" && h.config["num_dense_layers"] == nil; !p.same { // else all layers have experts
			p.fails = "intermediate_size"
		}
	}},
	{name: "another width", applies: lacking("experts", "mamba"), edit: func(p *pair, h *pairModel) {
		p.config["intermediate_size"], p.config["n_inner"] = 40, 40
		p.fails = "ffn_"
	}},
	{name: "another number of layers", edit: func(p *pair, h *pairModel) {
		p.config["num_hidden_layers"] = p.shapes.layers + 1
		if p.config["n_layer"] != nil {
			p.config["n_layer"] = p.shapes.layers + 1
		}
		p.fails = "nothing of layer"
	}},
}...)
