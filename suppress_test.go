package chord_test

import (
	"bytes"
	"io"
	"slices"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/tales"
)

// withKey returns the embedded model's file with one more key.
func withKey(t *testing.T, kv gguf.KV) *bytes.Reader {
	t.Helper()
	f, err := gguf.OpenFS(tales.FS, tales.Name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var tensors []gguf.WriteTensor
	for i := range f.Tensors {
		w := &f.Tensors[i]
		tensors = append(tensors, gguf.WriteTensor{Name: w.Name, Type: w.Type, Shape: w.Shape, Data: func(to io.Writer) error {
			_, err := io.Copy(to, f.Reader(w))
			return err
		}})
	}
	var b bytes.Buffer
	if err := gguf.Write(&b, append(slices.Clone(f.KV), kv), tensors); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b.Bytes())
}

// Tokens that the file suppresses are never sampled, whatever else is asked.
func TestSuppressTokens(t *testing.T) {
	p := chord.Params{MaxTokens: 20, Temperature: chord.Greedy}
	free, _, err := generate(story(t), p)
	if err != nil {
		t.Fatal(err)
	}
	r := withKey(t, gguf.KV{Key: "tokenizer.ggml.suppress_tokens", Value: []int32{free[3].ID, -1, 1 << 30, free[0].ID}})
	m, err := chord.OpenReaderAt(r, r.Size(), chord.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for _, ignore := range []bool{false, true} {
		p.IgnoreEOS = ignore
		p.LogitBias = map[int32]float32{free[0].ID: 100}
		tokens, _, err := generate(m, p)
		if err != nil {
			t.Fatal(err)
		}
		for i, id := range ids(tokens) {
			if id == free[0].ID || id == free[3].ID {
				t.Errorf("IgnoreEOS %v: token %d is %d, which is suppressed", ignore, i, id)
			}
		}
	}
	r = withKey(t, gguf.KV{Key: "tokenizer.ggml.suppress_tokens", Value: "all"})
	if _, err := chord.OpenReaderAt(r, r.Size(), chord.Options{}); err == nil {
		t.Error("a text instead of a list is no error")
	}
}
