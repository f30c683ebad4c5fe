package main

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// huggingFace writes a small Llama as Hugging Face does and returns its folder.
func huggingFace(t *testing.T) string {
	t.Helper()
	const dim, kv, vocab = 32, 16, 259
	dir := t.TempDir()
	tokens := map[string]int{"ĀāĂ": 257, "Āā": 256}
	for i := range 256 {
		tokens[string(rune(0x100+i))] = i // not the characters that GPT-2 uses for bytes, but as many
	}
	for name, v := range map[string]any{
		"config.json": map[string]any{"architectures": []string{"LlamaForCausalLM"}, "hidden_size": dim, "num_hidden_layers": 1,
			"num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": dim, "vocab_size": vocab, "rms_norm_eps": 1e-5,
			"max_position_embeddings": 64, "eos_token_id": 258},
		"generation_config.json": map[string]any{"eos_token_id": 258},
		"tokenizer.json": map[string]any{
			"added_tokens":  []any{map[string]any{"id": 258, "content": "<|end|>", "special": true}},
			"pre_tokenizer": map[string]any{"type": "ByteLevel", "add_prefix_space": false, "use_regex": true},
			"model":         map[string]any{"type": "BPE", "vocab": tokens, "merges": []string{"Ā ā", "Āā Ă"}}},
	} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		writeInto(t, dir, name, b)
	}
	layer := "model.layers.0."
	writeInto(t, dir, "model.safetensors", zeroTensors(t, map[string][]int{
		"model.embed_tokens.weight": {vocab, dim}, "lm_head.weight": {vocab, dim}, "model.norm.weight": {dim},
		layer + "self_attn.q_proj.weight": {dim, dim}, layer + "self_attn.k_proj.weight": {kv, dim},
		layer + "self_attn.v_proj.weight": {kv, dim}, layer + "self_attn.o_proj.weight": {dim, dim},
		layer + "mlp.gate_proj.weight": {dim, dim}, layer + "mlp.up_proj.weight": {dim, dim}, layer + "mlp.down_proj.weight": {dim, dim},
		layer + "input_layernorm.weight": {dim}, layer + "post_attention_layernorm.weight": {dim},
	}))
	return dir
}

// writeInto writes a file into a folder.
func writeInto(t *testing.T, dir, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// zeroTensors returns a safetensors file of F32 zeros in these shapes.
func zeroTensors(t *testing.T, shapes map[string][]int) []byte {
	t.Helper()
	header, end := map[string]any{}, 0
	for name, shape := range shapes {
		begin := end
		n := 4
		for _, d := range shape {
			n *= d
		}
		end += n
		header[name] = map[string]any{"dtype": "F32", "shape": shape, "data_offsets": []int{begin, end}}
	}
	b, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	file := append(binary.LittleEndian.AppendUint64(nil, uint64(len(b))), b...)
	return append(file, make([]byte, end)...)
}
