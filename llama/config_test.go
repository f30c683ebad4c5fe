package llama_test

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/quant"
)

func TestReadConfig(t *testing.T) {
	got, err := llama.ReadConfig(tiny().open(t))
	if err != nil {
		t.Fatal(err)
	}
	want := llama.Config{
		Arch: "llama", Dim: tinyDim, RopeDim: tinyHeadDim,
		Vocab: tinyVocab, Context: 64,
		RopeBase: 10000, RopeScaling: "linear", RopeFactor: 1, NormEps: 1e-5,
		AttnTempLength: 64, RopeContext: 64, RopeAttnFactor: 1, YarnBetaFast: 32, YarnBetaSlow: 1,
		EmbdScale: 1, ResidualScale: 1, LogitScale: 1, AttnValueScale: 1, ExpertScale: 1,
	}
	for range tinyLayers {
		want.Layer = append(want.Layer, llama.LayerConfig{Heads: tinyHeads, KVHeads: tinyKVHeads,
			KeyDim: tinyHeadDim, ValueDim: tinyHeadDim, AttnScale: float32(1 / math.Sqrt(tinyHeadDim)), HiddenDim: tinyHidden})
	}
	if !reflect.DeepEqual(want, got) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestConfigAccepts has keys as real files have them.
func TestConfigAccepts(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(f *file)
		want func(c llama.Config) bool
	}{
		{"no head_count_kv", func(f *file) { f.set("llama.attention.head_count_kv", nil) },
			func(c llama.Config) bool { return c.Layer[1].KVHeads == tinyHeads }},
		{"one number for each layer", func(f *file) { f.set("llama.attention.head_count_kv", []int32{1, 1}) },
			func(c llama.Config) bool { return c.Layer[0].KVHeads == 1 && c.Layer[1].KVHeads == 1 }},
		{"layers of different shapes", func(f *file) {
			f.set("llama.attention.head_count_kv", []int32{2, 1})
			f.set("llama.feed_forward_length", []int32{20, 21})
		}, func(c llama.Config) bool {
			return c.Layer[0].KVHeads == 2 && c.Layer[1].KVHeads == 1 && c.Layer[0].HiddenDim == 20 && c.Layer[1].HiddenDim == 21
		}},
		{"values narrower than keys", func(f *file) { f.set("llama.attention.value_length", uint32(4)) },
			func(c llama.Config) bool { return c.Layer[0].KeyDim == tinyHeadDim && c.Layer[0].ValueDim == 4 }},
		{"tokens instead of vocab_size", func(f *file) {
			f.set("llama.vocab_size", nil)
			f.set("tokenizer.ggml.tokens", []string{"a", "b", "c"})
		}, func(c llama.Config) bool { return c.Vocab == 3 }},
		{"heads narrower than the residual stream", func(f *file) {
			f.set("llama.attention.key_length", uint32(10))
			f.set("llama.attention.value_length", uint32(10))
			f.set("llama.rope.dimension_count", uint32(4))
		}, func(c llama.Config) bool { return c.Layer[0].KeyDim == 10 && c.RopeDim == 4 }},
		{"numbers of other types", func(f *file) { f.set("llama.block_count", uint64(2)) },
			func(c llama.Config) bool { return len(c.Layer) == 2 }},
		{"scaling none with a factor", func(f *file) {
			f.set("llama.rope.scaling.type", "none")
			f.set("llama.rope.scaling.factor", float32(4))
		}, func(c llama.Config) bool { return c.RopeFactor == 1 }},
		{"factor without a type", func(f *file) { f.set("llama.rope.scaling.factor", float32(4)) },
			func(c llama.Config) bool { return c.RopeFactor == 4 }},
		{"old name of the factor", func(f *file) { f.set("llama.rope.scale_linear", float32(2)) },
			func(c llama.Config) bool { return c.RopeFactor == 2 }},
		{"factor 0", func(f *file) { f.set("llama.rope.scaling.factor", float32(0)) },
			func(c llama.Config) bool { return c.RopeFactor == 1 }},
		{"factors of YaRN for other architectures", func(f *file) {
			f.set("llama.rope.scaling.yarn_ext_factor", float32(0.5))
			f.set("llama.rope.scaling.yarn_attn_factor", float32(0.878))
		}, func(c llama.Config) bool { return c.RopeAttnFactor == 1 }},
		{"zero experts", func(f *file) {
			f.set("llama.expert_count", uint32(0))
			f.set("llama.expert_used_count", uint32(0))
		}, func(llama.Config) bool { return true }},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := tiny()
			c.edit(f)
			got, err := llama.ReadConfig(f.open(t))
			if err != nil || !c.want(got) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

// TestConfigErrors has keys that must not load. The error names the key and has
// the right kind.
func TestConfigErrors(t *testing.T) {
	const arch = "llama."
	for _, c := range []struct {
		key   string
		value any // nil: the key is missing
		is    error
		says  string
	}{
		{"general.architecture", nil, gguf.ErrFormat, "missing"},
		{"general.architecture", uint32(1), gguf.ErrFormat, "UINT32"},
		{"general.architecture", "unheard-of", llama.ErrUnsupported, `"unheard-of", known are `},
		{"general.architecture", "qwen33", llama.ErrUnsupported, `"qwen33", nearest is "qwen3", known are `},
		{"general.architecture", "lama", llama.ErrUnsupported, `"lama", nearest is "llama", known are `},
		{"general.architecture", strings.Repeat("llama", 1000), llama.ErrUnsupported, `llama", known are `},
		{arch + "block_count", nil, gguf.ErrFormat, "missing"},
		{arch + "block_count", "2", gguf.ErrFormat, "STRING"},
		{arch + "block_count", uint32(0), gguf.ErrFormat, "0, want 1"},
		{arch + "block_count", int32(-1), gguf.ErrFormat, "-1, want 1"},
		{arch + "block_count", uint32(513), gguf.ErrFormat, "513, but the file has 20 tensors"},
		{arch + "block_count", uint32(1 << 31), gguf.ErrFormat, "2147483648, want"},
		{arch + "block_count", uint64(math.MaxUint64), gguf.ErrFormat, "too large"},
		{arch + "embedding_length", nil, gguf.ErrFormat, "missing"},
		{arch + "embedding_length", uint32(0), gguf.ErrFormat, "0, want 1"},
		{arch + "embedding_length", float32(24), gguf.ErrFormat, "FLOAT32"},
		{arch + "feed_forward_length", nil, gguf.ErrFormat, "missing"},
		{arch + "feed_forward_length", []int32{20, 0}, gguf.ErrFormat, "0, want 1"},
		{arch + "context_length", nil, gguf.ErrFormat, "missing"},
		{arch + "context_length", uint32(0), gguf.ErrFormat, "0, want 1"},
		{arch + "attention.head_count", nil, gguf.ErrFormat, "missing"},
		{arch + "attention.head_count", uint32(0), gguf.ErrFormat, "0, want 1"},
		{arch + "attention.head_count", uint32(10), gguf.ErrFormat, "10, want a divisor of embedding_length 24"},
		{arch + "attention.head_count_kv", uint32(0), gguf.ErrFormat, "0, want 1"},
		{arch + "attention.head_count_kv", uint32(8), gguf.ErrFormat, "8, want a divisor of the 4 heads"},
		{arch + "attention.head_count_kv", uint32(3), gguf.ErrFormat, "3, want a divisor of the 4 heads"},
		{arch + "attention.head_count_kv", []int32{2}, gguf.ErrFormat, "list of 1, want one number for each of 2 layers"},
		{arch + "attention.head_count_kv", []int32{}, gguf.ErrFormat, "list of 0"},
		{arch + "attention.head_count_kv", []float32{2, 2}, gguf.ErrFormat, "ARRAY of FLOAT32"},
		{arch + "attention.key_length", uint32(0), gguf.ErrFormat, "0, want 1"},
		{arch + "attention.value_length", uint32(0), gguf.ErrFormat, "0, want 1"},
		{arch + "attention.layer_norm_rms_epsilon", nil, gguf.ErrFormat, "missing"},
		{arch + "attention.layer_norm_rms_epsilon", float32(math.NaN()), gguf.ErrFormat, "NaN, want"},
		{arch + "attention.layer_norm_rms_epsilon", float32(math.Inf(1)), gguf.ErrFormat, "+Inf, want"},
		{arch + "attention.layer_norm_rms_epsilon", float32(0), gguf.ErrFormat, "0, want"},
		{arch + "attention.layer_norm_rms_epsilon", float32(-1e-5), gguf.ErrFormat, "-1e-05, want"},
		{arch + "attention.layer_norm_rms_epsilon", float32(2), gguf.ErrFormat, "2, want"},
		{arch + "attention.layer_norm_rms_epsilon", 1e300, gguf.ErrFormat, "+Inf, want"},
		{arch + "rope.dimension_count", uint32(0), gguf.ErrFormat, "0, want 1"},
		{arch + "rope.dimension_count", uint32(8), gguf.ErrFormat, "8, want an even number up to the head's 6"},
		{arch + "rope.dimension_count", uint32(3), gguf.ErrFormat, "3, want an even number"},
		{arch + "rope.freq_base", float32(0), gguf.ErrFormat, "0, want"},
		{arch + "rope.freq_base", float32(-1), gguf.ErrFormat, "-1, want"},
		{arch + "rope.freq_base", math.NaN(), gguf.ErrFormat, "NaN, want"},
		{arch + "rope.freq_base", uint32(10000), gguf.ErrFormat, "UINT32"},
		{arch + "rope.scaling.type", "dynamic", llama.ErrUnsupported, `"dynamic", known are none, linear, yarn, longrope`},
		{arch + "rope.scaling.type", uint32(1), gguf.ErrFormat, "UINT32"},
		{arch + "rope.scaling.factor", float32(-4), gguf.ErrFormat, "-4, want"},
		{arch + "rope.scaling.factor", float32(math.Inf(1)), gguf.ErrFormat, "+Inf, want"},
		{arch + "rope.scaling.attn_factor", float32(0), gguf.ErrFormat, "0, want"},
		{arch + "rope.scaling.original_context_length", uint32(0), gguf.ErrFormat, "0, want 1"},
		{arch + "rope.scaling.yarn_beta_fast", float32(-1), gguf.ErrFormat, "-1, want"},
		{arch + "attention.temperature_scale", float32(math.NaN()), gguf.ErrFormat, "NaN, want"},
		{arch + "final_logit_softcapping", float32(-3), gguf.ErrFormat, "-3, want"},
		{arch + "nextn_predict_layers", uint32(2), gguf.ErrFormat, "2 of 2 layers"},
		{arch + "expert_used_count", uint32(2), gguf.ErrFormat, "2 of 0 experts"},
		{arch + "expert_count", int32(-1), gguf.ErrFormat, "-1, want 0"},
		{arch + "attention.causal", false, llama.ErrUnsupported, "false"},
		{arch + "use_parallel_residual", true, llama.ErrUnsupported, "true"},
		{arch + "vocab_size", nil, gguf.ErrFormat, "missing, and so is tokenizer.ggml.tokens"},
		{arch + "vocab_size", uint32(0), gguf.ErrFormat, "0, want 1"},
		{"tokenizer.ggml.tokens", []string{"a"}, gguf.ErrFormat, "vocab_size: 11, but tokenizer.ggml.tokens has 1"},
		{"tokenizer.ggml.tokens", []int32{1}, gguf.ErrFormat, "ARRAY of INT32"},
	} {
		t.Run(strings.ReplaceAll(c.key+"="+strings.Trim(c.says, `"`), " ", "_"), func(t *testing.T) {
			f := tiny()
			f.set(c.key, c.value)
			wantError(t, f, c.is, c.key[strings.LastIndex(c.key, ".")+1:], c.says)
		})
	}
	t.Run("experts", func(t *testing.T) {
		f := tiny()
		f.set("llama.expert_count", uint32(8))
		wantError(t, f, gguf.ErrFormat, "llama.expert_used_count: 0 of 8")
		f.set("llama.expert_used_count", uint32(2))
		wantError(t, f, gguf.ErrFormat, "ffn_gate_inp.weight\": missing")
		f.set("llama.expert_used_count", uint32(9))
		wantError(t, f, gguf.ErrFormat, "llama.expert_used_count: 9 of 8")
		f.set("llama.expert_count", uint32(5000))
		wantError(t, f, llama.ErrUnsupported, "llama.expert_count: 5000, at most 1024")
	})
}

// TestTensorErrors has tensors that do not fit the keys.
func TestTensorErrors(t *testing.T) {
	const q = "blk.1.attn_q.weight"
	nan := float32(math.NaN())
	for _, c := range []struct {
		name string
		edit func(f *file)
		is   error
		says string
	}{
		{"missing", func(f *file) { f.at(q).name = "blk.1.attn_q.bias" }, gguf.ErrFormat, `tensor "blk.1.attn_q.weight": missing`},
		{"layer missing", func(f *file) { f.set("llama.block_count", uint32(3)) }, gguf.ErrFormat, `"blk.2.attn_norm.weight": missing`},
		{"layer too many", func(f *file) { f.set("llama.block_count", uint32(1)) }, gguf.ErrFormat, `"blk.1.attn_norm.weight": llama.block_count is 1`},
		{"transposed", func(f *file) { f.at("blk.0.ffn_down.weight").shape = []uint64{24, 20} }, gguf.ErrFormat, "shape [24 20], want [20 24]"},
		{"one dimension", func(f *file) { f.at(q).shape = []uint64{576} }, gguf.ErrFormat, "shape [576], want [24 24]"},
		{"vocabulary", func(f *file) { f.set("llama.vocab_size", uint32(12)) }, gguf.ErrFormat, `"token_embd.weight": shape [24 11], want [24 12]`},
		{"huge heads", func(f *file) {
			f.set("llama.attention.key_length", uint32(1<<20))
			f.set("llama.attention.value_length", uint32(1<<20))
		}, gguf.ErrFormat, `attn_q.weight": shape [24 24], want [24 4194304]`},
		{"unknown", func(f *file) { f.add("blk.0.attn_q_norm.weight", 6) }, llama.ErrUnsupported, `"blk.0.attn_q_norm.weight": not a known tensor`},
		{"type of a matrix", func(f *file) { f.at(q).typ = quant.I32 }, llama.ErrUnsupported, `"blk.1.attn_q.weight": type I32`},
		{"type of a vector", func(f *file) { f.at("output_norm.weight").typ = quant.I32 }, llama.ErrUnsupported, `"output_norm.weight": type I32`},
		{"bias", func(f *file) { f.add("blk.0.attn_k.bias", 13) }, gguf.ErrFormat, `"blk.0.attn_k.bias": shape [13], want [12]`},
		{"output", func(f *file) { f.add("output.weight", 24, 12) }, gguf.ErrFormat, `"output.weight": shape [24 12], want [24 11]`},
		{"frequency factors", func(f *file) { copy(f.add("rope_freqs.weight", 3).x, []float32{1, 0, 1}) }, gguf.ErrFormat, `"rope_freqs.weight": element 1 is 0`},
		{"frequency factors NaN", func(f *file) { copy(f.add("rope_freqs.weight", 3).x, []float32{1, 1, nan}) }, gguf.ErrFormat, `element 2 is NaN`},
		{"number of factors", func(f *file) { f.add("rope_freqs.weight", 4) }, gguf.ErrFormat, `"rope_freqs.weight": shape [4], want [3]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := tiny()
			c.edit(f)
			wantError(t, f, c.is, c.says)
		})
	}
}

// wantError requires that loading f returns an error that is is and contains
// says.
func wantError(t *testing.T, f *file, is error, says ...string) {
	t.Helper()
	_, err := llama.Load(f.open(t), llama.Options{})
	if !errors.Is(err, is) {
		t.Fatalf("got %v, want one that is %v", err, is)
	}
	for _, s := range says {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("got %v, want %q", err, s)
		}
	}
	if other := map[error]error{gguf.ErrFormat: llama.ErrUnsupported, llama.ErrUnsupported: gguf.ErrFormat}[is]; errors.Is(err, other) {
		t.Errorf("%v is also %v", err, other)
	}
}
