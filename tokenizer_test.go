package chord

import (
	"bytes"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/fixtures"
)

// vocabFile is a file with the keys of kv, those of a small vocabulary where kv has none.
func vocabFile(t *testing.T, kv map[string]any) *gguf.File {
	t.Helper()
	all := map[string]any{
		"tokenizer.ggml.model":      "llama",
		"tokenizer.ggml.tokens":     []string{"<unk>", "<s>", "</s>", "▁", "a", "▁a"},
		"tokenizer.ggml.scores":     []float32{0, 0, 0, -1, -2, -3},
		"tokenizer.ggml.token_type": []int32{2, 3, 3, 1, 1, 1},
	}
	for key, v := range kv {
		if !strings.HasPrefix(key, "tokenizer.") {
			key = "tokenizer.ggml." + key
		}
		all[key] = v
	}
	var list []gguf.KV
	for key, v := range all {
		if v != nil {
			list = append(list, gguf.KV{Key: key, Value: v})
		}
	}
	var b bytes.Buffer
	if err := gguf.Write(&b, list, nil); err != nil {
		t.Fatal(err)
	}
	f, err := gguf.OpenReaderAt(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestVocabOf(t *testing.T) {
	for _, c := range []struct {
		name string
		kv   map[string]any
		want []int32 // of "aa"
	}{
		{"defaults", nil, []int32{1, 5, 4}},
		{"ids", map[string]any{"bos_token_id": uint32(2), "eos_token_id": uint32(1), "add_eos_token": true}, []int32{2, 5, 4, 1}},
		{"no BOS", map[string]any{"add_bos_token": false}, []int32{5, 4}},
		{"no space", map[string]any{"add_space_prefix": false}, []int32{1, 4, 4}},
		{"none is the default", map[string]any{"bos_token_id": uint32(0xFFFFFFFF), "padding_token_id": uint32(0xFFFFFFFF)}, []int32{1, 5, 4}},
		{"no scores", map[string]any{"scores": nil, "token_type": nil}, []int32{1, 5, 4}},
		{"bytes", map[string]any{"model": "gpt2", "merges": []string{"a a"}, "pre": "llama-bpe", "bos_token_id": uint8(1)}, []int32{1, 4, 4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tok, err := bpe.FromGGUF(vocabFile(t, c.kv))
			if err != nil {
				t.Fatal(err)
			}
			if got := tok.Encode(nil, "aa", bpe.EncodeOptions{}); !slices.Equal(got, c.want) {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}

func TestVocabOfErrors(t *testing.T) {
	for _, c := range []struct {
		name string
		kv   map[string]any
		want string
	}{
		{"no model", map[string]any{"model": nil}, "tokenizer.ggml.model"},
		{"model is a number", map[string]any{"model": uint32(1)}, "tokenizer.ggml.model"},
		{"model unknown", map[string]any{"model": "hybriddna"}, "tokenizer.ggml.model"},
		{"no tokens", map[string]any{"tokens": nil}, "tokenizer.ggml.tokens"},
		{"tokens are numbers", map[string]any{"tokens": []int32{1}}, "tokenizer.ggml.tokens"},
		{"scores of bytes", map[string]any{"scores": []uint8{1, 2, 3, 4, 5, 6}}, "tokenizer.ggml.scores"},
		{"scores too few", map[string]any{"scores": []float32{1}}, "tokenizer.ggml.scores"},
		{"types of floats", map[string]any{"token_type": []float32{1, 1, 1, 1, 1, 1}}, "tokenizer.ggml.token_type"},
		{"types too many", map[string]any{"token_type": make([]int32, 7)}, "tokenizer.ggml.token_type"},
		{"BOS outside", map[string]any{"bos_token_id": uint32(6)}, "tokenizer.ggml.bos_token_id"},
		{"EOS negative", map[string]any{"eos_token_id": int32(-7)}, "tokenizer.ggml.eos_token_id"},
		{"EOT a string", map[string]any{"eot_token_id": "x"}, "tokenizer.ggml.eot_token_id"},
		{"end outside", map[string]any{"eos_token_ids": []int32{1, 6}}, "tokenizer.ggml.eos_token_ids[1]"},
		{"ends are texts", map[string]any{"eos_token_ids": []string{"x"}}, "tokenizer.ggml.eos_token_ids"},
		{"suffix outside", map[string]any{"suffix_token_id": uint64(1 << 40)}, "tokenizer.ggml.suffix_token_id"},
		{"flag a number", map[string]any{"add_bos_token": uint8(1)}, "tokenizer.ggml.add_bos_token"},
		{"no merges", map[string]any{"model": "gpt2"}, "tokenizer.ggml.merges"},
		{"pre unknown", map[string]any{"model": "gpt2", "pre": "my-bpe"}, "tokenizer.ggml.pre"},
		{"default BOS outside", map[string]any{"model": "gpt2", "merges": []string{"a a"}, "add_bos_token": true}, "tokenizer.ggml.bos_token_id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := bpe.FromGGUF(vocabFile(t, c.kv))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s in it", err, c.want)
			}
		})
	}
}

func TestOpenTokenizer(t *testing.T) {
	tok, err := OpenTokenizer(filepath.Join("tales", "chord-tales-q4_0.gguf"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	ids := tok.Encode(nil, "Once upon a time", bpe.EncodeOptions{NoBOS: true})
	if want := []int32{686, 533, 258, 464}; !slices.Equal(ids, want) {
		t.Errorf("got %d, want %d", ids, want)
	}
	if _, err := OpenTokenizer(filepath.Join(t.TempDir(), "none.gguf"), Options{}); err == nil {
		t.Error("no file, no error")
	}
}

// Errors about a vocabulary name the file.
func TestVocabularyErrorsNameTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.gguf")
	var b bytes.Buffer
	if err := gguf.Write(&b, []gguf.KV{{Key: "tokenizer.ggml.model", Value: "hybriddna"}}, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	_, tokErr := OpenTokenizer(path, Options{})
	_, chatErr := OpenChatTemplate(path, Options{})
	_, modelErr := Open(path, Options{})
	for _, err := range []error{tokErr, chatErr, modelErr} {
		if err == nil || strings.Count(err.Error(), "none.gguf") != 1 {
			t.Errorf("got %v, want the file's name in it once", err)
		}
	}
}

// TestOpenTokenizerOfVocabularies opens files that have a vocabulary only.
func TestOpenTokenizerOfVocabularies(t *testing.T) {
	for _, name := range fixtures.Names(t, "vocab/*.gguf") {
		t.Run(path.Base(name), func(t *testing.T) {
			tok, err := OpenTokenizer(fixtures.Path(t, name), Options{})
			if err != nil {
				t.Fatal(err)
			}
			ids := tok.Encode(nil, "Hello, world", bpe.EncodeOptions{NoBOS: true})
			if got := tok.Decode(ids, bpe.DecodeOptions{}); got != "Hello, world" {
				t.Errorf("got %q", got)
			}
		})
	}
}
