package llama

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/tales"
)

// mappedTales returns a mapped file with the embedded model.
func mappedTales(t *testing.T) *gguf.File {
	t.Helper()
	data, err := tales.FS.ReadFile(tales.Name)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), tales.Name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// logitsOf returns the logits of the last of some tokens, in one batch.
func logitsOf(t *testing.T, m *Model) []float32 {
	t.Helper()
	cache := m.NewCache(0)
	defer cache.Close()
	s := cache.NewSeq("")
	batch := make([]Token, 40)
	for i := range batch {
		batch[i] = Token{Seq: s, ID: int32(300 + 7*i)}
	}
	batch[len(batch)-1].Out = OutLogits
	var out Output
	if err := m.Forward(t.Context(), batch, &out); err != nil {
		t.Fatal(err)
	}
	return out.Row(len(batch) - 1)
}

// TestLargerThanMemory requires that a model larger than the available memory is
// repacked in part, stays within its budget and has the same logits.
func TestLargerThanMemory(t *testing.T) {
	f := mappedTales(t)
	if !f.Mapped() {
		t.Skip("this system does not map files")
	}
	defer func() { availableMemory = systemMemory }()
	var want []float32
	for _, c := range []struct {
		name     string
		memory   int64
		known    bool
		noRepack bool
		most     int64 // most bytes repacked
		all      bool  // every matrix is repacked
	}{
		{"plenty", math.MaxInt64, true, false, math.MaxInt64, true},
		{"unknown", 0, false, false, math.MaxInt64, true},
		{"a third", 1 << 20, true, false, 1 << 19, false},
		{"none", 0, true, false, 0, false},
		{"not wanted", math.MaxInt64, true, true, 0, false},
	} {
		availableMemory = func() (int64, bool) { return c.memory, c.known }
		m, err := Load(f, Options{Threads: 2, NoRepack: c.noRepack})
		if err != nil {
			t.Fatal(err)
		}
		packed := int64(0)
		for _, b := range m.weights.arena.blocks {
			packed += int64(len(b))
		}
		packed -= int64(len(m.weights.arena.slab)) // unused
		if packed > c.most || c.all != (packed >= m.Bytes()) || c.most > 0 && packed == 0 {
			t.Errorf("%s: %d bytes of %d repacked, want at most %d", c.name, packed, m.Bytes(), c.most)
		}
		got := logitsOf(t, m)
		if want == nil {
			want = append(want, got...)
		}
		for i := range want {
			if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
				t.Fatalf("%s: logit %d: got %g, want %g", c.name, i, got[i], want[i])
			}
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

var systemMemory = availableMemory
