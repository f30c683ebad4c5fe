package llama_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/quant"
	"github.com/querent-ai/chord/tales"
)

// pack returns the embedded model, packed.
func pack(t *testing.T) []byte {
	t.Helper()
	f, err := gguf.OpenFS(tales.FS, tales.Name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b bytes.Buffer
	if err := llama.Pack(&b, f, 2); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(t testing.TB, data []byte) *gguf.File {
	t.Helper()
	f, err := gguf.OpenReaderAt(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// TestPack requires that every matrix is interleaved, no other tensor, and that
// the logits are the same.
func TestPack(t *testing.T) {
	f := open(t, pack(t))
	for i := range f.Tensors {
		tensor := &f.Tensors[i]
		if _, x := tensor.Type.Base(); x != (len(tensor.Shape) == 2) {
			t.Errorf("tensor %s of shape %d has type %v", tensor.Name, tensor.Shape, tensor.Type)
		}
	}
	m, err := loadModel(f, llama.Options{Threads: 2, Context: 600})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	ids := talesPrompt()
	want := all(t, openTales(t, llama.Options{Threads: 1, Context: 600}), ids)
	for i, logits := range all(t, m, ids) {
		same(t, i, logits, want[i])
	}
}

func TestPackRefuses(t *testing.T) {
	packed := pack(t)
	if err := llama.Pack(&bytes.Buffer{}, open(t, packed), 1); !errors.Is(err, gguf.ErrFormat) {
		t.Errorf("packing twice: got %v", err)
	}
	// The version is a UINT32 after its key and its type.
	key := []byte("chord.layout_version")
	at := bytes.Index(packed, key) + len(key) + 4
	other := bytes.Clone(packed)
	other[at] = 200
	if _, err := loadModel(open(t, other), llama.Options{}); !errors.Is(err, llama.ErrUnsupported) || !strings.Contains(err.Error(), "200") {
		t.Errorf("another version: got %v", err)
	}
	missing := bytes.Clone(packed)
	missing[at-5] = 'm' // changes the key
	if _, err := loadModel(open(t, missing), llama.Options{}); !errors.Is(err, gguf.ErrFormat) || !strings.Contains(err.Error(), quant.Q4_0.X16().String()) {
		t.Errorf("no version: got %v", err)
	}
}
