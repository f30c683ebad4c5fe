package llama_test

import (
	"bytes"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/llama"
)

// TestEveryByte changes every byte of a model with all optional parts in three
// ways. Each file must give an error or the logits of two tokens, never a panic.
// Every 61st byte of the weights is enough, since they are only numbers.
func TestEveryByte(t *testing.T) {
	f := tiny()
	f.biases()
	f.set("llama.attention.key_length", uint32(tinyHeadDim))
	f.set("llama.attention.value_length", uint32(tinyHeadDim))
	f.set("llama.rope.dimension_count", uint32(tinyHeadDim))
	f.set("llama.rope.freq_base", float32(10000))
	f.set("llama.rope.scaling.type", "linear")
	f.set("llama.rope.scaling.factor", float32(2))
	f.set("llama.expert_count", uint32(0))
	copy(f.add("rope_freqs.weight", 3).x, []float32{1, 2, 3})
	whole := f.bytes(t)
	data := int(f.open(t).Parts[0].DataOffset)
	loaded := 0
	for i := 0; i < len(whole); i++ {
		if i >= data {
			i += 60
		}
		for _, change := range []byte{0x01, 0x80, 0xff} {
			b := bytes.Clone(whole)
			b[i%len(b)] ^= change
			if runs(t, b) {
				loaded++
			}
		}
	}
	t.Logf("%d of the changed files loaded", loaded)
}

// TestSyntheticHostile changes bytes of the headers of all families.
func TestSyntheticHostile(t *testing.T) {
	for _, syn := range synthetics {
		f := syn.file()
		whole := f.bytes(t)
		data := int(f.open(t).Parts[0].DataOffset)
		step := 7
		if testing.Short() {
			step = 61
		}
		for i := 0; i < data; i += step {
			b := bytes.Clone(whole)
			b[i] ^= 0x81
			runs(t, b)
		}
	}
}

// runs reports whether the file loads, and computes two tokens if so.
func runs(t *testing.T, b []byte) bool {
	g, err := gguf.OpenReaderAt(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return false
	}
	m, err := loadModel(g, llama.Options{Threads: 1})
	if err != nil {
		return false
	}
	defer m.Close()
	s := m.NewSeq()
	defer s.Close()
	for id := range min(m.Context(), 2) {
		if c := m.Config(); c.Embedder() {
			s.Rewind(0)
		}
		if err := m.Forward(t.Context(), []llama.Token{{Seq: s, ID: int32(id), Out: llama.OutLogits}}); err != nil {
			t.Error(err)
		}
	}
	return true
}
