package convert

import (
	"bytes"
	"context"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/fixtures"
)

// hfKeys maps GGUF's keys to names in config.json; zoo has the names in which a
// family differs.
var hfKeys = map[string]string{
	"vocab_size": "vocab_size", "context_length": "max_position_embeddings", "embedding_length": "hidden_size", "block_count": "num_hidden_layers",
	"feed_forward_length": "intermediate_size", "attention.head_count": "num_attention_heads", "attention.head_count_kv": "num_key_value_heads",
	"attention.layer_norm_rms_epsilon": "rms_norm_eps", "rope.freq_base": "rope_theta", "attention.key_length": "head_dim",
	"attention.sliding_window": "sliding_window", "expert_count": "num_experts", "expert_used_count": "num_experts_per_tok",
	"expert_feed_forward_length": "moe_intermediate_size", "expert_shared_feed_forward_length": "shared_expert_intermediate_size",
	"attention.scale": "attention_multiplier", "embedding_scale": "embedding_multiplier", "residual_scale": "residual_multiplier", "logit_scale": "logits_scaling",
}

// zoo has models that llama.cpp reads, and Hugging Face's architecture of each. also
// are more values of config.json. lacks are keys that llama.cpp's converter does not
// write for the family, as the model is the same without them.
var zoo = []struct {
	file, architecture string
	also               map[string]any
	names              map[string]string // instead of hfKeys
	lacks              string
}{
	{file: "llama-gqa-F32", architecture: "LlamaForCausalLM"},
	{file: "llama-mha-tied-F32", architecture: "LlamaForCausalLM", also: map[string]any{"tie_word_embeddings": true, "head_dim": nil}},
	{file: "llama-headdim-F32", architecture: "MistralForCausalLM", lacks: "attention.sliding_window"},
	{file: "llama-moe-F32", architecture: "MixtralForCausalLM", names: map[string]string{"expert_count": "num_local_experts"}},
	{file: "llama-rope-linear-F32", architecture: "LlamaForCausalLM", also: map[string]any{"rope_scaling": map[string]any{"type": "linear", "factor": 4}}},
	{file: "llama-rope-yarn-F32", architecture: "LlamaForCausalLM", also: map[string]any{"rope_scaling": map[string]any{
		"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}}},
	{file: "llama-rope-llama3-F32", architecture: "LlamaForCausalLM", also: map[string]any{"rope_scaling": map[string]any{
		"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64}}},
	{file: "odd-headdim40-F32", architecture: "LlamaForCausalLM"},
	{file: "odd-onehead-F32", architecture: "LlamaForCausalLM"},
	{file: "granite-F32", architecture: "GraniteForCausalLM"},
	{file: "qwen2-F32", architecture: "Qwen2ForCausalLM", lacks: "vocab_size rope.dimension_count"},
	{file: "qwen3-F32", architecture: "Qwen3ForCausalLM", lacks: "vocab_size rope.dimension_count"},
	{file: "qwen2moe-F32", architecture: "Qwen2MoeForCausalLM", lacks: "vocab_size rope.dimension_count"},
	{file: "qwen3moe-F32", architecture: "Qwen3MoeForCausalLM", lacks: "vocab_size rope.dimension_count"},
	{file: "gemma-F32", architecture: "GemmaForCausalLM", lacks: "vocab_size rope.dimension_count rope.freq_base"},
	{file: "gemma3-F32", architecture: "Gemma3ForCausalLM", lacks: "vocab_size rope.dimension_count",
		also: map[string]any{"rope_scaling": map[string]any{"rope_type": "linear", "factor": 8}}},
	{file: "phi3-F32", architecture: "Phi3ForCausalLM", lacks: "vocab_size"},
	{file: "phi3-partial-rotary-F32", architecture: "Phi3ForCausalLM", lacks: "vocab_size", also: map[string]any{"partial_rotary_factor": 0.75}},
	{file: "phi3-longrope-short-F32", architecture: "Phi3ForCausalLM", lacks: "vocab_size rope.scaling.attn_factor",
		also: map[string]any{"original_max_position_embeddings": 512, "rope_scaling": map[string]any{"type": "longrope",
			"long_factor": []float64{1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5}, "short_factor": []float64{1, 1.05, 1.1, 1.15, 1.2, 1.25, 1.3, 1.35}}}},
	{file: "olmo2-F32", architecture: "Olmo2ForCausalLM", lacks: "vocab_size rope.dimension_count"},
	{file: "gpt-oss-F32", architecture: "GptOssForCausalLM", lacks: "vocab_size rope.dimension_count",
		names: map[string]string{"expert_count": "num_local_experts", "expert_feed_forward_length": ""},
		also:  map[string]any{"rope_scaling": map[string]any{"rope_type": "yarn", "factor": 32.0, "original_max_position_embeddings": 64}}},
	{file: "gpt2-F32", architecture: "GPT2LMHeadModel", lacks: "vocab_size attention.head_count_kv", names: map[string]string{"context_length": "n_positions",
		"embedding_length": "n_embd", "block_count": "n_layer", "attention.head_count": "n_head", "attention.head_count_kv": "",
		"feed_forward_length": "n_inner", "attention.layer_norm_epsilon": "layer_norm_epsilon"}},
	{file: "starcoder2-F32", architecture: "Starcoder2ForCausalLM", lacks: "vocab_size rope.dimension_count",
		names: map[string]string{"attention.layer_norm_epsilon": "norm_epsilon"}},
}

// TestZoo converts llama.cpp's models to Hugging Face's form and back, and wants the
// same tensors and all keys that the converter writes.
func TestZoo(t *testing.T) {
	for _, c := range zoo {
		t.Run(c.file, func(t *testing.T) {
			want, err := gguf.Open(fixtures.Path(t, "zoo/"+c.file+".gguf"))
			if err != nil {
				t.Fatal(err)
			}
			defer want.Close()
			arch, _, _ := want.Str("general.architecture")
			config := map[string]any{"architectures": []string{c.architecture}}
			names := maps.Clone(hfKeys)
			maps.Copy(names, c.names)
			for key, name := range names {
				if v, ok := want.Get(arch + "." + key); ok && name != "" {
					config[name] = v
				}
			}
			maps.Copy(config, c.also)
			if config["vocab_size"] != nil && slices.Equal(familyNamed(c.architecture).vocab, bpeOnly) {
				config["vocab_size"] = 512
			}
			dir := folder{
				"config.json": config, "model.safetensors": (&undo{want, arch}).tensors(t),
				"tokenizer.json": byteTokenizer(byteLevel), "tokenizer.model": tokenizerModel(t, c.architecture),
			}.write(t)
			got := converted(t, dir, Options{Type: "f32", Pre: "gpt-2"})
			sameTensors(t, got, want)
			sameLogits(t, got, want)
			for _, kv := range want.KV {
				key, ok := strings.CutPrefix(kv.Key, arch+".")
				if !ok || slices.Contains(strings.Fields(c.lacks), key) {
					continue
				}
				v, _ := got.Get(kv.Key)
				if d := unlike(kv.Value, v); d != "" {
					t.Errorf("%s: %s", kv.Key, d)
				}
			}
		})
	}
}

// tokenizerModel returns the tokenizer.model of the vocabulary of zoo, for families
// that use one.
func tokenizerModel(t *testing.T, architecture string) []byte {
	t.Helper()
	if f := familyNamed(architecture); slices.Equal(f.vocab, bpeOnly) {
		return nil // read by none
	}
	b := fixtures.Read(t, "vocab/tok512.model")
	return b
}

// converted converts the model at path.
func converted(t testing.TB, path string, o Options) *gguf.File {
	t.Helper()
	m, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var b bytes.Buffer
	told := int64(0)
	if err := m.Write(context.Background(), &b, func(n int64) { told += n }); err != nil {
		t.Fatal(err)
	}
	if told != m.Size() {
		t.Errorf("told of %d bytes, the tensors have %d", told, m.Size())
	}
	f, err := gguf.OpenReaderAt(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// sameTensors wants the same tensors with the same bits. Norms of gemma, from which 1
// was subtracted, and computed factors may differ by a rounding.
func sameTensors(t *testing.T, got, want *gguf.File) {
	t.Helper()
	if len(got.Tensors) != len(want.Tensors) {
		t.Errorf("got %d tensors, want %d", len(got.Tensors), len(want.Tensors))
	}
	u := &undo{f: got}
	w := &undo{f: want}
	for i := range want.Tensors {
		x := &want.Tensors[i]
		y, ok := got.Tensor(x.Name)
		if !ok {
			t.Errorf("no %s", x.Name)
			continue
		}
		if d := unlike(flatShape(x.Shape), flatShape(y.Shape)); d != "" || x.Type != y.Type {
			t.Errorf("%s: %s instead of %s, shape %s", x.Name, y.Type, x.Type, d)
			continue
		}
		a, b := w.floats(t, x), u.floats(t, y)
		for i := range a {
			if d := math.Abs(float64(a[i] - b[i])); a[i] != b[i] && !(d < 2e-7*math.Abs(float64(a[i]))+1e-7 && (strings.Contains(x.Name, "norm") || strings.HasPrefix(x.Name, "rope_"))) {
				t.Errorf("%s[%d]: got %g, want %g", x.Name, i, b[i], a[i])
				break
			}
		}
	}
}

// sameLogits wants the same logits of both, so that keys which only one of them has do
// not matter.
func sameLogits(t *testing.T, got, want *gguf.File) {
	t.Helper()
	if v, ok, _ := want.Float("phi3.rope.scaling.attn_factor"); ok && v != 1 {
		return // the zoo's is not the one that follows from the context
	}
	ids := []int32{1, 300, 20, 400, 77, 300}
	a, b := lastLogits(t, want, ids), lastLogits(t, got, ids)
	for i := range a {
		if d := math.Abs(float64(a[i] - b[i])); !(d <= 1e-4) {
			t.Errorf("logit %d: got %g, want %g", i, b[i], a[i])
			return
		}
	}
}

// flatShape removes the ones at the end of a shape.
func flatShape(s []uint64) []uint64 {
	for len(s) > 1 && s[len(s)-1] == 1 {
		s = s[:len(s)-1]
	}
	return s
}
