package bpe

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
)

// vocabFile returns a GGUF file with a small SentencePiece vocabulary and the keys
// more.
func vocabFile(t *testing.T, more ...gguf.KV) *gguf.File {
	t.Helper()
	kv := append([]gguf.KV{
		{Key: "tokenizer.ggml.model", Value: "llama"},
		{Key: "tokenizer.ggml.tokens", Value: []string{"<unk>", "<s>", "</s>", "▁", "a", "▁a"}},
		{Key: "tokenizer.ggml.token_type", Value: []int32{2, 3, 3, 1, 1, 1}},
	}, more...)
	var b bytes.Buffer
	if err := gguf.Write(&b, kv, nil); err != nil {
		t.Fatal(err)
	}
	f, err := gguf.OpenReaderAt(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestRoleKeys requires that the key of every role sets the role, and that the
// error about a wrong id names the key.
func TestRoleKeys(t *testing.T) {
	var v vocab
	for i, r := range v.roles() {
		got, err := vocabOf(vocabFile(t, gguf.KV{Key: r.key(), Value: uint32(5)}))
		if err != nil {
			t.Fatal(err)
		}
		if id := *got.roles()[i].id; id != 5 {
			t.Errorf("%s: %d", r.key(), id)
		}
		if _, err := FromGGUF(vocabFile(t, gguf.KV{Key: r.key(), Value: uint32(6)})); err == nil || !strings.Contains(err.Error(), r.key()) {
			t.Errorf("%s: got %v", r.key(), err)
		}
		*r.id = 9
		v.Model, v.Tokens = "llama", []string{"a"}
		if err := v.check(); err == nil || !strings.Contains(err.Error(), r.key()) {
			t.Errorf("%s: got %v", r.key(), err)
		}
		*r.id = 0
	}
}

func TestSuppressed(t *testing.T) {
	const key = "tokenizer.ggml.suppress_tokens"
	tok, err := FromGGUF(vocabFile(t, gguf.KV{Key: key, Value: []int32{4, -1, 6, 3}}))
	if err != nil {
		t.Fatal(err)
	}
	if got := tok.Suppressed(); !slices.Equal(got, []int32{4, 3}) {
		t.Errorf("got %d", got)
	}
	if _, err := FromGGUF(vocabFile(t, gguf.KV{Key: key, Value: "all"})); err == nil || !strings.Contains(err.Error(), key) {
		t.Errorf("got %v", err)
	}
}
