package gguf

import (
	"bytes"
	"fmt"
	"path"
	"testing"

	"github.com/querent-ai/chord/internal/fixtures"
)

// llama3Vocab is a file as large as Llama 3's vocabulary: 128256 tokens of 7
// bytes, their types, and 280147 merges of 9 bytes.
func llama3Vocab(t testing.TB) []byte {
	tokens, types, merges := make([]string, 128256), make([]int32, 128256), make([]string, 280147)
	for i := range tokens {
		tokens[i], types[i] = fmt.Sprintf("t%06d", i), 1
	}
	for i := range merges {
		merges[i] = fmt.Sprintf("m%03d %04d", i/1000, i%1000)
	}
	return mustWrite(t, []KV{
		{"general.architecture", "llama"},
		{"tokenizer.ggml.tokens", tokens}, {"tokenizer.ggml.token_type", types}, {"tokenizer.ggml.merges", merges},
	}, nil)
}

// BenchmarkOpen opens files whose bytes are in memory: cache=ram.
func BenchmarkOpen(b *testing.B) {
	for name, file := range map[string][]byte{
		"minimal": mustWrite(b, []KV{{"general.architecture", "llama"}}, nil),
		"vocab":   llama3Vocab(b),
	} {
		b.Run("file="+name, func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			for b.Loop() {
				f, err := readBytes(file)
				if err != nil {
					b.Fatal(err)
				}
				if err := f.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkOpenPath opens files by path, mapped, from the page cache.
func BenchmarkOpenPath(b *testing.B) {
	for _, name := range []string{"models/chord-tales-q4_0.gguf", "vocab/ggml-vocab-deepseek-llm.gguf"} {
		b.Run("file="+path.Base(name), func(b *testing.B) {
			file := fixtures.Path(b, name)
			b.ReportAllocs()
			for b.Loop() {
				f, err := Open(file)
				if err != nil {
					b.Fatal(err)
				}
				if err := f.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A vocabulary of 400 000 strings costs a few allocations, not one each.
func TestLargeVocabularyIsCheap(t *testing.T) {
	file := llama3Vocab(t)
	n := testing.AllocsPerRun(3, func() {
		f, err := OpenReaderAt(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		if v, ok, err := f.Strs("tokenizer.ggml.merges"); err != nil || !ok || v[280146] != "m280 0146" {
			t.Fatal("wrong merges", ok, err)
		}
	})
	if n > 100 {
		t.Errorf("%v allocations", n)
	}
}
