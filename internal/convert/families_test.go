package convert

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/querent-ai/chord/quant"
)

// attention has the tensors of the attention of one layer: width 8, 2 heads, 1 of
// keys.
const attention = `
model.layers.0.self_attn.q_proj.weight 8x8
model.layers.0.self_attn.k_proj.weight 4x8
model.layers.0.self_attn.v_proj.weight 4x8
model.layers.0.self_attn.o_proj.weight 8x8
`

// dense has those of a feed-forward network of width 16.
const dense = `
model.layers.0.mlp.gate_proj.weight 16x8
model.layers.0.mlp.up_proj.weight 16x8
model.layers.0.mlp.down_proj.weight 8x16
`

// ends has those outside of layers.
const ends = `
model.embed_tokens.weight 259x8
model.norm.weight 8
`

// The same in GGUF; ~ means numbers in another order, which TestZoo checks.
const (
	endsOut  = "token_embd.weight 259x8 model.embed_tokens.weight\noutput_norm.weight 8 model.norm.weight\n"
	paired   = "blk.0.attn_q.weight 8x8 ~\nblk.0.attn_k.weight 4x8 ~\n"
	straight = "blk.0.attn_q.weight 8x8 model.layers.0.self_attn.q_proj.weight\nblk.0.attn_k.weight 4x8 model.layers.0.self_attn.k_proj.weight\n"
	valueOut = "blk.0.attn_v.weight 4x8 model.layers.0.self_attn.v_proj.weight\nblk.0.attn_output.weight 8x8 model.layers.0.self_attn.o_proj.weight\n"
	denseOut = "blk.0.ffn_gate.weight 16x8 model.layers.0.mlp.gate_proj.weight\nblk.0.ffn_up.weight 16x8 model.layers.0.mlp.up_proj.weight\n" +
		"blk.0.ffn_down.weight 8x16 model.layers.0.mlp.down_proj.weight\n"
	normsIn  = "model.layers.0.input_layernorm.weight 8\nmodel.layers.0.post_attention_layernorm.weight 8\n"
	normsOut = "blk.0.attn_norm.weight 8 model.layers.0.input_layernorm.weight\nblk.0.ffn_norm.weight 8 model.layers.0.post_attention_layernorm.weight\n"
)

// cases are the families that zoo lacks: the tensors of a model, and those of the
// result: name, shape, and the tensors whose numbers it has, in their order. /1 and
// /2 are the two halves of the rows of a tensor.
var cases = []struct {
	arch, architecture string
	config             map[string]any
	in, out            string
	keys               map[string]any // after "<arch>."
}{
	{
		arch: "gemma2", architecture: "Gemma2ForCausalLM", config: map[string]any{"head_dim": 4, "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0, "sliding_window": 64},
		in: attention + dense + ends + normsIn + "model.layers.0.pre_feedforward_layernorm.weight 8\nmodel.layers.0.post_feedforward_layernorm.weight 8\nlm_head.weight 259x8",
		out: straight + valueOut + denseOut + "token_embd.weight 259x8 model.embed_tokens.weight\noutput_norm.weight 8 ~\nblk.0.attn_norm.weight 8 ~\n" +
			"blk.0.post_attention_norm.weight 8 ~\nblk.0.ffn_norm.weight 8 ~\nblk.0.post_ffw_norm.weight 8 ~",
		keys: map[string]any{"attn_logit_softcapping": float32(50), "final_logit_softcapping": float32(30), "attention.sliding_window": uint32(64),
			"attention.key_length": uint32(4), "rope.freq_base": nil},
	},
	{
		arch: "smollm3", architecture: "SmolLM3ForCausalLM", config: map[string]any{"rope_theta": 5e6, "no_rope_layer_interval": 4},
		in: attention + dense + ends + normsIn, out: endsOut + paired + valueOut + denseOut + normsOut,
		keys: map[string]any{"rope.freq_base": float32(5e6), "rope.dimension_count": uint32(4), "vocab_size": uint32(259)},
	},
	{
		arch: "mistral3", architecture: "Mistral3ForConditionalGeneration",
		config: map[string]any{"text_config": map[string]any{"model_type": "ministral3", "head_dim": 4, "rope_parameters": map[string]any{"rope_type": "yarn", "rope_theta": 1e6,
			"factor": 16.0, "original_max_position_embeddings": 16384, "mscale_all_dim": 1.0, "llama_4_scaling_beta": 0.1, "beta_fast": 32.0, "beta_slow": 1.0}}},
		in:  strings.ReplaceAll(attention+dense+ends+normsIn, "model.", "language_model.model.") + "\nvision_tower.patch_conv.weight 2x2\nmulti_modal_projector.linear_1.weight 2x2",
		out: strings.ReplaceAll(endsOut+paired+valueOut+denseOut+normsOut, " model.", " language_model.model."),
		keys: map[string]any{"rope.scaling.type": "yarn", "rope.scaling.factor": float32(16), "rope.scaling.original_context_length": uint32(16384),
			"rope.scaling.yarn_beta_fast": float32(32), "rope.scaling.yarn_log_multiplier": float32(1), "attention.temperature_scale": float32(0.1)},
	},
	{
		arch: "granitemoe", architecture: "GraniteMoeForCausalLM",
		config: map[string]any{"num_local_experts": 2, "num_experts_per_tok": 1, "shared_intermediate_size": 6, "logits_scaling": 8.0, "attention_multiplier": 0.5},
		in: attention + ends + normsIn + "model.layers.0.block_sparse_moe.input_linear.weight 2x32x8\nmodel.layers.0.block_sparse_moe.output_linear.weight 2x8x16\n" +
			"model.layers.0.block_sparse_moe.router.layer.weight 2x8\nmodel.layers.0.shared_mlp.input_linear.weight 12x8\nmodel.layers.0.shared_mlp.output_linear.weight 8x6",
		out: endsOut + paired + valueOut + normsOut + "blk.0.ffn_gate_exps.weight 2x16x8 model.layers.0.block_sparse_moe.input_linear.weight/1\n" +
			"blk.0.ffn_up_exps.weight 2x16x8 model.layers.0.block_sparse_moe.input_linear.weight/2\nblk.0.ffn_down_exps.weight 2x8x16 model.layers.0.block_sparse_moe.output_linear.weight\n" +
			"blk.0.ffn_gate_inp.weight 2x8 model.layers.0.block_sparse_moe.router.layer.weight\nblk.0.ffn_gate_shexp.weight 6x8 model.layers.0.shared_mlp.input_linear.weight/1\n" +
			"blk.0.ffn_up_shexp.weight 6x8 model.layers.0.shared_mlp.input_linear.weight/2\nblk.0.ffn_down_shexp.weight 8x6 model.layers.0.shared_mlp.output_linear.weight",
		keys: map[string]any{"expert_count": uint32(2), "expert_used_count": uint32(1), "expert_shared_feed_forward_length": uint32(6), "logit_scale": float32(8), "attention.scale": float32(0.5)},
	},
	{
		arch: "deepseek", architecture: "DeepseekForCausalLM",
		config: map[string]any{"n_routed_experts": 2, "num_experts_per_tok": 1, "n_shared_experts": 1, "moe_intermediate_size": 6, "first_k_dense_replace": 0, "scoring_func": "softmax"},
		in: attention + ends + normsIn + moeIn("mlp.experts.%d.%s_proj", 6) + "model.layers.0.mlp.gate.weight 2x8\n" +
			"model.layers.0.mlp.shared_experts.gate_proj.weight 6x8\nmodel.layers.0.mlp.shared_experts.up_proj.weight 6x8\nmodel.layers.0.mlp.shared_experts.down_proj.weight 8x6",
		out: endsOut + paired + valueOut + normsOut + moeOut("mlp.experts.%d.%s_proj", 6) + "blk.0.ffn_gate_inp.weight 2x8 model.layers.0.mlp.gate.weight\n" +
			"blk.0.ffn_gate_shexp.weight 6x8 model.layers.0.mlp.shared_experts.gate_proj.weight\nblk.0.ffn_up_shexp.weight 6x8 model.layers.0.mlp.shared_experts.up_proj.weight\n" +
			"blk.0.ffn_down_shexp.weight 8x6 model.layers.0.mlp.shared_experts.down_proj.weight",
		keys: map[string]any{"expert_count": uint32(2), "expert_shared_count": uint32(1), "leading_dense_block_count": uint32(0), "expert_weights_scale": float32(1),
			"expert_gating_func": uint32(1), "rope.scaling.type": "none"},
	},
	{
		arch: "olmoe", architecture: "OlmoeForCausalLM", config: map[string]any{"num_experts": 2, "num_experts_per_tok": 1},
		in: attention + ends + normsIn + moeIn("mlp.experts.%d.%s_proj", 16) + "model.layers.0.mlp.gate.weight 2x8\nmodel.layers.0.self_attn.q_norm.weight 8\nmodel.layers.0.self_attn.k_norm.weight 4\nlm_head.weight 259x8",
		out: endsOut + straight + valueOut + normsOut + moeOut("mlp.experts.%d.%s_proj", 16) + "blk.0.ffn_gate_inp.weight 2x8 model.layers.0.mlp.gate.weight\n" +
			"blk.0.attn_q_norm.weight 8 model.layers.0.self_attn.q_norm.weight\nblk.0.attn_k_norm.weight 4 model.layers.0.self_attn.k_norm.weight\noutput.weight 259x8 lm_head.weight",
		keys: map[string]any{"attention.layer_norm_rms_epsilon": float32(1e-5), "expert_count": uint32(2)},
	},
	{
		arch: "qwen3moe", architecture: "Qwen3MoeForCausalLM", config: map[string]any{"num_experts": 2, "num_experts_per_tok": 1, "moe_intermediate_size": 6},
		in: attention + ends + normsIn + "model.layers.0.mlp.experts.gate_up_proj 2x12x8\nmodel.layers.0.mlp.experts.down_proj 2x8x6\nmodel.layers.0.mlp.gate.weight 2x8\nmodel.layers.0.self_attn.q_norm.weight 4\nmodel.layers.0.self_attn.k_norm.weight 4",
		out: endsOut + straight + valueOut + normsOut + "blk.0.ffn_gate_exps.weight 2x6x8 model.layers.0.mlp.experts.gate_up_proj/1\nblk.0.ffn_up_exps.weight 2x6x8 model.layers.0.mlp.experts.gate_up_proj/2\n" +
			"blk.0.ffn_down_exps.weight 2x8x6 model.layers.0.mlp.experts.down_proj\nblk.0.ffn_gate_inp.weight 2x8 model.layers.0.mlp.gate.weight\nblk.0.attn_q_norm.weight 4 model.layers.0.self_attn.q_norm.weight\nblk.0.attn_k_norm.weight 4 model.layers.0.self_attn.k_norm.weight",
		keys: map[string]any{"expert_feed_forward_length": uint32(6)},
	},
	{
		arch: "olmo2", architecture: "Olmo3ForCausalLM", config: map[string]any{"sliding_window": 32, "layer_types": []string{"sliding_attention"}},
		in: attention + dense + ends + "model.layers.0.post_attention_layernorm.weight 8\nmodel.layers.0.post_feedforward_layernorm.weight 8\nmodel.layers.0.self_attn.q_norm.weight 8\nmodel.layers.0.self_attn.k_norm.weight 4",
		out: endsOut + straight + valueOut + denseOut + "blk.0.post_attention_norm.weight 8 model.layers.0.post_attention_layernorm.weight\n" +
			"blk.0.post_ffw_norm.weight 8 model.layers.0.post_feedforward_layernorm.weight\nblk.0.attn_q_norm.weight 8 model.layers.0.self_attn.q_norm.weight\nblk.0.attn_k_norm.weight 4 model.layers.0.self_attn.k_norm.weight",
		keys: map[string]any{"attention.sliding_window": uint32(32), "attention.sliding_window_pattern": []bool{true}},
	},
	{
		arch: "glm4", architecture: "Glm4ForCausalLM", config: map[string]any{"head_dim": 4, "partial_rotary_factor": 0.5},
		in: attention + ends + normsIn + "model.layers.0.post_self_attn_layernorm.weight 8\nmodel.layers.0.post_mlp_layernorm.weight 8\n" +
			"model.layers.0.mlp.gate_up_proj.weight 32x8\nmodel.layers.0.mlp.down_proj.weight 8x16\nmodel.layers.0.self_attn.q_proj.bias 8",
		out: endsOut + straight + valueOut + normsOut + "blk.0.post_attention_norm.weight 8 model.layers.0.post_self_attn_layernorm.weight\n" +
			"blk.0.post_ffw_norm.weight 8 model.layers.0.post_mlp_layernorm.weight\nblk.0.ffn_up.weight 32x8 model.layers.0.mlp.gate_up_proj.weight\n" +
			"blk.0.ffn_down.weight 8x16 model.layers.0.mlp.down_proj.weight\nblk.0.attn_q.bias 8 model.layers.0.self_attn.q_proj.bias",
		keys: map[string]any{"rope.dimension_count": uint32(2), "rope.freq_base": float32(10000), "attention.key_length": uint32(4)},
	},
	{
		arch: "cohere2", architecture: "Cohere2ForCausalLM", config: map[string]any{"logit_scale": 0.25, "sliding_window": 16, "layer_norm_eps": 1e-5, "rotary_pct": 1.0},
		in: attention + dense + ends + "model.layers.0.input_layernorm.weight 8", out: endsOut + straight + valueOut + denseOut + "blk.0.attn_norm.weight 8 model.layers.0.input_layernorm.weight",
		keys: map[string]any{"logit_scale": float32(0.25), "attention.sliding_window": uint32(16), "rope.scaling.type": "none", "attention.layer_norm_epsilon": float32(1e-5)},
	},
	{
		arch: "stablelm", architecture: "StableLmForCausalLM", config: map[string]any{"partial_rotary_factor": 0.5, "use_parallel_residual": false, "layer_norm_eps": 1e-5},
		in: attention + dense + ends + normsIn + "model.layers.0.input_layernorm.bias 8\nmodel.layers.0.self_attn.q_layernorm.norms.0.weight 4\n" +
			"model.layers.0.self_attn.q_layernorm.norms.1.weight 4\nmodel.layers.0.self_attn.k_layernorm.norms.0.weight 4",
		out: endsOut + straight + valueOut + denseOut + normsOut + "blk.0.attn_norm.bias 8 model.layers.0.input_layernorm.bias\n" +
			"blk.0.attn_q_norm.weight 2x4 model.layers.0.self_attn.q_layernorm.norms.0.weight model.layers.0.self_attn.q_layernorm.norms.1.weight\n" +
			"blk.0.attn_k_norm.weight 1x4 model.layers.0.self_attn.k_layernorm.norms.0.weight",
		keys: map[string]any{"use_parallel_residual": false, "rope.dimension_count": uint32(2), "attention.layer_norm_epsilon": float32(1e-5)},
	},
	{
		arch: "bert", architecture: "BertModel", config: map[string]any{"type_vocab_size": 2, "max_position_embeddings": 32},
		in: "bert.embeddings.word_embeddings.weight 259x8\nbert.embeddings.position_embeddings.weight 32x8\nbert.embeddings.token_type_embeddings.weight 2x8\n" +
			"bert.embeddings.LayerNorm.gamma 8\nbert.embeddings.LayerNorm.beta 8\nbert.encoder.layer.0.attention.self.query.weight 8x8\nbert.encoder.layer.0.attention.self.query.bias 8\n" +
			"bert.encoder.layer.0.attention.output.dense.weight 8x8\nbert.encoder.layer.0.attention.output.LayerNorm.weight 8\nbert.encoder.layer.0.intermediate.dense.weight 16x8\n" +
			"bert.encoder.layer.0.output.dense.weight 8x16\nbert.encoder.layer.0.output.LayerNorm.bias 8\nbert.encoder.layer.0.output.LayerNorm.weight 8\nbert.encoder.layer.0.attention.self.key.weight 8x8\nbert.encoder.layer.0.attention.self.value.weight 8x8\nbert.pooler.dense.weight 8x8\ncls.predictions.bias 259",
		out: "token_embd.weight 259x8 bert.embeddings.word_embeddings.weight\nposition_embd.weight 32x8 bert.embeddings.position_embeddings.weight\n" +
			"token_types.weight 2x8 bert.embeddings.token_type_embeddings.weight\ntoken_embd_norm.weight 8 bert.embeddings.LayerNorm.gamma\ntoken_embd_norm.bias 8 bert.embeddings.LayerNorm.beta\n" +
			"blk.0.attn_q.weight 8x8 bert.encoder.layer.0.attention.self.query.weight\nblk.0.attn_q.bias 8 bert.encoder.layer.0.attention.self.query.bias\n" +
			"blk.0.attn_output.weight 8x8 bert.encoder.layer.0.attention.output.dense.weight\nblk.0.attn_output_norm.weight 8 bert.encoder.layer.0.attention.output.LayerNorm.weight\n" +
			"blk.0.ffn_up.weight 16x8 bert.encoder.layer.0.intermediate.dense.weight\nblk.0.ffn_down.weight 8x16 bert.encoder.layer.0.output.dense.weight\n" +
			"blk.0.layer_output_norm.bias 8 bert.encoder.layer.0.output.LayerNorm.bias\nblk.0.layer_output_norm.weight 8 bert.encoder.layer.0.output.LayerNorm.weight\n" +
			"blk.0.attn_k.weight 8x8 bert.encoder.layer.0.attention.self.key.weight\nblk.0.attn_v.weight 8x8 bert.encoder.layer.0.attention.self.value.weight",
		keys: map[string]any{"attention.causal": false, "attention.layer_norm_epsilon": float32(1e-12), "attention.head_count_kv": nil, "pooling_type": uint32(2)},
	},
	{
		arch: "nomic-bert", architecture: "NomicBertModel", config: map[string]any{"n_embd": 8, "n_head": 2, "n_layer": 1, "n_inner": 16, "n_positions": 8192,
			"max_trained_positions": 2048, "layer_norm_epsilon": 1e-12, "rotary_emb_base": 1000},
		in: "embeddings.word_embeddings.weight 259x8\nembeddings.token_type_embeddings.weight 2x8\nemb_ln.weight 8\nencoder.layers.0.attn.Wqkv.weight 24x8\nencoder.layers.0.attn.out_proj.weight 8x8\n" +
			"encoder.layers.0.norm1.weight 8\nencoder.layers.0.norm2.weight 8\nencoder.layers.0.mlp.fc11.weight 16x8\nencoder.layers.0.mlp.fc12.weight 16x8\nencoder.layers.0.mlp.fc2.weight 8x16",
		out: "token_embd.weight 259x8 embeddings.word_embeddings.weight\ntoken_types.weight 2x8 embeddings.token_type_embeddings.weight\ntoken_embd_norm.weight 8 emb_ln.weight\n" +
			"blk.0.attn_qkv.weight 24x8 encoder.layers.0.attn.Wqkv.weight\nblk.0.attn_output.weight 8x8 encoder.layers.0.attn.out_proj.weight\nblk.0.attn_output_norm.weight 8 encoder.layers.0.norm1.weight\n" +
			"blk.0.layer_output_norm.weight 8 encoder.layers.0.norm2.weight\nblk.0.ffn_up.weight 16x8 encoder.layers.0.mlp.fc11.weight\nblk.0.ffn_gate.weight 16x8 encoder.layers.0.mlp.fc12.weight\n" +
			"blk.0.ffn_down.weight 8x16 encoder.layers.0.mlp.fc2.weight",
		keys: map[string]any{"context_length": uint32(2048), "rope.freq_base": float32(1000), "feed_forward_length": uint32(16), "attention.causal": false},
	},
}

// moeIn has two experts of gate, up and down matrices.
func moeIn(name string, wide int) string {
	s := ""
	for e := range 2 {
		for part, shape := range map[string]string{"gate": "%dx8", "up": "%dx8", "down": "8x%d"} {
			s += fmt.Sprintf("model.layers.0."+name+".weight "+shape+"\n", e, part, wide)
		}
	}
	return s
}

// moeOut is moeIn in GGUF.
func moeOut(name string, wide int) string {
	s := ""
	for part, shape := range map[string]string{"gate": "2x%dx8", "up": "2x%dx8", "down": "2x8x%d"} {
		s += fmt.Sprintf("blk.0.ffn_%s_exps.weight "+shape, part, wide)
		for e := range 2 {
			s += fmt.Sprintf(" model.layers.0."+name+".weight", e, part)
		}
		s += "\n"
	}
	return s
}

// dims parses a shape such as 2x3.
func dims(s string) []int {
	var out []int
	for d := range strings.SplitSeq(s, "x") {
		n, err := strconv.Atoi(d)
		if err != nil {
			panic(err)
		}
		out = append(out, n)
	}
	return out
}

// tensorsOf makes random tensors of a list of names and shapes.
func tensorsOf(list string) (all []hf, by map[string]hf) {
	by = map[string]hf{}
	for line := range strings.Lines(list) {
		if f := strings.Fields(line); len(f) == 2 {
			shape := dims(f[1])
			h := hf{name: f[0], shape: shape, x: random(uint64(len(all)), product(shape))}
			all, by[h.name] = append(all, h), h
		}
	}
	return all, by
}

// numbersOf returns the numbers of tensors, one after the other; name/1 is the
// first half of the rows of every matrix.
func numbersOf(by map[string]hf, names []string) []float32 {
	var out []float32
	for _, name := range names {
		name, half, ok := strings.Cut(name, "/")
		h := by[name]
		if !ok {
			out = append(out, h.x...)
			continue
		}
		d := len(h.shape)
		n := h.shape[d-2] * h.shape[d-1]
		for at := 0; at < len(h.x); at += n {
			if half == "1" {
				out = append(out, h.x[at:at+n/2]...)
			} else {
				out = append(out, h.x[at+n/2:at+n]...)
			}
		}
	}
	return out
}

// TestFamilies wants, for every family that zoo lacks, the names, shapes and numbers
// of llama.cpp's converter, and the keys of the family.
func TestFamilies(t *testing.T) {
	for _, c := range cases {
		t.Run(c.architecture, func(t *testing.T) {
			all, by := tensorsOf(c.in)
			config := with(map[string]any{"architectures": []string{c.architecture}, "hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 1,
				"num_attention_heads": 2, "num_key_value_heads": 1, "vocab_size": 259, "max_position_embeddings": 64, "rms_norm_eps": 1e-5}, c.config)
			if strings.HasSuffix(c.arch, "bert") {
				delete(config, "num_key_value_heads")
			}
			if c.arch == "nomic-bert" {
				for _, key := range []string{"hidden_size", "intermediate_size", "max_position_embeddings"} {
					delete(config, key)
				}
			}
			got := converted(t, folder{"config.json": config, "model.safetensors": all, "tokenizer.json": tokenizerFor(c.arch),
				"tokenizer.model": smallModel(259), "modules.json": []map[string]string{{"type": "sentence_transformers.models.Pooling", "path": "1_Pooling"}},
				"1_Pooling/config.json": map[string]any{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}}.write(t), Options{Type: "f32"})
			if arch, _, _ := got.Str("general.architecture"); arch != c.arch {
				t.Errorf("architecture %q", arch)
			}
			n := 0
			for line := range strings.Lines(c.out) {
				f := strings.Fields(line)
				if len(f) == 0 {
					continue
				}
				n++
				x, ok := got.Tensor(f[0])
				if !ok {
					t.Errorf("no %s", f[0])
					continue
				}
				shape := dims(f[1])
				slices.Reverse(shape)
				if d := unlike(fmt.Sprint(shape), fmt.Sprint(x.Shape)); d != "" || x.Type != quant.F32 {
					t.Errorf("%s: %s %s", f[0], x.Type, d)
				}
				if f[2] != "~" && !slices.Equal((&undo{f: got}).floats(t, x), numbersOf(by, f[2:])) {
					t.Errorf("%s: other numbers than %s", f[0], f[2:])
				}
			}
			if n != len(got.Tensors) {
				t.Errorf("%d tensors, want %d", len(got.Tensors), n)
			}
			for key, want := range c.keys {
				v, _ := got.Get(c.arch + "." + key)
				if d := unlike(want, v); d != "" {
					t.Errorf("%s: %s", key, d)
				}
			}
		})
	}
}

// tokenizerFor returns a tokenizer.json of the kind that the family has.
func tokenizerFor(arch string) map[string]any {
	if !strings.HasSuffix(arch, "bert") {
		j := byteTokenizer(byteLevel)
		if arch == "glm4" {
			j["added_tokens"] = []map[string]any{{"id": 257, "content": "<|user|>", "special": true}, {"id": 258, "content": "<|endoftext|>", "special": true}}
		}
		return j
	}
	return map[string]any{"model": map[string]any{"type": "WordPiece", "vocab": map[string]int{"[UNK]": 0, "a": 1, "##b": 2}}}
}

// smallModel is a tokenizer.model of n pieces: <unk> and letters.
func smallModel(n int) []byte {
	var b []byte
	field := func(b []byte, tag byte, data []byte) []byte { return append(append(b, tag, byte(len(data))), data...) }
	for i := range n {
		p := field(nil, 1<<3|2, []byte(string(rune(0x4e00+i))))
		if i == 0 {
			p = append(field(nil, 1<<3|2, []byte("<unk>")), 3<<3, unknown)
		}
		b = field(b, 1<<3|2, p)
	}
	return field(b, 2<<3|2, []byte{3 << 3, 2})
}
