package convert

import (
	"slices"
	"testing"

	"github.com/querent-ai/chord/bpe"
)

// TestGemma4Vocab converts a tokenizer.json of Gemma 4's form and encodes with it.
func TestGemma4Vocab(t *testing.T) {
	tokens := []string{"<pad>", "<bos>", "<|tool_call>", "▁", "a", "b", "ab", "▁ab", "\n", "\n\n", "<0xE2>", "<0x82>", "<0xAC>", "▁▁"}
	ids := map[string]int{}
	for i, s := range tokens {
		ids[s] = i
	}
	added := func(s string, special bool) map[string]any {
		return map[string]any{"id": ids[s], "content": s, "special": special}
	}
	config := with(llamaConfig(len(tokens)), gemma4Config)
	config["architectures"], config["num_hidden_layers"], config["bos_token_id"] = []string{"Gemma4ForCausalLM"}, 4, 1
	f := converted(t, folder{"config.json": config, "tokenizer_config.json": map[string]any{"bos_token": "<bos>"}, "tokenizer.json": map[string]any{
		"added_tokens": []any{added("<pad>", true), added("<bos>", true), added("<|tool_call>", true), added("\n\n", false), added("▁▁", false)},
		"model":        map[string]any{"type": "BPE", "vocab": ids, "byte_fallback": true, "merges": [][]string{{"a", "b"}, {"▁", "ab"}, {"\n", "\n"}}},
	}}.write(t), Options{VocabOnly: true})
	types, _, err := f.Ints("tokenizer.ggml.token_type")
	if err != nil {
		t.Fatal(err)
	}
	want := []int32{control, control, userDefined, normal, normal, normal, normal, normal, normal, normal, byteToken, byteToken, byteToken, normal}
	if !slices.Equal(types, want) {
		t.Errorf("types %d, want %d", types, want)
	}
	tok, err := bpe.FromGGUF(f)
	if err != nil {
		t.Fatal(err)
	}
	got := tok.Encode(nil, " ab\n\n€<|tool_call>", bpe.EncodeOptions{})
	if want := []int32{1, 7, 9, 10, 11, 12, 2}; !slices.Equal(got, want) {
		t.Errorf("ids %d, want %d", got, want)
	}
}
