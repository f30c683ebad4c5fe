package convert

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/quant"
)

// An undo converts a GGUF model to Hugging Face's form, by its own tables.
type undo struct {
	f    *gguf.File
	arch string
}

// hfNames maps GGUF's names to those of Hugging Face; hfOther has the names in which a
// family differs.
var hfNames = map[string]string{
	"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head",
	"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
	"attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
	"attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm", "attn_qkv": "self_attn.qkv_proj",
	"ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
	"ffn_gate_inp": "mlp.gate", "ffn_gate_inp_shexp": "mlp.shared_expert_gate",
	"ffn_gate_shexp": "mlp.shared_expert.gate_proj", "ffn_up_shexp": "mlp.shared_expert.up_proj", "ffn_down_shexp": "mlp.shared_expert.down_proj",
	"ffn_gate_exps": "mlp.experts.#.gate_proj", "ffn_up_exps": "mlp.experts.#.up_proj", "ffn_down_exps": "mlp.experts.#.down_proj",
	"attn_q_a": "self_attn.q_a_proj", "attn_q_a_norm": "self_attn.q_a_layernorm", "attn_q_b": "self_attn.q_b_proj",
	"attn_kv_a_mqa": "self_attn.kv_a_proj_with_mqa", "attn_kv_a_norm": "self_attn.kv_a_layernorm",
	"attn_k_b": "self_attn.k_b_proj", "attn_v_b": "self_attn.v_b_proj", "exp_probs_b": "mlp.gate.scores",
	"post_attention_norm": "post_attention_layernorm", "post_ffw_norm": "post_feedforward_layernorm",
}

var sharedExperts = map[string]string{"ffn_gate_shexp": "mlp.shared_experts.gate_proj", "ffn_up_shexp": "mlp.shared_experts.up_proj", "ffn_down_shexp": "mlp.shared_experts.down_proj"}

var nemotronOther = map[string]string{"token_embd": "backbone.embeddings", "output_norm": "backbone.norm_f", "attn_norm": "norm",
	"attn_q": "mixer.q_proj", "attn_k": "mixer.k_proj", "attn_v": "mixer.v_proj", "attn_output": "mixer.o_proj", "ffn_up": "mixer.up_proj", "ffn_down": "mixer.down_proj",
	"ffn_gate_inp": "mixer.gate", "exp_probs_b": "mixer.gate.scores", "ffn_up_exps": "mixer.experts.#.up_proj", "ffn_down_exps": "mixer.experts.#.down_proj",
	"ffn_up_shexp": "mixer.shared_experts.up_proj", "ffn_down_shexp": "mixer.shared_experts.down_proj"}

var hfOther = map[string]map[string]string{
	"llama": {"ffn_gate_inp": "block_sparse_moe.gate", "ffn_gate_exps": "block_sparse_moe.experts.#.w1",
		"ffn_up_exps": "block_sparse_moe.experts.#.w3", "ffn_down_exps": "block_sparse_moe.experts.#.w2"},
	"granitemoe":   {"ffn_gate_inp": "block_sparse_moe.router.layer", "ffn_down_exps": "block_sparse_moe.output_linear", "ffn_down_shexp": "shared_mlp.output_linear"},
	"deepseek":     sharedExperts,
	"deepseek2":    sharedExperts,
	"dots1":        sharedExperts,
	"ernie4_5-moe": sharedExperts,
	"modern-bert": {"token_embd": "embeddings.tok_embeddings", "token_embd_norm": "embeddings.norm", "output_norm": "final_norm", "attn_norm": "attn_norm",
		"attn_qkv": "attn.Wqkv", "attn_output": "attn.Wo", "ffn_norm": "mlp_norm", "ffn_up": "mlp.Wi", "ffn_down": "mlp.Wo"},
	"glm4moe": sharedExperts,
	"gemma4": {"ffn_norm": "pre_feedforward_layernorm", "pre_ffw_norm_2": "pre_feedforward_layernorm_2", "post_ffw_norm_1": "post_feedforward_layernorm_1",
		"post_ffw_norm_2": "post_feedforward_layernorm_2", "layer_output_scale": "layer_scalar", "inp_gate": "per_layer_input_gate", "proj": "per_layer_projection",
		"post_norm": "post_per_layer_input_norm", "per_layer_token_embd": "model.embed_tokens_per_layer", "per_layer_model_proj": "model.per_layer_model_projection",
		"per_layer_proj_norm": "model.per_layer_projection_norm", "ffn_gate_inp": "router.proj", "ffn_gate_up_exps": "experts.gate_up_proj", "ffn_down_exps": "experts.down_proj"},
	"gemma2": {"ffn_norm": "pre_feedforward_layernorm"},
	"gemma3": {"ffn_norm": "pre_feedforward_layernorm"},
	"granitehybrid": {"ffn_gate_inp": "block_sparse_moe.router.layer", "ffn_down_exps": "block_sparse_moe.output_linear", "ffn_down_shexp": "shared_mlp.output_linear",
		"ffn_down": "shared_mlp.output_linear"},
	"lfm2": {"attn_norm": "operator_norm", "ffn_norm": "ffn_norm", "attn_output": "self_attn.out_proj", "attn_q_norm": "self_attn.q_layernorm", "attn_k_norm": "self_attn.k_layernorm",
		"ffn_gate": "feed_forward.w1", "ffn_up": "feed_forward.w3", "ffn_down": "feed_forward.w2", "token_embd_norm": "model.embedding_norm",
		"shortconv.conv": "conv.conv", "shortconv.in_proj": "conv.in_proj", "shortconv.out_proj": "conv.out_proj"},

	"lfm2moe": {"attn_norm": "operator_norm", "ffn_norm": "ffn_norm", "attn_output": "self_attn.out_proj", "attn_q_norm": "self_attn.q_layernorm", "attn_k_norm": "self_attn.k_layernorm",
		"ffn_gate": "feed_forward.w1", "ffn_up": "feed_forward.w3", "ffn_down": "feed_forward.w2", "token_embd_norm": "model.embedding_norm",
		"shortconv.conv": "conv.conv", "shortconv.in_proj": "conv.in_proj", "shortconv.out_proj": "conv.out_proj", "ffn_gate_inp": "feed_forward.gate",
		"ffn_gate_exps": "feed_forward.experts.#.w1", "ffn_up_exps": "feed_forward.experts.#.w3", "ffn_down_exps": "feed_forward.experts.#.w2", "exp_probs_b": "feed_forward.expert_bias"},
	"nemotron_h":     nemotronOther,
	"nemotron_h_moe": nemotronOther,
	"mamba2":         nemotronOther,
	"falcon-h1":      {"ffn_norm": "pre_ff_layernorm", "output_norm": "model.final_layernorm", "ffn_gate": "feed_forward.gate_proj", "ffn_up": "feed_forward.up_proj", "ffn_down": "feed_forward.down_proj"},

	"nomic-bert-moe": {"token_embd": "embeddings.word_embeddings", "token_types": "embeddings.token_type_embeddings", "token_embd_norm": "emb_ln",
		"attn_qkv": "attn.Wqkv", "attn_output": "attn.out_proj", "attn_output_norm": "norm1", "layer_output_norm": "norm2",
		"ffn_up": "mlp.fc1", "ffn_down": "mlp.fc2", "ffn_gate_inp": "mlp.router.layer"},
	"cohere2moe": sharedExperts,
	"mistral4":   sharedExperts,
	"afmoe":      {"attn_gate": "self_attn.gate_proj", "ffn_norm": "pre_mlp_layernorm", "post_ffw_norm": "post_mlp_layernorm"},
	"mimo2":      {"attn_sinks": "self_attn.attention_sink_bias"},
	"dbrx": {"token_embd": "transformer.wte", "output_norm": "transformer.norm_f", "attn_norm": "norm_attn_norm.norm_1", "attn_output_norm": "norm_attn_norm.norm_2",
		"attn_qkv": "norm_attn_norm.attn.Wqkv", "attn_output": "norm_attn_norm.attn.out_proj"},
	"gemma3n": {"ffn_norm": "pre_feedforward_layernorm", "inp_gate": "per_layer_input_gate", "proj": "per_layer_projection", "post_norm": "post_per_layer_input_norm",
		"per_layer_token_embd": "model.embed_tokens_per_layer", "per_layer_model_proj": "model.per_layer_model_projection", "per_layer_proj_norm": "model.per_layer_projection_norm",
		"altup_proj": "model.altup_projections.#", "altup_unembd_proj": "model.altup_unembed_projections.#", "altup_correct_coef": "altup.correction_coefs",
		"altup_correct_scale": "altup.correct_output_scale", "altup_predict_coef": "altup.prediction_coefs", "altup_router": "altup.modality_router",
		"altup_router_norm": "altup.router_norm", "laurel_l": "laurel.linear_left", "laurel_r": "laurel.linear_right", "laurel_post_norm": "laurel.post_laurel_norm"},
	"hunyuan-dense": {"attn_q_norm": "self_attn.query_layernorm", "attn_k_norm": "self_attn.key_layernorm"},
	"apertus":       {"attn_norm": "attention_layernorm", "ffn_norm": "feedforward_layernorm"},
	"phi2":          {"attn_output": "self_attn.dense", "ffn_up": "mlp.fc1", "ffn_down": "mlp.fc2", "output_norm": "model.final_layernorm"},
	"gptneox": {"token_embd": "gpt_neox.embed_in", "output": "embed_out", "output_norm": "gpt_neox.final_layer_norm", "attn_qkv": "attention.query_key_value",
		"attn_output": "attention.dense", "ffn_up": "mlp.dense_h_to_4h", "ffn_down": "mlp.dense_4h_to_h"},
	"falcon": {"token_embd": "transformer.word_embeddings", "output_norm": "transformer.ln_f", "attn_norm": "input_layernorm", "attn_norm_2": "ln_attn",
		"attn_qkv": "self_attention.query_key_value", "attn_output": "self_attention.dense", "ffn_up": "mlp.dense_h_to_4h", "ffn_down": "mlp.dense_4h_to_h"},
	"internlm2": {"token_embd": "model.tok_embeddings", "output": "output", "attn_norm": "attention_norm", "ffn_norm": "ffn_norm", "attn_output": "attention.wo",
		"ffn_gate": "feed_forward.w1", "ffn_up": "feed_forward.w3", "ffn_down": "feed_forward.w2"},

	"gemma-embedding": {"ffn_norm": "pre_feedforward_layernorm", "dense_2": "dense_2", "dense_3": "dense_3"},
	"glm4":            {"post_attention_norm": "post_self_attn_layernorm", "post_ffw_norm": "post_mlp_layernorm", "ffn_up": "mlp.gate_up_proj"},
	"phi3":            {"ffn_up": "mlp.gate_up_proj"},
	"gpt2": {"token_embd": "transformer.wte", "position_embd": "transformer.wpe", "output_norm": "transformer.ln_f",
		"attn_norm": "ln_1", "attn_qkv": "attn.c_attn", "attn_output": "attn.c_proj", "ffn_norm": "ln_2", "ffn_up": "mlp.c_fc", "ffn_down": "mlp.c_proj"},
	"starcoder2": {"ffn_up": "mlp.c_fc", "ffn_down": "mlp.c_proj"},
	"stablelm":   {"attn_q_norm": "self_attn.q_layernorm.norms.#", "attn_k_norm": "self_attn.k_layernorm.norms.#"},
	"gpt-oss":    {"ffn_gate_inp": "mlp.router"},
	"bert": {"token_embd": "bert.embeddings.word_embeddings", "position_embd": "bert.embeddings.position_embeddings", "token_types": "bert.embeddings.token_type_embeddings",
		"token_embd_norm": "bert.embeddings.LayerNorm", "attn_q": "attention.self.query", "attn_k": "attention.self.key", "attn_v": "attention.self.value",
		"attn_output": "attention.output.dense", "attn_output_norm": "attention.output.LayerNorm",
		"ffn_up": "intermediate.dense", "ffn_down": "output.dense", "layer_output_norm": "output.LayerNorm", "cls": "cls", "cls.output": "cls.output"},
	"nomic-bert": {"token_embd": "embeddings.word_embeddings", "token_types": "embeddings.token_type_embeddings", "token_embd_norm": "emb_ln",
		"attn_qkv": "attn.Wqkv", "attn_output": "attn.out_proj", "attn_output_norm": "norm1", "layer_output_norm": "norm2",
		"ffn_up": "mlp.fc11", "ffn_gate": "mlp.fc12", "ffn_down": "mlp.fc2"},
}

// hfLayers is the prefix of the number of a layer, if it is not model.layers.
var hfLayers = map[string]string{"nomic-bert-moe": "encoder.layers.", "dbrx": "transformer.blocks.", "gptneox": "gpt_neox.layers.", "falcon": "transformer.h.", "nemotron_h": "backbone.layers.", "nemotron_h_moe": "backbone.layers.", "mamba2": "backbone.layers.", "modern-bert": "layers.", "gpt2": "transformer.h.", "bert": "bert.encoder.layer.", "nomic-bert": "encoder.layers."}

// hfHalves are the architectures whose q and k have the first elements of all rotary
// pairs before the second ones.
var hfHalves = map[string]bool{"llama-embed": true, "xverse": true, "internlm2": true, "minicpm": true, "arcee": true, "olmo": true, "llama": true, "smollm3": true, "mistral3": true, "granite": true, "granitemoe": true, "granitehybrid": true, "deepseek": true}

// floats returns a tensor's numbers.
func (u *undo) floats(t *testing.T, x *gguf.Tensor) []float32 {
	t.Helper()
	b, err := u.f.Data(x)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float32, x.Elems())
	quant.Dequantize(out, x.Type, b)
	return out
}

// tensors returns the model's tensors in Hugging Face's form.
func (u *undo) tensors(t *testing.T) []hf {
	t.Helper()
	var out []hf
	for i := range u.f.Tensors {
		x := &u.f.Tensors[i]
		if strings.HasPrefix(x.Name, "rope_") {
			continue
		}
		h := hf{name: x.Name, x: u.floats(t, x)}
		for _, d := range x.Shape {
			h.shape = append([]int{int(d)}, h.shape...)
		}
		out = append(out, u.one(h)...)
	}
	switch u.arch {
	case "gpt-oss":
		out = fuseGateUp(out)
	case "granitemoe", "granitehybrid":
		out = aboveEachOther(out)
	case "qwen3next":
		out = mixQKVZ(out)
	}
	return out
}

// one converts one tensor.
func (u *undo) one(h hf) []hf {
	if all, ok := u.rwkv(h); ok {
		return all
	}
	for _, recurrent := range []func(h hf) (hf, bool){u.delta, u.mamba, u.mamba1} {
		if r, ok := recurrent(h); ok {
			return []hf{r}
		}
	}
	if u.arch == "falcon-h1" && strings.HasSuffix(h.name, "ffn_norm") { // its name has no suffix
		h.name += ".weight"
	}
	base, suffix := h.name[:strings.LastIndexByte(h.name, '.')], h.name[strings.LastIndexByte(h.name, '.'):]
	layer := ""
	if rest, ok := strings.CutPrefix(base, "blk."); ok {
		layer, base, _ = strings.Cut(rest, ".")
	}
	if u.arch == "gpt-oss" && (strings.HasSuffix(base, "_exps") || base == "attn_sinks") {
		return gptOSSPart(h, layer, base, suffix)
	}
	to, ok := hfOther[u.arch][base]
	if !ok {
		to = hfNames[base]
	}
	if layer != "" {
		layers, ok := hfLayers[u.arch]
		if !ok {
			layers = "model.layers."
		}
		to = layers + layer + "." + to
	}
	if strings.HasSuffix(to, "_bias") || base == "altup_correct_scale" { // a name without a suffix
		suffix = ""
	}
	h.name = to + suffix
	switch {
	case u.arch == "granitehybrid" && (base == "ffn_gate" || base == "ffn_up"):
		h.name = layer + ":" + base + "_shexp"
	case strings.HasPrefix(u.arch, "granite") && (strings.HasSuffix(base, "_exps") || strings.HasSuffix(base, "_shexp")):
		if !strings.HasPrefix(base, "ffn_down") {
			h.name = layer + ":" + base
		}
	case strings.Contains(to, ".norms.#"), strings.HasPrefix(base, "altup_proj"), strings.HasPrefix(base, "altup_unembd"):
		return experts(h)
	case u.arch == "gpt2" && strings.Contains(to, ".c_") && len(h.shape) == 2:
		h = transpose(h)
	case base == "shortconv.conv":
		h.shape = []int{h.shape[0], 1, h.shape[1]}
	case base == "ffn_gate_inp_shexp":
		h.shape = []int{1, len(h.x)}
	case u.arch == "gemma4" || u.arch == "gemma3n":
	case (strings.HasPrefix(u.arch, "gemma") || u.arch == "nemotron" || hasDelta(u.arch)) && strings.HasSuffix(base, "_norm") && suffix == ".weight":
		h.x = slices.Clone(h.x)
		for i := range h.x {
			h.x[i]--
		}
	case hfHalves[u.arch] && base == "attn_q":
		h = halved(h, u.int("attention.head_count"))
	case hfHalves[u.arch] && base == "attn_k":
		h = halved(h, u.int("attention.head_count_kv"))
	case strings.HasSuffix(base, "_exps"):
		return experts(h)
	}
	return []hf{h}
}

// experts splits a stack of experts.
func experts(h hf) []hf {
	var out []hf
	n := len(h.x) / h.shape[0]
	for e := range h.shape[0] {
		out = append(out, hf{name: strings.Replace(h.name, "#", fmt.Sprint(e), 1), shape: h.shape[1:], x: h.x[e*n : (e+1)*n]})
	}
	return out
}

// transpose swaps the last two dimensions.
func transpose(h hf) hf {
	d := len(h.shape)
	rows, cols := h.shape[d-2], h.shape[d-1]
	out := hf{name: h.name, shape: append(append([]int{}, h.shape[:d-2]...), cols, rows), x: make([]float32, len(h.x))}
	for at := 0; at < len(h.x); at += rows * cols {
		for r := range rows {
			for c := range cols {
				out.x[at+c*rows+r] = h.x[at+r*cols+c]
			}
		}
	}
	return out
}

// halved puts the first elements of all rotary pairs of a head before the second
// ones.
func halved(h hf, heads int) hf {
	cols := len(h.x) / h.shape[0]
	dim := h.shape[0] / heads
	out := hf{name: h.name, shape: h.shape, x: make([]float32, 0, len(h.x))}
	for head := range heads {
		for _, first := range []int{0, 1} {
			for r := first; r < dim; r += 2 {
				at := (head*dim + r) * cols
				out.x = append(out.x, h.x[at:at+cols]...)
			}
		}
	}
	return out
}

// gptOSSPart names a tensor of gpt-oss's experts; gate and up are fused later.
func gptOSSPart(h hf, layer, base, suffix string) []hf {
	prefix := "model.layers." + layer + "."
	switch {
	case base == "attn_sinks":
		h.name = prefix + "self_attn.sinks"
	case base == "ffn_down_exps" && suffix == ".bias":
		h.name = prefix + "mlp.experts.down_proj_bias"
	case base == "ffn_down_exps":
		h = transpose(h)
		h.name = prefix + "mlp.experts.down_proj"
	case suffix == ".bias":
		h.name = prefix + "mlp.experts.gate_up_proj_bias:" + base
	default:
		h.name = prefix + "mlp.experts.gate_up_proj:" + base
	}
	return []hf{h}
}

// fuseGateUp puts gate and up rows alternately, and columns of weights too.
func fuseGateUp(all []hf) []hf {
	var out []hf
	up := map[string]hf{}
	for _, h := range all {
		if name, ok := strings.CutSuffix(h.name, ":ffn_up_exps"); ok {
			up[name] = h
		}
	}
	for _, h := range all {
		if strings.HasSuffix(h.name, ":ffn_up_exps") {
			continue
		}
		name, ok := strings.CutSuffix(h.name, ":ffn_gate_exps")
		if !ok {
			out = append(out, h)
			continue
		}
		cols := 1
		if len(h.shape) == 3 {
			cols = h.shape[2]
		}
		f := hf{name: name, shape: slices.Clone(h.shape)}
		f.shape[1] *= 2
		for at := 0; at < len(h.x); at += cols {
			f.x = append(append(f.x, h.x[at:at+cols]...), up[name].x[at:at+cols]...)
		}
		if len(h.shape) == 3 {
			f = transpose(f)
		}
		out = append(out, f)
	}
	return out
}

// aboveEachOther puts the rows of granite's gates before those of up.
func aboveEachOther(all []hf) []hf {
	by := map[string]hf{}
	for _, h := range all {
		by[h.name] = h
	}
	var out []hf
	for _, h := range all {
		layer, base, ok := strings.Cut(h.name, ":")
		if !ok {
			out = append(out, h)
			continue
		}
		part, gate := strings.CutPrefix(base, "ffn_gate_")
		if !gate {
			continue
		}
		up := by[layer+":ffn_up_"+part]
		d := len(h.shape)
		f := hf{name: "model.layers." + layer + "." + map[string]string{"exps": "block_sparse_moe", "shexp": "shared_mlp"}[part] + ".input_linear.weight", shape: slices.Clone(h.shape)}
		f.shape[d-2] *= 2
		n := h.shape[d-2] * h.shape[d-1]
		for at := 0; at < len(h.x); at += n {
			f.x = append(append(f.x, h.x[at:at+n]...), up.x[at:at+n]...)
		}
		out = append(out, f)
	}
	return out
}

// int returns the value of a key of the architecture, the largest of a list, 0 if it
// is missing.
func (u *undo) int(key string) int {
	if list, ok, err := u.f.Ints(u.arch + "." + key); ok && err == nil {
		return int(slices.Max(list))
	}
	n, _, _ := u.f.Int(u.arch + "." + key)
	return int(n)
}
