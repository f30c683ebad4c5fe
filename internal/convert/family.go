package convert

import (
	"slices"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/safetensors"
)

// A family says how the models of one architecture differ from llama.
type family struct {
	arch          string               // GGUF's name
	from          []string             // Hugging Face's architectures
	when          func(c *config) bool // whether config.json is of this family, where several have the same architecture; nil: it is
	adapt         func(c *config)      // gives values of config.json their usual names before others are derived from them
	own           bool                 // its keys are those of rules and own only: neither common nor those of rope
	rules         []rule
	keys          func(arch string, c *config) []gguf.KV                                   // keys that have no rule
	defaults      map[string]any                                                           // values of keys that config.json lacks
	names         map[string]string                                                        // of tensors, instead of those in tensorNames
	permute       bool                                                                     // rows of q and k are stored as halves
	addOne        bool                                                                     // norms are stored minus one
	tied          bool                                                                     // lm_head is the embedding, even if the file has one
	conv1d        bool                                                                     // matrices are stored transposed
	encoder       bool                                                                     // an embedder
	pools         bool                                                                     // modules.json may say how the vectors of a text are pooled
	zeroBias      bool                                                                     // biases are left out and must be zero
	special       func(b *builder, n name, src *safetensors.Tensor) (done bool, err error) // tensors that tensorNames cannot describe
	act           []string                                                                 // names of the activation of networks, if it is none of those below
	relu2         bool                                                                     // networks have relu², not SiLU
	clips         bool                                                                     // clip_qkv bounds queries, keys and values
	finish        func(b *builder)                                                         // adds tensors that are not in the model, for rope of the type proportional
	sections      bool                                                                     // rope may be of the type mrope
	dropNextN     bool                                                                     // layers that predict further tokens are left out
	gelu          bool                                                                     // networks have GELU, not SiLU
	fixed         map[string][]string                                                      // the only values that config.json may have, as text: no key can express others
	llama3        bool                                                                     // rope may be scaled as in Llama 3, by a tensor of factors
	longRope      bool                                                                     // or by two lists of factors
	noRope        bool                                                                     // position embeddings are learned
	windowEvery   int                                                                      // every Nth layer uses full attention, if config.json does not say which
	logMultiplier bool                                                                     // yarn_log_multiplier is among its keys
	vocab         []vocabulary                                                             // the first one that the folder has is used
	pre           map[string]string                                                        // the name of a pre-tokenizer, if several names have the same splits
}

// families are all supported families, with llama.cpp's names of keys.
var families = slices.Concat(baseFamilies, moreFamilies, hybridFamilies, mixtureFamilies, olderFamilies, furtherFamilies)

var baseFamilies = []family{
	{
		arch:     "llama",
		from:     []string{"LlamaForCausalLM", "LLaMAForCausalLM", "MistralForCausalLM", "MixtralForCausalLM", "LlamaModel"},
		permute:  true,
		rules:    llamaRules,
		defaults: map[string]any{"rope_theta": 10000, "rms_norm_eps": 1e-6, "max_position_embeddings": 2048},
		llama3:   true, vocab: llamaVocab, pre: map[string]string{"digits": "smollm"},
	},
	{
		arch: "smollm3", from: []string{"SmolLM3ForCausalLM"}, permute: true, fixed: map[string][]string{"no_rope_layer_interval": {"4"}}, rules: llamaRules,
		llama3: true, vocab: llamaVocab,
	},
	{
		arch: "mistral3", from: []string{"Mistral3ForConditionalGeneration", "Ministral3ForCausalLM"}, when: func(c *config) bool { return !isMistral4(c) }, permute: true, rules: llamaRules,
		keys: ministralKeys, logMultiplier: true, llama3: true, vocab: llamaVocab,
	},
	{
		arch: "granite", from: []string{"GraniteForCausalLM"}, permute: true, rules: graniteRules,
		defaults: map[string]any{"rope_theta": 10000, "rms_norm_eps": 1e-6},
		llama3:   true, vocab: llamaVocab, pre: map[string]string{"digits": "refact"},
	},
	{
		arch: "granitemoe", from: []string{"GraniteMoeForCausalLM", "GraniteMoeSharedForCausalLM"}, permute: true,
		rules:    append(graniteRules[:len(graniteRules):len(graniteRules)], rule{"expert_shared_feed_forward_length", count, from("shared_intermediate_size"), nil}),
		defaults: map[string]any{"rope_theta": 10000, "rms_norm_eps": 1e-6},
		special:  splitGranite, llama3: true, vocab: llamaVocab, pre: map[string]string{"digits": "refact"},
	},
	{
		arch: "granitehybrid", from: []string{"GraniteMoeHybridForCausalLM"}, permute: true, rules: graniteHybridRules, keys: graniteHybridKeys,
		defaults: map[string]any{"rope_theta": 10000, "rms_norm_eps": 1e-6},
		names:    map[string]string{"mamba.in_proj": "ssm_in", "mamba.out_proj": "ssm_out"}, // for adapters
		special:  graniteHybridTensors, vocab: llamaVocab, pre: map[string]string{"digits": "refact"},
	},
	{
		arch: "lfm2", from: []string{"Lfm2ForCausalLM"}, names: lfm2Names, keys: lfm2Keys, special: lfm2Tensors, vocab: bpeOnly, pre: map[string]string{"llama3": "lfm2"},
		rules: []rule{
			{"vocab_size", count, from("vocab_size"), nil},
			{"shortconv.l_cache", count, from("conv_L_cache"), nil},
		},
		defaults: map[string]any{"rope_theta": 1000000, "norm_eps": 1e-5},
	},
	{
		arch: "deepseek", from: []string{"DeepseekForCausalLM"}, permute: true, vocab: spmOrBPE,
		fixed: map[string][]string{"norm_topk_prob": {"false"}},
		rules: []rule{
			{"rope.dimension_count", count, from(nHeadDim), nil},
			{"rope.scaling.type", text, nil, "none"},
			{"leading_dense_block_count", count, from("first_k_dense_replace"), uint32(0)},
			{"vocab_size", count, from("vocab_size"), nil},
			{"expert_feed_forward_length", count, from("moe_intermediate_size"), nil},
			{"expert_weights_scale", real, nil, float32(1)},
			{"expert_shared_count", count, from("n_shared_experts"), nil},
		},
	},
	{arch: "qwen2", from: []string{"Qwen2ForCausalLM", "Qwen2Model"}, pools: true, defaults: map[string]any{"rope_theta": 10000}, vocab: spmOrBPE},
	{arch: "qwen3", from: []string{"Qwen3ForCausalLM", "Qwen3Model"}, pools: true, defaults: map[string]any{"head_dim": 128}, vocab: spmOrBPE},
	{arch: "qwen2moe", from: []string{"Qwen2MoeForCausalLM"}, rules: qwenMoE, fixed: map[string][]string{"norm_topk_prob": {"false"}}, special: splitFused, vocab: bpeOnly},
	{arch: "qwen3moe", from: []string{"Qwen3MoeForCausalLM"}, rules: qwenMoE, fixed: map[string][]string{"norm_topk_prob": {"true"}}, special: splitFused, vocab: bpeOnly},
	{
		arch: "qwen35", from: []string{"Qwen3_5ForCausalLM", "Qwen3_5ForConditionalGeneration"}, rules: deltaRules, keys: deltaKeys, addOne: true,
		fixed: deltaFixed, special: deltaTensors, names: map[string]string{"post_attention_layernorm": "post_attention_norm"},
		defaults: deltaDefaults, vocab: bpeOnly,
	},
	{
		arch: "qwen35moe", from: []string{"Qwen3_5MoeForCausalLM", "Qwen3_5MoeForConditionalGeneration"}, rules: deltaRules, keys: deltaKeys, addOne: true,
		fixed: deltaFixed, special: deltaTensors, names: map[string]string{"post_attention_layernorm": "post_attention_norm"},
		defaults: deltaDefaults, vocab: bpeOnly,
	},
	{
		arch: "qwen3next", from: []string{"Qwen3NextForCausalLM"}, rules: deltaRules, keys: deltaKeys, addOne: true,
		fixed: deltaFixed, special: deltaTensors, names: map[string]string{"post_attention_layernorm": "post_attention_norm"},
		defaults: deltaDefaults, vocab: bpeOnly,
	},
	{
		arch: "gemma", from: []string{"GemmaForCausalLM"}, gelu: true, own: true, rules: gemmaRules, addOne: true, tied: true,
		defaults: map[string]any{"head_dim": 256, "rms_norm_eps": 1e-6}, vocab: []vocabulary{sentencePiece{noPrefix: true, infill: true}},
	},
	{
		arch: "gemma2", from: []string{"Gemma2ForCausalLM"}, gelu: true, own: true, windowEvery: 2, addOne: true, tied: true,
		rules: append(gemmaRules[:len(gemmaRules):len(gemmaRules)],
			rule{"attn_logit_softcapping", real, from("attn_logit_softcapping"), float32(50)},
			rule{"final_logit_softcapping", real, from("final_logit_softcapping"), float32(30)},
			rule{"attention.sliding_window", count, from("sliding_window"), uint32(4096)}),
		defaults: map[string]any{"head_dim": 256, "rms_norm_eps": 1e-6},
		names:    map[string]string{"post_attention_layernorm": "post_attention_norm"},
		vocab:    []vocabulary{sentencePiece{noPrefix: true}},
	},
	{
		arch: "gemma3", from: []string{"Gemma3ForCausalLM", "Gemma3ForConditionalGeneration"}, gelu: true, addOne: true, windowEvery: 6,
		rules: []rule{
			{"final_logit_softcapping", real, from("final_logit_softcapping"), nil},
			{"attention.sliding_window", count, from("sliding_window"), nil},
		},
		defaults: map[string]any{"head_dim": 256, "rms_norm_eps": 1e-6, "num_attention_heads": 8, "num_key_value_heads": 4,
			"max_position_embeddings": 131072, "rope_theta": 1000000, "rope_local_base_freq": 10000},
		names:   map[string]string{"post_attention_layernorm": "post_attention_norm"},
		special: cutVocab, vocab: []vocabulary{sentencePiece{noPrefix: true}, byteBPE{}},
	},
	{
		arch: "phi3", from: []string{"Phi3ForCausalLM"}, own: true,
		rules: []rule{
			{"rope.scaling.original_context_length", count, from("original_max_position_embeddings"), uint32(4096)},
			{"feed_forward_length", count, from("intermediate_size"), nil},
			{"attention.head_count_kv", count, from(nKVHeads), nil},
			{"attention.layer_norm_rms_epsilon", real, from("rms_norm_eps"), float32(1e-5)},
			{"rope.dimension_count", count, from(nRopeDim), nil},
			{"rope.freq_base", real, from("rope_theta"), float32(10000)},
			{"attention.sliding_window", count, from("sliding_window"), uint32(0)},
		},
		keys: longRopeKeys, longRope: true, vocab: []vocabulary{phi3Vocab{}}, pre: map[string]string{"llama3": "dbrx"},
	},
	{
		arch: "olmo2", from: []string{"Olmo2ForCausalLM", "Olmo3ForCausalLM"}, windowEvery: 4, keys: olmoWindows,
		defaults: map[string]any{"rope_theta": 500000, "rms_norm_eps": 1e-5},
		names:    map[string]string{"post_attention_layernorm": "post_attention_norm"},
		vocab:    bpeOnly, pre: map[string]string{"llama3": "dbrx"},
	},
	{
		arch: "olmoe", from: []string{"OlmoeForCausalLM"}, fixed: map[string][]string{"norm_topk_prob": {"false"}}, vocab: bpeOnly, pre: map[string]string{"gpt2": "olmo"},
		defaults: map[string]any{"rope_theta": 10000, "num_experts": 64, "num_experts_per_tok": 8},
		rules:    []rule{{"attention.layer_norm_rms_epsilon", real, nil, float32(1e-5)}},
	},
	{
		arch: "glm4", from: []string{"Glm4ForCausalLM"}, vocab: []vocabulary{byteBPE{ends: "<|endoftext|>", turn: "<|user|>"}},
		defaults: map[string]any{"partial_rotary_factor": 0.5, "rope_theta": 10000},
		rules:    []rule{{"rope.dimension_count", count, from(nRopeDim), nil}},
		pre:      map[string]string{"llama3": "glm4"},
	},
	{
		arch: "cohere2", from: []string{"Cohere2ForCausalLM"}, windowEvery: 4, zeroBias: true, vocab: bpeOnly, pre: map[string]string{"digits": "command-r"},
		defaults: map[string]any{"rope_theta": 10000, "layer_norm_eps": 1e-5},
		rules: []rule{
			{"logit_scale", real, from("logit_scale"), float32(0.0625)},
			{"attention.sliding_window", count, from("sliding_window"), uint32(4096)},
			{"vocab_size", count, from("vocab_size"), nil},
			{"rope.dimension_count", count, from(nRopeDim), nil},
			{"rope.scaling.type", text, nil, "none"},
		},
	},
	{
		arch: "gpt-oss", from: []string{"GptOssForCausalLM"}, windowEvery: 2, special: splitGPTOSS, vocab: bpeOnly,
		names: map[string]string{"post_attention_layernorm": "post_attention_norm"},
		rules: []rule{
			{"attention.sliding_window", count, from("sliding_window"), uint32(128)},
			{"expert_feed_forward_length", count, from("intermediate_size"), nil},
		},
	},
	{
		arch: "starcoder2", from: []string{"Starcoder2ForCausalLM"}, gelu: true, vocab: bpeOnly, pre: map[string]string{"digits": "starcoder"},
		defaults: map[string]any{"rope_theta": 10000, "norm_epsilon": 1e-5},
	},
	{
		arch: "stablelm", from: []string{"StableLmForCausalLM", "StableLMEpochForCausalLM"}, own: true, vocab: bpeOnly,
		pre:      map[string]string{"qwen2": "stablelm2"},
		defaults: map[string]any{"partial_rotary_factor": 0.25},
		rules: []rule{
			{"feed_forward_length", count, from("intermediate_size"), nil},
			{"rope.dimension_count", count, from(nRopeDim), nil},
			{"attention.head_count_kv", count, from(nKVHeads), nil},
			{"use_parallel_residual", flag, from("use_parallel_residual"), false},
			{"attention.layer_norm_epsilon", real, from("layer_norm_eps", "norm_eps"), float32(1e-5)},
		},
	},
	{
		arch: "gpt2", from: []string{"GPT2LMHeadModel"}, gelu: true, own: true, noRope: true, conv1d: true, vocab: bpeOnly, pre: map[string]string{"gpt2": "gpt-2"},
		rules: []rule{
			{"feed_forward_length", count, from("n_inner", nFourDim), nil},
			{"attention.layer_norm_epsilon", real, from("layer_norm_epsilon"), float32(1e-5)},
		},
	},
	{
		arch: "bert", noRope: true, from: []string{"BertModel", "BertForMaskedLM", "BertForSequenceClassification"}, gelu: true, encoder: true, pools: true,
		rules: []rule{{"attention.causal", flag, nil, false}}, defaults: map[string]any{"layer_norm_eps": 1e-12},
		keys: classifierKeys, vocab: []vocabulary{wordPiece{}},
	},
	{
		arch: "bert", noRope: true, from: []string{"XLMRobertaModel", "XLMRobertaForSequenceClassification"}, gelu: true, encoder: true, pools: true,
		rules: []rule{{"attention.causal", flag, nil, false}}, defaults: map[string]any{"layer_norm_eps": 1e-5},
		keys: robertaKeys, special: cutPositions, vocab: []vocabulary{unigramJSON{}},
	},
	{
		arch: "gemma-embedding", from: []string{"Gemma3TextModel"}, gelu: true, addOne: true, encoder: true, pools: true, windowEvery: 6,
		fixed: map[string][]string{"use_bidirectional_attention": {"true"}},
		rules: []rule{
			{"attention.sliding_window", count, from("sliding_window"), nil},
			{"attention.head_count_kv", count, from(nKVHeads), nil},
		},
		defaults: map[string]any{"head_dim": 256, "rms_norm_eps": 1e-6, "rope_theta": 1000000, "rope_local_base_freq": 10000, "use_bidirectional_attention": false},
		names:    map[string]string{"post_attention_layernorm": "post_attention_norm"},
		special:  cutVocab, vocab: []vocabulary{sentencePiece{noPrefix: true}, byteBPE{}},
	},
	{
		arch: "nomic-bert", from: []string{"NomicBertModel"}, when: func(c *config) bool { return !hasNomicExperts(c) },
		fixed: map[string][]string{"rotary_emb_fraction": {"1", "1.0"}, "rotary_emb_interleaved": {"false"}, "prenorm": {"false"}}, encoder: true, pools: true, keys: nomicKeys,
		rules: []rule{{"attention.causal", flag, nil, false}}, vocab: []vocabulary{wordPiece{}},
	},
}

// llamaRules are the keys of llama besides the common ones.
var llamaRules = []rule{
	{"vocab_size", count, from("vocab_size"), nil},
	{"rope.dimension_count", count, from(nHeadDim), nil},
}

var graniteRules = append(llamaRules[:len(llamaRules):len(llamaRules)],
	rule{"attention.scale", real, from("attention_multiplier"), nil},
	rule{"embedding_scale", real, from("embedding_multiplier"), nil},
	rule{"residual_scale", real, from("residual_multiplier"), nil},
	rule{"logit_scale", real, from("logits_scaling"), nil},
)

var gemmaRules = []rule{
	{"feed_forward_length", count, from("intermediate_size"), nil},
	{"attention.head_count_kv", count, from(nKVHeads), nil},
	{"attention.layer_norm_rms_epsilon", real, from("rms_norm_eps"), nil},
	{"attention.key_length", count, from(nHeadDim), nil},
	{"attention.value_length", count, from(nHeadDim), nil},
}

var qwenMoE = []rule{
	{"expert_feed_forward_length", count, from("moe_intermediate_size"), nil},
	{"expert_shared_feed_forward_length", count, from("shared_expert_intermediate_size"), nil},
}

// familyOf returns the family of a Hugging Face architecture and its config.json.
func familyOf(architecture string, c *config) *family {
	for i := range families {
		f := &families[i]
		if slices.Contains(f.from, architecture) && (f.when == nil || f.when(c)) {
			return f
		}
	}
	return nil
}
