package convert

import (
	"maps"
	"strconv"
	"strings"
)

// tensorNames maps names of Hugging Face's models to those of GGUF, in layers without
// "blk.N.". Where a name has two meanings, a family has the other one in its names.
var tensorNames = map[string]string{
	// llama and most others
	"embed_tokens": "token_embd", "norm": "output_norm", "lm_head": "output",
	"input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
	"self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
	"self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
	"mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
	// norms before and after: gemma 2 and 3, olmo 2, glm 4
	"pre_feedforward_layernorm": "ffn_norm", "post_feedforward_layernorm": "post_ffw_norm",
	"post_self_attn_layernorm": "post_attention_norm", "post_mlp_layernorm": "post_ffw_norm",
	// phi 3
	"self_attn.qkv_proj": "attn_qkv", "mlp.gate_up_proj": "ffn_up",
	// experts: mixtral, qwen, olmoe, deepseek, granite, gpt-oss
	"block_sparse_moe.gate": "ffn_gate_inp", "block_sparse_moe.router.layer": "ffn_gate_inp",
	"mlp.gate": "ffn_gate_inp", "mlp.router": "ffn_gate_inp",
	"block_sparse_moe.experts.w1": "ffn_gate_exps", "block_sparse_moe.experts.w2": "ffn_down_exps", "block_sparse_moe.experts.w3": "ffn_up_exps",
	"mlp.experts.gate_proj": "ffn_gate_exps", "mlp.experts.down_proj": "ffn_down_exps", "mlp.experts.up_proj": "ffn_up_exps",
	"block_sparse_moe.output_linear": "ffn_down_exps", "self_attn.sinks": "attn_sinks",
	"mlp.shared_expert.gate_proj": "ffn_gate_shexp", "mlp.shared_expert.up_proj": "ffn_up_shexp", "mlp.shared_expert.down_proj": "ffn_down_shexp",
	"mlp.shared_experts.gate_proj": "ffn_gate_shexp", "mlp.shared_experts.up_proj": "ffn_up_shexp", "mlp.shared_experts.down_proj": "ffn_down_shexp",
	"mlp.shared_expert_gate": "ffn_gate_inp_shexp", "shared_mlp.output_linear": "ffn_down_shexp",
	// gated DeltaNet: qwen 3.5, qwen 3 next
	"linear_attn.in_proj_qkv": "attn_qkv", "linear_attn.in_proj_z": "attn_gate", "linear_attn.in_proj_b": "ssm_beta", "linear_attn.in_proj_a": "ssm_alpha", "linear_attn.in_proj_ba": "ssm_ba",
	"linear_attn.conv1d": "ssm_conv1d", "linear_attn.A_log": "ssm_a", "linear_attn.dt_bias": "ssm_dt.bias", "linear_attn.norm": "ssm_norm", "linear_attn.out_proj": "ssm_out",
	// starcoder 2, stablelm
	"mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down",
	"self_attn.q_layernorm.norms": "attn_q_norm", "self_attn.k_layernorm.norms": "attn_k_norm",
	// gpt 2
	"wte": "token_embd", "wpe": "position_embd", "ln_f": "output_norm",
	"ln_1": "attn_norm", "ln_2": "ffn_norm", "attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output",
	// bert
	"embeddings.word_embeddings": "token_embd", "embeddings.position_embeddings": "position_embd",
	"embeddings.token_type_embeddings": "token_types", "embeddings.LayerNorm": "token_embd_norm",
	"attention.self.query": "attn_q", "attention.self.key": "attn_k", "attention.self.value": "attn_v",
	"attention.output.dense": "attn_output", "attention.output.LayerNorm": "attn_output_norm",
	"intermediate.dense": "ffn_up", "output.dense": "ffn_down", "output.LayerNorm": "layer_output_norm",
	"classifier": "cls.output", "pooler.dense": "cls", "classifier.dense": "cls", "classifier.out_proj": "cls.output",
	// nomic-bert
	"emb_ln": "token_embd_norm", "attn.Wqkv": "attn_qkv", "attn.out_proj": "attn_output",
	"norm1": "attn_output_norm", "norm2": "layer_output_norm",
	"mlp.fc11": "ffn_up", "mlp.fc12": "ffn_gate", "mlp.fc2": "ffn_down",
}

// A name is the parsed name of a tensor in a Hugging Face model.
type name struct {
	layer  int    // -1 outside of layers
	part   string // such as self_attn.q_proj
	expert int    // of a stack, such as an expert; -1 if it is in none
	suffix string // .weight, .bias or ""
}

// prefixes are dropped from names, in this order, each once.
var prefixes = []string{"model.", "language_model.", "model.", "text_model.", "transformer.", "bert.", "roberta.", "gpt_neox.", "backbone."}

// parseName parses a name.
func parseName(s string) name {
	for _, p := range prefixes {
		s = strings.TrimPrefix(s, p)
	}
	n := name{layer: -1, expert: -1}
	for old, now := range map[string]string{".gamma": ".weight", ".beta": ".bias"} {
		if base, ok := strings.CutSuffix(s, old); ok {
			s = base + now
		}
	}
	for _, suffix := range []string{".weight", ".bias"} {
		if base, ok := strings.CutSuffix(s, suffix); ok {
			s, n.suffix = base, suffix
		}
	}
	for _, p := range []string{"layers.", "h.", "blocks.", "encoder.layers.", "encoder.layer."} {
		rest, ok := strings.CutPrefix(s, p)
		if number, part, two := strings.Cut(rest, "."); ok && two {
			if i, ok := index(number); ok {
				s, n.layer = part, i
				break
			}
		}
	}
	parts := strings.Split(s, ".")
	for i, p := range parts {
		if x, ok := index(p); ok {
			n.expert = x
			parts = append(parts[:i:i], parts[i+1:]...)
			break
		}
	}
	n.part = strings.Join(parts, ".")
	return n
}

// index returns the number s, if it is written as the index of a list.
func index(s string) (int, bool) {
	i, err := strconv.Atoi(s)
	return i, err == nil && i >= 0 && strconv.Itoa(i) == s
}

// gguf returns the name of a part in GGUF, and false if it has none.
func (n name) gguf(f *family) (string, bool) {
	base, ok := f.names[n.part]
	if !ok {
		base, ok = tensorNames[n.part]
	}
	if !ok {
		return "", false
	}
	return n.in(base), true
}

// in returns the whole name of a part that GGUF calls base.
func (n name) in(base string) string {
	suffix := n.suffix
	if suffix == "" {
		suffix = ".weight"
	}
	if n.layer >= 0 {
		base = "blk." + strconv.Itoa(n.layer) + "." + base
	}
	return base + suffix
}

// skipped reports whether a tensor is not part of a text model's GGUF: tables that
// can be computed, heads that predict further tokens, encoders of images and sound.
func skipped(s string) bool {
	for _, suffix := range []string{".rotary_emb.inv_freq", ".attn.bias", ".attn.masked_bias", ".attention.bias",
		".attention.masked_bias", "embeddings.position_ids", "pooler.dense.weight", "pooler.dense.bias"} {
		if strings.HasSuffix(s, suffix) {
			return true
		}
	}
	for _, prefix := range []string{"mtp.", "model.mtp."} { // heads that predict further tokens
		if strings.HasPrefix(s, prefix) {
			return true
		}
	}
	for _, part := range []string{"vision_tower.", "vision_model.", "multi_modal_projector.", "visual.", "audio_tower.",
		"embed_vision.", "embed_audio.", "vision_embedder.",
		"cls.predictions", "cls.seq_relationship"} {
		if strings.Contains(s, part) {
			return true
		}
	}
	return false
}

// joined returns the names of both maps, those of more with precedence.
func joined(names, more map[string]string) map[string]string {
	out := maps.Clone(names)
	maps.Copy(out, more)
	return out
}
