package convert

import (
	"maps"
	"slices"
	"strings"
)

// A pairModel is a family for TestPairs: how it differs from llama in GGUF and in
// config.json.
type pairModel struct {
	name, arch, architecture string

	kv     map[string]any // after "<arch>.", in addition to the common ones or in their place
	config map[string]any // nil leaves a common name out
	layer  func(p *pair, layer int)
	whole  func(p *pair)

	general map[string]any // keys without the name of the architecture

	files folder                  // beside config.json, or nil
	tidy  func(tensors []hf) []hf // see pair

	layers  int    // 2 if 0
	tied    bool   // it never has an output matrix
	has     string // features, for options that apply only to some families
	layered bool   // norms are layer norms
	bare    bool   // norms have no weights
	alias   bool   // another name of the family before it: options are not tested again
}

// pairModels are all supported families.
var pairModels = slices.Concat(basePairs, densePairs)

var basePairs = []*pairModel{
	{name: "llama", arch: "llama", architecture: "LlamaForCausalLM", layer: llamaLayer, has: "bias mlpbias rope llama3 headdim"},
	{name: "mistral", arch: "llama", architecture: "MistralForCausalLM", layer: llamaLayer, alias: true},
	{name: "llama old", arch: "llama", architecture: "LLaMAForCausalLM", layer: llamaLayer, alias: true},
	{name: "llama without a head", arch: "llama", architecture: "LlamaModel", layer: llamaLayer, alias: true},
	{name: "mixtral", arch: "llama", architecture: "MixtralForCausalLM", has: "bias rope llama3 headdim experts",
		kv: mixture(nil), config: map[string]any{"num_local_experts": pairExperts, "num_experts_per_tok": pairUsed},
		layer: func(p *pair, l int) {
			p.norms(l, "attn_norm", "ffn_norm")
			p.attention(l)
			p.experts(l, p.shapes.hidden)
		}},
	{name: "smollm3", arch: "smollm3", architecture: "SmolLM3ForCausalLM", layers: 4, layer: llamaLayer, has: "bias mlpbias rope llama3 headdim"},
	{name: "mistral3", arch: "mistral3", architecture: "Ministral3ForCausalLM", layer: llamaLayer, has: "bias rope llama3 headdim cooling"},
	{name: "granite", arch: "granite", architecture: "GraniteForCausalLM", layer: llamaLayer, has: "bias mlpbias rope llama3",
		kv: graniteKV, config: graniteConfig},
	{name: "granitemoe", arch: "granitemoe", architecture: "GraniteMoeForCausalLM", has: "bias rope llama3 experts",
		kv:     mixture(with(graniteKV, map[string]any{"expert_shared_feed_forward_length": uint32(40)})),
		config: with(graniteConfig, map[string]any{"num_local_experts": pairExperts, "num_experts_per_tok": pairUsed, "shared_intermediate_size": 40}),
		layer: func(p *pair, l int) {
			p.norms(l, "attn_norm", "ffn_norm")
			p.attention(l)
			p.experts(l, p.shapes.hidden)
			p.dense(l, "_shexp", 40)
		}},
	{name: "deepseek", arch: "deepseek", architecture: "DeepseekForCausalLM", has: "bias rope experts",
		kv: mixture(map[string]any{"expert_feed_forward_length": uint32(24), "expert_shared_count": uint32(2), "leading_dense_block_count": uint32(1)}),
		config: map[string]any{"n_routed_experts": pairExperts, "num_experts_per_tok": pairUsed, "n_shared_experts": 2, "moe_intermediate_size": 24,
			"first_k_dense_replace": 1, "moe_layer_freq": 1, "scoring_func": "softmax", "norm_topk_prob": false},
		layer: func(p *pair, l int) {
			p.norms(l, "attn_norm", "ffn_norm")
			p.attention(l)
			if l == 0 {
				p.dense(l, "", p.shapes.hidden)
				return
			}
			p.experts(l, 24)
			p.dense(l, "_shexp", 48)
		}},
	{name: "qwen2", arch: "qwen2", architecture: "Qwen2ForCausalLM", has: "rope headdim", layer: func(p *pair, l int) { llamaLayer(p, l); p.biases(l, false) }},
	{name: "qwen3", arch: "qwen3", architecture: "Qwen3ForCausalLM", has: "bias rope headdim",
		kv: headKV, config: headConfig, layer: func(p *pair, l int) { llamaLayer(p, l); p.headNorms(l) }},
	{name: "qwen2moe", arch: "qwen2moe", architecture: "Qwen2MoeForCausalLM", has: "rope experts",
		kv: mixture(map[string]any{"expert_feed_forward_length": uint32(24), "expert_shared_feed_forward_length": uint32(40)}),
		config: map[string]any{"num_experts": pairExperts, "num_experts_per_tok": pairUsed, "moe_intermediate_size": 24, "shared_expert_intermediate_size": 40,
			"norm_topk_prob": false, "decoder_sparse_step": 1, "mlp_only_layers": []int{}},
		layer: func(p *pair, l int) {
			p.norms(l, "attn_norm", "ffn_norm")
			p.attention(l)
			p.biases(l, false)
			p.experts(l, 24)
			p.dense(l, "_shexp", 40)
			p.blk(l, "ffn_gate_inp_shexp", p.shapes.dim)
		}},
	{name: "qwen3moe", arch: "qwen3moe", architecture: "Qwen3MoeForCausalLM", has: "bias rope headdim experts",
		kv: mixture(with(headKV, map[string]any{"expert_feed_forward_length": uint32(24)})),
		config: with(headConfig, map[string]any{"num_experts": pairExperts, "num_experts_per_tok": pairUsed, "moe_intermediate_size": 24,
			"norm_topk_prob": true, "decoder_sparse_step": 1, "mlp_only_layers": []int{}}),
		layer: func(p *pair, l int) {
			p.norms(l, "attn_norm", "ffn_norm")
			p.attention(l)
			p.headNorms(l)
			p.experts(l, 24)
		}},
	{name: "gemma", arch: "gemma", architecture: "GemmaForCausalLM", tied: true, layer: llamaLayer, has: "bias rope headdim", kv: headKV, config: headConfig},
	{name: "gemma2", arch: "gemma2", architecture: "Gemma2ForCausalLM", tied: true, has: "bias rope headdim window",
		kv: with(headKV, map[string]any{"attention.sliding_window": uint32(8), "attn_logit_softcapping": float32(50), "final_logit_softcapping": float32(30)}),
		config: with(headConfig, map[string]any{"sliding_window": 8, "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0,
			"query_pre_attn_scalar": 8}),
		layer: sandwichLayer},
	{name: "gemma3", arch: "gemma3", architecture: "Gemma3ForCausalLM", tied: true, layers: 6, has: "rope headdim window",
		kv:     with(headKV, map[string]any{"attention.sliding_window": uint32(8), "rope.freq_base": float32(1e6), "rope.freq_base_swa": float32(10000)}),
		config: with(headConfig, map[string]any{"sliding_window": 8, "rope_theta": 1e6, "rope_local_base_freq": 10000.0}),
		layer:  func(p *pair, l int) { sandwichLayer(p, l); p.headNorms(l) }},
	{name: "phi3", arch: "phi3", architecture: "Phi3ForCausalLM", has: "fusedbias rope longrope partial", layer: func(p *pair, l int) {
		s := &p.shapes
		p.norms(l, "attn_norm", "ffn_norm")
		p.blk(l, "attn_qkv", (s.heads+2*s.kvHeads)*s.headDim, s.dim)
		p.blk(l, "attn_output", s.dim, s.heads*s.headDim)
		p.blk(l, "ffn_up", 2*s.hidden, s.dim)
		p.blk(l, "ffn_down", s.dim, s.hidden)
	}},
	{name: "olmo2", arch: "olmo2", architecture: "Olmo2ForCausalLM", has: "bias rope", kv: map[string]any{"rope.freq_base": float32(500000)},
		config: map[string]any{"rope_theta": 500000}, layer: olmoLayer},
	{name: "olmo3", arch: "olmo2", architecture: "Olmo3ForCausalLM", layers: 4, has: "bias rope window",
		kv:     map[string]any{"rope.freq_base": float32(500000), "attention.sliding_window": uint32(8)},
		config: map[string]any{"rope_theta": 500000, "sliding_window": 8}, layer: olmoLayer},
	{name: "olmoe", arch: "olmoe", architecture: "OlmoeForCausalLM", has: "bias rope experts", kv: mixture(nil),
		config: map[string]any{"num_experts": pairExperts, "num_experts_per_tok": pairUsed, "norm_topk_prob": false},
		layer: func(p *pair, l int) {
			p.norms(l, "attn_norm", "ffn_norm")
			p.attention(l)
			p.wideNorms(l)
			p.experts(l, p.shapes.hidden)
		}},
	{name: "glm4", arch: "glm4", architecture: "Glm4ForCausalLM", has: "bias rope partial", kv: with(headKV, map[string]any{"rope.dimension_count": uint32(4)}),
		config: with(headConfig, map[string]any{"partial_rotary_factor": 0.5}), layer: func(p *pair, l int) {
			s := &p.shapes
			p.norms(l, "attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm")
			p.attention(l)
			p.blk(l, "ffn_up", 2*s.hidden, s.dim)
			p.blk(l, "ffn_down", s.dim, s.hidden)
		}},
	{name: "cohere2", arch: "cohere2", architecture: "Cohere2ForCausalLM", layers: 4, tied: true, layered: true, has: "rope window partial zerobias",
		kv:     map[string]any{"attention.sliding_window": uint32(8), "logit_scale": float32(0.25)},
		config: map[string]any{"layer_norm_eps": 1e-5, "sliding_window": 8, "logit_scale": 0.25},
		layer:  func(p *pair, l int) { p.norms(l, "attn_norm"); p.attention(l); p.dense(l, "", p.shapes.hidden) }},
	{name: "gpt-oss", arch: "gpt-oss", architecture: "GptOssForCausalLM", has: "rope headdim window",
		kv:     mixture(with(headKV, map[string]any{"attention.sliding_window": uint32(8), "expert_feed_forward_length": uint32(48)})),
		config: with(headConfig, map[string]any{"sliding_window": 8, "num_local_experts": pairExperts, "num_experts_per_tok": pairUsed}),
		layer: func(p *pair, l int) {
			p.norms(l, "attn_norm", "post_attention_norm")
			p.attention(l)
			p.biases(l, true)
			p.blk(l, "attn_sinks.weight", p.shapes.heads)
			p.experts(l, 48)
			p.blk(l, "ffn_gate_inp.bias", pairExperts)
			p.blk(l, "ffn_gate_exps.bias", pairExperts, 48)
			p.blk(l, "ffn_up_exps.bias", pairExperts, 48)
			p.blk(l, "ffn_down_exps.bias", pairExperts, p.shapes.dim)
		}},
	{name: "starcoder2", arch: "starcoder2", architecture: "Starcoder2ForCausalLM", layered: true, has: "rope",
		config: map[string]any{"norm_epsilon": 1e-5}, whole: func(p *pair) { p.add("output_norm.bias", p.shapes.dim) }, layer: func(p *pair, l int) {
			p.norms(l, "attn_norm", "ffn_norm")
			p.normBiases(l, "attn_norm", "ffn_norm")
			p.attention(l)
			p.biases(l, true)
			p.upDown(l)
			p.blk(l, "ffn_up.bias", p.shapes.hidden)
			p.blk(l, "ffn_down.bias", p.shapes.dim)
		}},
	{name: "stablelm", arch: "stablelm", architecture: "StableLmForCausalLM", layered: true, has: "bias rope partial", kv: map[string]any{"rope.dimension_count": uint32(4)},
		config: map[string]any{"layer_norm_eps": 1e-5, "partial_rotary_factor": 0.5, "use_parallel_residual": false},
		whole:  func(p *pair) { p.add("output_norm.bias", p.shapes.dim) },
		layer:  func(p *pair, l int) { llamaLayer(p, l); p.normBiases(l, "attn_norm", "ffn_norm") }},
	{name: "stablelm side by side", arch: "stablelm", architecture: "StableLmForCausalLM", layered: true, has: "rope partial",
		kv:     map[string]any{"rope.dimension_count": uint32(4)},
		config: map[string]any{"layer_norm_eps": 1e-5, "partial_rotary_factor": 0.5, "use_parallel_residual": true, "qk_layernorm": true},
		layer: func(p *pair, l int) {
			s := &p.shapes
			p.norms(l, "attn_norm")
			p.attention(l)
			p.blk(l, "attn_q_norm", s.heads, s.headDim)
			p.blk(l, "attn_k_norm", s.kvHeads, s.headDim)
			p.dense(l, "", s.hidden)
		}},
	{name: "gpt2", arch: "gpt2", architecture: "GPT2LMHeadModel", tied: true, layered: true,
		kv: map[string]any{"feed_forward_length": uint32(128), "attention.head_count_kv": nil},
		config: map[string]any{"hidden_size": nil, "intermediate_size": nil, "num_hidden_layers": nil, "num_attention_heads": nil, "num_key_value_heads": nil,
			"max_position_embeddings": nil, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": pairContext, "n_ctx": pairContext, "n_inner": nil, "layer_norm_epsilon": 1e-5},
		whole: func(p *pair) {
			p.add("output_norm.bias", p.shapes.dim)
			p.add("position_embd.weight", pairContext, p.shapes.dim)
		},
		layer: func(p *pair, l int) {
			dim := p.shapes.dim
			p.norms(l, "attn_norm", "ffn_norm")
			p.normBiases(l, "attn_norm", "ffn_norm")
			p.blk(l, "attn_qkv", 3*dim, dim)
			p.blk(l, "attn_qkv.bias", 3*dim)
			p.blk(l, "attn_output", dim, dim)
			p.blk(l, "attn_output.bias", dim)
			p.blk(l, "ffn_up", 4*dim, dim)
			p.blk(l, "ffn_up.bias", 4*dim)
			p.blk(l, "ffn_down", dim, 4*dim)
			p.blk(l, "ffn_down.bias", dim)
		}},
	{name: "bert", arch: "bert", architecture: "BertModel", tied: true, layered: true, has: "encoder",
		kv:     map[string]any{"attention.causal": false, "attention.head_count_kv": nil},
		config: map[string]any{"num_key_value_heads": nil, "layer_norm_eps": 1e-5, "type_vocab_size": 2},
		whole: func(p *pair) {
			encoderWhole(p)
			p.add("position_embd.weight", pairContext, p.shapes.dim)
		},
		layer: bertLayer},
	{name: "cross-encoder", arch: "bert", architecture: "BertForSequenceClassification", alias: true, tied: true, layered: true, has: "encoder",
		kv:     map[string]any{"attention.causal": false, "attention.head_count_kv": nil, "pooling_type": uint32(4), "classifier.output_labels": []string{"LABEL_0"}},
		config: map[string]any{"num_key_value_heads": nil, "layer_norm_eps": 1e-5, "type_vocab_size": 2, "id2label": map[string]any{"0": "LABEL_0"}},
		whole: func(p *pair) {
			encoderWhole(p)
			p.add("position_embd.weight", pairContext, p.shapes.dim)
			p.add("cls.weight", p.shapes.dim, p.shapes.dim)
			p.add("cls.bias", p.shapes.dim)
			p.add("cls.output.weight", 1, p.shapes.dim)
			p.add("cls.output.bias", 1)
		},
		tidy:  renamed("cls.output.", "classifier.", "cls.", "bert.pooler.dense."),
		layer: bertLayer},
	{name: "xlm-roberta reranker", arch: "bert", architecture: "XLMRobertaForSequenceClassification", alias: true, tied: true, layered: true, has: "encoder",
		kv:     map[string]any{"attention.causal": false, "attention.head_count_kv": nil, "pooling_type": uint32(4)},
		config: map[string]any{"num_key_value_heads": nil, "layer_norm_eps": 1e-5, "type_vocab_size": 2, "pad_token_id": 1, "max_position_embeddings": pairContext + 2},
		files:  folder{"tokenizer.json": unigramTokenizer()},
		whole: func(p *pair) {
			encoderWhole(p)
			p.add("position_embd.weight", pairContext, p.shapes.dim)
			p.add("cls.weight", p.shapes.dim, p.shapes.dim)
			p.add("cls.bias", p.shapes.dim)
			p.add("cls.output.weight", 1, p.shapes.dim)
			p.add("cls.output.bias", 1)
		},
		tidy: func(tensors []hf) []hf {
			tensors = renamed("cls.output.", "classifier.out_proj.", "cls.", "classifier.dense.", "bert.", "roberta.")(tensors)
			for i := range tensors {
				if h := &tensors[i]; h.name == "roberta.embeddings.position_embeddings.weight" {
					h.shape = []int{h.shape[0] + 2, h.shape[1]}
					h.x = append(make([]float32, 2*h.shape[1]), h.x...)
				}
			}
			return append(tensors, hf{name: "roberta.pooler.dense.bias", shape: []int{4}, x: make([]float32, 4)})
		},
		layer: bertLayer},
	{name: "embeddinggemma", arch: "gemma-embedding", architecture: "Gemma3TextModel", alias: true, tied: true, layers: 6, has: "encoder gemma",
		kv: with(headKV, map[string]any{"attention.head_count_kv": uint32(2), "attention.sliding_window": uint32(8), "pooling_type": uint32(1),
			"rope.freq_base": float32(1000000), "rope.freq_base_swa": float32(10000)}),
		config: with(headConfig, map[string]any{"sliding_window": 8, "use_bidirectional_attention": true, "hidden_activation": "gelu_pytorch_tanh",
			"num_key_value_heads": 2, "rope_theta": 1000000}),
		files: folder{"modules.json": []map[string]string{{"type": "sentence_transformers.models.Transformer", "path": ""}, {"type": "sentence_transformers.models.Pooling", "path": "1_Pooling"},
			{"type": "sentence_transformers.models.Dense", "path": "2_Dense"}, {"type": "sentence_transformers.models.Dense", "path": "3_Dense"}, {"type": "sentence_transformers.models.Normalize", "path": "4_Normalize"}},
			"1_Pooling/config.json":     map[string]any{"pooling_mode_mean_tokens": true},
			"2_Dense/config.json":       map[string]any{"in_features": 32, "out_features": 48, "activation_function": "torch.nn.modules.linear.Identity"},
			"3_Dense/config.json":       map[string]any{"in_features": 48, "out_features": 32, "activation_function": "torch.nn.modules.linear.Identity"},
			"2_Dense/model.safetensors": projection("dense_2.weight", 48, 32), "3_Dense/model.safetensors": projection("dense_3.weight", 32, 48)},
		whole: func(p *pair) {
			p.add("dense_2.weight", 48, p.shapes.dim)
			p.add("dense_3.weight", p.shapes.dim, 48)
		},
		tidy: func(tensors []hf) []hf {
			return slices.DeleteFunc(tensors, func(h hf) bool { return strings.HasPrefix(h.name, "dense_") || h.name == ".weight" })
		},
		layer: func(p *pair, l int) {
			sandwichLayer(p, l)
			p.blk(l, "attn_q_norm", p.shapes.headDim)
			p.blk(l, "attn_k_norm", p.shapes.headDim)
		}},
	{name: "nomic-bert", arch: "nomic-bert", architecture: "NomicBertModel", tied: true, layered: true, has: "encoder",
		kv: map[string]any{"attention.causal": false, "attention.head_count_kv": nil, "rope.freq_base": float32(1000)},
		config: map[string]any{"hidden_size": nil, "intermediate_size": nil, "num_hidden_layers": nil, "num_attention_heads": nil, "num_key_value_heads": nil,
			"max_position_embeddings": nil, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 8192, "max_trained_positions": pairContext, "n_inner": 48,
			"layer_norm_epsilon": 1e-5, "rotary_emb_base": 1000, "type_vocab_size": 2},
		whole: encoderWhole,
		layer: func(p *pair, l int) {
			dim := p.shapes.dim
			p.blk(l, "attn_qkv", 3*dim, dim)
			p.blk(l, "attn_output", dim, dim)
			encoderNorms(p, l)
			p.dense(l, "", p.shapes.hidden)
		}},
}

// Keys and names that several families have.
var (
	headKV        = map[string]any{"attention.key_length": uint32(8), "attention.value_length": uint32(8)}
	headConfig    = map[string]any{"head_dim": 8}
	graniteKV     = map[string]any{"attention.scale": float32(0.25), "embedding_scale": float32(3), "residual_scale": float32(0.5), "logit_scale": float32(2)}
	graniteConfig = map[string]any{"attention_multiplier": 0.25, "embedding_multiplier": 3.0, "residual_multiplier": 0.5, "logits_scaling": 2.0}
)

// mixture returns keys with those of experts.
func mixture(kv map[string]any) map[string]any {
	out := map[string]any{"expert_count": uint32(pairExperts), "expert_used_count": uint32(pairUsed)}
	maps.Copy(out, kv)
	return out
}
