package openapi

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/synth"
	"github.com/querent-ai/chord/quant"
)

// adapters are two adapters of random weights for a model, with its file.
func adapters(t *testing.T, file []byte, m *chord.Model) (list []chord.AdapterScale) {
	t.Helper()
	f, err := gguf.OpenReaderAt(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(2) {
		var b bytes.Buffer
		if err := synth.WriteAdapter(&b, f, synth.AdapterOptions{Rank: 4, Type: quant.F16, Seed: seed, Size: 0.01}); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "adapter.gguf")
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		a, err := m.LoadAdapter(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { a.Close() })
		list = append(list, chord.AdapterScale{Adapter: a})
	}
	return list
}

// reranker returns the file of a model with a classification head.
func reranker(t *testing.T, file []byte) []byte {
	t.Helper()
	f, err := gguf.OpenReaderAt(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	dim, _, err := f.Int("llama.embedding_length")
	if err != nil {
		t.Fatal(err)
	}
	var head []byte
	for i := range dim {
		head = binary.LittleEndian.AppendUint32(head, math.Float32bits(float32(i%7-3)/16))
	}
	data := func(b []byte) func(io.Writer) error {
		return func(w io.Writer) error { _, err := w.Write(b); return err }
	}
	tensors := []gguf.WriteTensor{{Name: "cls.output.weight", Type: quant.F32, Shape: []uint64{uint64(dim), 1}, Data: data(head)}}
	for i := range f.Tensors {
		x := &f.Tensors[i]
		b, err := f.Data(x)
		if err != nil {
			t.Fatal(err)
		}
		tensors = append(tensors, gguf.WriteTensor{Name: x.Name, Type: x.Type, Shape: x.Shape, Data: data(b)})
	}
	var b bytes.Buffer
	if err := gguf.Write(&b, append(slices.Clip(f.KV), gguf.KV{Key: "llama.pooling_type", Value: uint32(4)}), tensors); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
