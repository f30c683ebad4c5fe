package convert

import (
	"bytes"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// without removes tensors whose names contain part, and adds others.
func without(tensors []hf, part string, more ...hf) []hf {
	out := slices.DeleteFunc(slices.Clone(tensors), func(h hf) bool { return part != "" && strings.Contains(h.name, part) })
	return append(out, more...)
}

// TestFolderErrors wants an error that says which file or tensor is wrong, and little
// memory.
func TestFolderErrors(t *testing.T) {
	good := smallLlama("F32")
	config, tensors := good["config.json"].(map[string]any), good["model.safetensors"].([]hf)
	moe := map[string]any{"architectures": []string{"MixtralForCausalLM"}, "num_local_experts": 2, "num_experts_per_tok": 1}
	expert := func(e, w string, shape ...int) hf {
		return hf{name: "model.layers.0.block_sparse_moe.experts." + e + ".w" + w + ".weight", shape: shape, x: random(1, product(shape))}
	}
	tok := func(more map[string]any) map[string]any { return with(byteTokenizer(byteLevel), more) }
	row := func(name string, n int) hf { return hf{name: name, shape: []int{n}, x: random(1, n)} }
	fp8 := hf{name: "model.norm.weight", dtype: "F8_E4M3", shape: []int{1}, raw: make([]byte, 1)}
	fp8Matrix := hf{name: "model.layers.0.self_attn.v_proj.weight", dtype: "F8_E4M3", shape: []int{16, 32}, raw: make([]byte, 512)}
	const lfsPointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12345\n"
	for _, c := range []struct {
		name   string
		config map[string]any // changes
		files  folder         // changes
		want   string
	}{
		{"no config", nil, folder{"config.json": "{}"}, "no config.json"},
		{"config is no JSON", nil, folder{"config.json": "{"}, "config.json: unexpected EOF"},
		{"config is a list", nil, folder{"config.json": "[]"}, "config.json: json"},
		{"config nests", nil, folder{"config.json": strings.Repeat(`{"a":`, 1e5)}, "config.json"},
		{"unknown architecture", map[string]any{"architectures": []string{"NoSuchForCausalLM"}}, nil, `"NoSuchForCausalLM" is not known; known are LlamaForCausalLM`},
		{"no architecture", map[string]any{"architectures": nil}, nil, `architecture "" is not known`},
		{"quantised by others", map[string]any{"quantization_config": map[string]any{"quant_method": "gptq"}}, nil, `quantised by "gptq"`},
		{"no heads", map[string]any{"num_attention_heads": 0}, nil, "num_attention_heads: missing or 0"},
		{"heads below 0", map[string]any{"num_attention_heads": -2}, nil, "num_attention_heads: -2, want a whole number"},
		{"half a head", map[string]any{"num_attention_heads": 0.5}, nil, "num_attention_heads: 0.5, want a whole number"},
		{"text for a number", map[string]any{"hidden_size": "32"}, nil, "hidden_size: 32, want a whole number"},
		{"2^63 layers", map[string]any{"num_hidden_layers": uint64(1) << 63}, nil, "num_hidden_layers"},
		{"more layers than there are", map[string]any{"num_hidden_layers": 1 << 10}, nil, "nothing of layer 1"},
		{"2^30 layers", map[string]any{"num_hidden_layers": 1 << 30}, nil, "at most 65536"},
		{"heads of 2^30", map[string]any{"head_dim": 1 << 30}, nil, "at most 65536"},
		{"fewer layers", nil, folder{"model.safetensors": without(tensors, "", row("model.layers.1.input_layernorm.weight", 32))}, "layer 1 of 1"},
		{"no layers", map[string]any{"num_hidden_layers": 0}, nil, "missing or 0"},
		{"heads do not divide", map[string]any{"num_attention_heads": 3}, nil, "want pairs of rows for 3 heads"},
		{"odd heads", map[string]any{"num_attention_heads": 32}, nil, "want pairs of rows for 32 heads"},
		{"rope of another kind", map[string]any{"rope_scaling": map[string]any{"rope_type": "new", "factor": 2}}, nil, `type "new" is not known`},
		{"huge vocabulary", map[string]any{"vocab_size": 1<<31 - 1}, nil, "a vocabulary of 2147483647 tokens"},
		{"small vocabulary", map[string]any{"vocab_size": 100}, nil, "token 258, vocab_size is 100"},
		{"no tensors", nil, folder{"model.safetensors": []hf{}}, "no token embedding"},
		{"no embedding", nil, folder{"model.safetensors": without(tensors, "embed_tokens")}, "no token embedding"},
		{"unknown tensor", nil, folder{"model.safetensors": without(tensors, "", row("model.layers.0.mlp.new.weight", 4))}, `"model.layers.0.mlp.new.weight" has no place in a llama model`},
		{"the same twice", nil, folder{"model.safetensors": without(tensors, "", row("model.model.norm.weight", 32))}, `"output_norm.weight": the model has it twice`},
		{"integers", nil, folder{"model.safetensors": without(tensors, "model.norm", hf{name: "model.norm.weight", dtype: "I64", shape: []int{1}, raw: make([]byte, 8)})}, `"model.norm.weight" is I64, want floats`},
		{"8-bit floats without scales", map[string]any{"quantization_config": map[string]any{"quant_method": "fp8"}}, folder{"model.safetensors": without(tensors, "model.norm", fp8)},
			`"model.norm.weight": F8_E4M3 without model.norm.weight_scale_inv or model.norm.weight_scale`},
		{"scales of another shape", nil, folder{"model.safetensors": without(tensors, "v_proj", fp8Matrix, row("model.layers.0.self_attn.v_proj.weight_scale", 2))},
			`"model.layers.0.self_attn.v_proj.weight_scale": shape [2], want one number`},
		{"weights are a Git LFS pointer", nil, folder{"model.safetensors": lfsPointer}, "model.safetensors: safetensors: is a Git LFS pointer, not the file itself: git lfs pull"},
		{"tokenizer is a Git LFS pointer", nil, folder{"tokenizer.json": lfsPointer}, "tokenizer.json: is a Git LFS pointer"},
		{"no experts", moe, folder{"model.safetensors": without(tensors, "", expert("0", "1", 4, 32))}, "number 1 of 2 is missing"},
		{"more experts", moe, folder{"model.safetensors": without(tensors, "", expert("0", "1", 4, 32), expert("1", "1", 4, 32), expert("2", "1", 4, 32))}, "3 are there, want 2"},
		{"other experts", moe, folder{"model.safetensors": without(tensors, "", expert("0", "1", 4, 32), expert("1", "1", 4, 16))}, "others of"},
		{"expert of 10^18", moe, folder{"model.safetensors": without(tensors, "", expert("1000000000000000000", "1", 4, 32))}, "is missing"},
		{"2^31 experts", with(moe, map[string]any{"num_local_experts": 1<<31 - 1}), folder{"model.safetensors": without(tensors, "", expert("0", "1", 4, 32))}, "is missing"},
		{"tokenizer is no JSON", nil, folder{"tokenizer.json": "{"}, "tokenizer.json: unexpected EOF"},
		{"tokenizer of words", nil, folder{"tokenizer.json": map[string]any{"model": map[string]any{"type": "WordLevel", "vocab": map[string]int{}}}}, "no tokenizer.model and no tokenizer.json of a kind"},
		{"an end that is a text", map[string]any{"eos_token_id": []any{1, "x"}}, nil, "config.json: eos_token_id: x, want a whole number or a list of them"},
		{"half an end", nil, folder{"generation_config.json": map[string]any{"eos_token_id": 0.5}}, "generation_config.json: eos_token_id: 0.5, want"},
		{"a pre-tokenizer that is none", map[string]any{"pre": "new-bpe"}, nil, `"new-bpe"`},
		{"no merges", nil, folder{"tokenizer.json": tok(map[string]any{"model": map[string]any{"type": "BPE", "vocab": map[string]int{"a": 0}, "merges": []string{}}})}, "no merges"},
		{"merges of three", nil, folder{"tokenizer.json": tok(map[string]any{"model": map[string]any{"type": "BPE", "vocab": map[string]int{"a": 0}, "merges": [][]string{{"a", "b", "c"}}}})}, "number 0 has 3 parts"},
		{"ids twice", nil, folder{"tokenizer.json": tok(map[string]any{"model": map[string]any{"type": "BPE", "vocab": map[string]int{"a": 0, "b": 0}}})}, "has the id 0 of another"},
		{"ids below 0", nil, folder{"tokenizer.json": tok(map[string]any{"model": map[string]any{"type": "BPE", "vocab": map[string]int{"a": -1}}})}, "has the id -1"},
		{"added id below 0", nil, folder{"tokenizer.json": tok(map[string]any{"added_tokens": []any{map[string]any{"id": -5, "content": "x"}}})}, "added_tokens: id -5"},
		{"bad template", nil, folder{"tokenizer_config.json": map[string]any{"chat_template": 5}}, "chat_template: want a text"},
		{"bad tokenizer.model", nil, folder{"tokenizer.model": "\x0a\xff"}, "tokenizer.model: piece 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := folder{}
			for _, f := range []folder{good, {"config.json": with(config, c.config)}, c.files} {
				for name, v := range f {
					files[name] = v
				}
			}
			dir := files.write(t)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			pre, ok := c.config["pre"].(string)
			if !ok {
				pre = "gpt-2"
			}
			m, err := Open(dir, Options{Pre: pre})
			runtime.ReadMemStats(&after)
			if err == nil {
				m.Close()
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 32<<20 {
				t.Errorf("%d bytes allocated", n)
			}
		})
	}
}

// TestParseName parses names.
func TestParseName(t *testing.T) {
	for s, want := range map[string]name{
		"model.layers.3.self_attn.q_proj.weight":               {3, "self_attn.q_proj", -1, ".weight"},
		"model.layers.3.mlp.experts.12.up_proj.weight":         {3, "mlp.experts.up_proj", 12, ".weight"},
		"language_model.model.layers.0.input_layernorm.weight": {0, "input_layernorm", -1, ".weight"},
		"model.language_model.layers.0.mlp.gate.bias":          {0, "mlp.gate", -1, ".bias"},
		"transformer.h.1.attn.c_attn.bias":                     {1, "attn.c_attn", -1, ".bias"},
		"h.1.ln_1.weight":                                      {1, "ln_1", -1, ".weight"},
		"encoder.layer.2.output.LayerNorm.gamma":               {2, "output.LayerNorm", -1, ".weight"},
		"model.layers.1.self_attn.sinks":                       {1, "self_attn.sinks", -1, ""},
		"lm_head.weight":                                       {-1, "lm_head", -1, ".weight"},
		"model.layers.x.norm.weight":                           {-1, "layers.x.norm", -1, ".weight"},
		"model.layers.01.norm.weight":                          {-1, "layers.01.norm", -1, ".weight"},
		"model.layers.99999999999999999999.norm.weight":        {-1, "layers.99999999999999999999.norm", -1, ".weight"},
		"": {-1, "", -1, ""},
	} {
		if got := parseName(s); got != want {
			t.Errorf("%q: got %+v, want %+v", s, got, want)
		}
	}
}

// FuzzSentencePiece wants no panic, and no more text than there are bytes.
func FuzzSentencePiece(f *testing.F) {
	f.Add(smallModel(5))
	f.Add([]byte{0x0a, 0x05, 0x0a, 0x01, 'a', 0x18, 0x09})
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parseSentencePiece(data)
		if err == nil && len(m.pieces) > len(data) {
			t.Errorf("%d pieces of %d bytes", len(m.pieces), len(data))
		}
	})
}

// FuzzFolder changes the JSON files of a model and wants no panic; a model that is
// accepted can be written.
func FuzzFolder(f *testing.F) {
	dir := smallLlama("F32").write(f)
	config, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil {
		f.Fatal(err)
	}
	tokenizer := []byte(`{"added_tokens":[{"id":1,"content":"<s>","special":true}],"pre_tokenizer":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{"a":0},"merges":["a a"]}}`)
	f.Add(config, tokenizer, []byte(`{"bos_token":"<s>","chat_template":"x"}`))
	for i := range families {
		f.Add(bytes.Replace(config, []byte("LlamaForCausalLM"), []byte(families[i].from[0]), 1), tokenizer, []byte("{}"))
	}
	f.Fuzz(func(t *testing.T, config, tokenizer, tokenizerConfig []byte) {
		for name, b := range map[string][]byte{"config.json": config, "tokenizer.json": tokenizer, "tokenizer_config.json": tokenizerConfig} {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		m, err := Open(dir, Options{})
		if err != nil {
			return
		}
		defer m.Close()
		if m.Size() < math.MaxInt32 {
			_ = m.Write(t.Context(), io.Discard, nil)
		}
	})
}
