package gates

import (
	"bytes"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/synth"
	"github.com/querent-ai/chord/llama"
)

// vocab is the size of the vocabulary of all models here.
const vocab = 256

// attention reads a prompt of n tokens with 32 query heads of 64 elements over
// kvHeads heads of keys and values: causal attention among n positions. The model
// has one layer and a residual stream of 32, so that attention takes nearly all of
// the time, however the engine computes it.
func attention(n, kvHeads int) func(b *testing.B) {
	return func(b *testing.B) {
		prompt(b, n, synth.Shape{Dim: 32, HiddenDim: 32, Layers: 1, Heads: 32, KVHeads: kvHeads, HeadDim: 64,
			Context: 512, RopeBase: 10000, NormEps: 1e-5})
	}
}

// forward is the forward pass of one token in a model of 4 layers.
func forward(b *testing.B) {
	prompt(b, 1, synth.Shape{Dim: 128, HiddenDim: 384, Layers: 4, Heads: 4, KVHeads: 2, HeadDim: 32,
		Context: 128, RopeBase: 10000, NormEps: 1e-5})
}

// prompt reads n tokens into an empty sequence of a model of shape s and computes
// the logits of all.
func prompt(b *testing.B, n int, s synth.Shape) {
	m := model(b, s)
	cache := m.NewCache(0)
	defer cache.Close()
	seq := cache.NewSeq("")
	var out llama.Output
	batch := make([]llama.Token, n)
	for i := range batch {
		// In the last layer only tokens with logits take part in attention.
		batch[i] = llama.Token{Seq: seq, ID: int32(i) % vocab, Out: llama.OutLogits}
	}
	pass := func() {
		seq.Rewind(0)
		if err := m.Forward(b.Context(), batch, &out); err != nil {
			b.Fatal(err)
		}
	}
	pass() // makes its buffers, which takes longer than some passes
	for b.Loop() {
		pass()
	}
}

// model returns a model of shape s with a vocabulary of vocab tokens and random
// weights in Q4_0, on one thread.
func model(b *testing.B, s synth.Shape) *llama.Model {
	var whole bytes.Buffer
	s.Vocab = 512
	if err := synth.Write(b.Context(), &whole, s, synth.Options{Type: "Q4_0", Seed: 1}); err != nil {
		b.Fatal(err)
	}
	file := vocabulary(b, whole.Bytes(), vocab)
	f, err := gguf.OpenReaderAt(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		b.Fatal(err)
	}
	m, err := llama.Load(f, llama.Options{Threads: 1})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		m.Close()
		f.Close()
	})
	return m
}
