package chord_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/tales"
)

// A model whose logits are no numbers is an error, not a text of token 0.
func TestBrokenWeights(t *testing.T) {
	f, err := gguf.OpenFS(tales.FS, tales.Name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var tensors []gguf.WriteTensor
	for i := range f.Tensors {
		w := &f.Tensors[i]
		tensors = append(tensors, gguf.WriteTensor{Name: w.Name, Type: w.Type, Shape: w.Shape, Data: func(to io.Writer) error {
			if w.Name != "output_norm.weight" {
				_, err := io.Copy(to, f.Reader(w))
				return err
			}
			nan := math.Float32bits(float32(math.NaN()))
			_, err := to.Write(bytes.Repeat([]byte{byte(nan), byte(nan >> 8), byte(nan >> 16), byte(nan >> 24)}, int(w.Size)/4))
			return err
		}})
	}
	var b bytes.Buffer
	if err := gguf.Write(&b, f.KV, tensors); err != nil {
		t.Fatal(err)
	}
	m, err := chord.OpenReaderAt(bytes.NewReader(b.Bytes()), int64(b.Len()), chord.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for _, p := range []chord.Params{{MaxTokens: 3}, {MaxTokens: 3, Temperature: chord.Greedy}} {
		if r, err := m.Complete(t.Context(), prompt, p); err == nil || !strings.Contains(err.Error(), "no numbers") || r.Generated != 0 {
			t.Errorf("got %+v, %v", r, err)
		}
	}
	if s, err := m.Score(t.Context(), prompt, []string{" a"}); err == nil {
		t.Errorf("scores %v of no numbers", s)
	}
	if _, err := m.Embed(t.Context(), []string{"a"}, chord.EmbedOptions{}); err == nil {
		t.Error("a vector of no numbers")
	}
}

// Files that are something else than a model say what they are.
func TestOtherFiles(t *testing.T) {
	for want, kv := range map[string][]gguf.KV{
		"LoRA adapter":         {{Key: "general.type", Value: "adapter"}, {Key: "general.architecture", Value: "llama"}},
		"multimodal projector": {{Key: "general.architecture", Value: "clip"}},
	} {
		var b bytes.Buffer
		if err := gguf.Write(&b, kv, nil); err != nil {
			t.Fatal(err)
		}
		_, err := chord.OpenReaderAt(bytes.NewReader(b.Bytes()), int64(b.Len()), chord.Options{})
		if !errors.Is(err, chord.ErrUnsupported) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
