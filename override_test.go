package chord

import (
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/bpe"
)

// TestOverrideKV: a file whose pre-tokenizer is not known opens with another one.
func TestOverrideKV(t *testing.T) {
	f := vocabFile(t, map[string]any{"model": "gpt2", "pre": "mine", "merges": []string{"a a"},
		"bos_token_id": uint32(1), "eos_token_id": uint32(2)})
	_, err := bpe.FromGGUF(f)
	if err == nil || !strings.Contains(err.Error(), "--override-kv tokenizer.ggml.pre=str:") {
		t.Fatalf("no hint: %v", err)
	}
	o := Options{OverrideKV: []string{"tokenizer.ggml.pre=str:qwen2", "tokenizer.ggml.add_bos_token=bool:true", "tokenizer.ggml.eos_token_id=int:1"}}
	if err := o.override(f); err != nil {
		t.Fatal(err)
	}
	v, err := bpe.FromGGUF(f)
	if err != nil || !v.AddBOS() || v.EOS() != 1 {
		t.Errorf("got %+v, %v", v, err)
	}
	if err := (Options{OverrideKV: []string{"a=int:1", "x"}}).override(f); err == nil || !strings.Contains(err.Error(), "OverrideKV[1]") {
		t.Errorf("got %v", err)
	}
}

// TestEmbedderVocab reads the keys of the vocabularies that embedders have.
func TestEmbedderVocab(t *testing.T) {
	for _, c := range []struct {
		name string
		kv   map[string]any
		text string
		want []int32
	}{
		{"bert", map[string]any{"model": "bert", "tokens": []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁a", "b"}, "scores": nil,
			"token_type": []int32{3, 3, 3, 3, 1, 1}, "unknown_token_id": uint32(1), "bos_token_id": uint32(2), "seperator_token_id": uint32(3)},
			"Áb a c", []int32{2, 4, 5, 4, 1, 3}},
		{"bert as it is", map[string]any{"model": "bert", "tokens": []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁a", "b"}, "scores": nil,
			"token_type": []int32{3, 3, 3, 3, 1, 1}, "unknown_token_id": uint32(1), "bos_token_id": uint32(2), "seperator_token_id": uint32(3),
			"normalizer.lowercase": false}, "Áb ab", []int32{2, 1, 4, 5, 3}},
		{"t5", map[string]any{"model": "t5", "add_space_prefix": true, "remove_extra_whitespaces": true, "unknown_token_id": uint32(0),
			"eos_token_id": uint32(2), "precompiled_charsmap": []uint8{0, 0, 0, 0, 0}}, "  a  a", []int32{5, 5, 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tok, err := bpe.FromGGUF(vocabFile(t, c.kv))
			if err != nil {
				t.Fatal(err)
			}
			if got := tok.Encode(nil, c.text, bpe.EncodeOptions{}); !slices.Equal(got, c.want) {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
	v, err := bpe.FromGGUF(vocabFile(t, map[string]any{"model": "t5", "precompiled_charsmap": []float32{1}}))
	if err == nil || !strings.Contains(err.Error(), "precompiled_charsmap") {
		t.Errorf("got %v, %v", v, err)
	}
}
