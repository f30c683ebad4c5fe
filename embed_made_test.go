package chord_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/quant"
)

// The shape of the made embedder.
const (
	bertDim, bertHidden, bertLayers, bertHeads, bertContext = 32, 48, 2, 4, 24
)

// bertTokens is its vocabulary: roles, words, and pieces within words.
var bertTokens = strings.Fields("[PAD] [UNK] [CLS] [SEP] [MASK] ▁a ▁cat ▁dog ▁sat ▁on ▁the ▁mat ▁run s ning ▁. ▁, ▁sleep er ▁cafe")

// bert writes an embedder with random weights.
func bert(t *testing.T, pooling uint32) []byte {
	t.Helper()
	kv := []gguf.KV{
		{Key: "general.architecture", Value: "bert"},
		{Key: "bert.embedding_length", Value: uint32(bertDim)},
		{Key: "bert.block_count", Value: uint32(bertLayers)},
		{Key: "bert.feed_forward_length", Value: uint32(bertHidden)},
		{Key: "bert.context_length", Value: uint32(bertContext)},
		{Key: "bert.attention.head_count", Value: uint32(bertHeads)},
		{Key: "bert.attention.layer_norm_epsilon", Value: float32(1e-12)},
		{Key: "bert.attention.causal", Value: false},
		{Key: "bert.pooling_type", Value: pooling},
		{Key: "tokenizer.ggml.model", Value: "bert"},
		{Key: "tokenizer.ggml.tokens", Value: bertTokens},
		{Key: "tokenizer.ggml.token_type_count", Value: uint32(2)},
		{Key: "tokenizer.ggml.unknown_token_id", Value: uint32(1)},
		{Key: "tokenizer.ggml.cls_token_id", Value: uint32(2)},
		{Key: "tokenizer.ggml.bos_token_id", Value: uint32(2)},
		{Key: "tokenizer.ggml.seperator_token_id", Value: uint32(3)},
		{Key: "tokenizer.ggml.padding_token_id", Value: uint32(0)},
		{Key: "tokenizer.ggml.mask_token_id", Value: uint32(4)},
	}
	types := make([]int32, len(bertTokens))
	for i := range types {
		types[i] = 1 // normal
		if strings.HasPrefix(bertTokens[i], "[") {
			types[i] = 3 // control
		}
	}
	kv = append(kv, gguf.KV{Key: "tokenizer.ggml.token_type", Value: types})
	var b bytes.Buffer
	if err := gguf.Write(&b, kv, bertTensors()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bertTensors returns the weights: norms around 1, the rest around 0.
func bertTensors() (all []gguf.WriteTensor) {
	r := rand.New(rand.NewPCG(7, 1))
	add := func(name string, mean, spread float64, shape ...uint64) {
		n := uint64(1)
		for _, d := range shape {
			n *= d
		}
		x := make([]byte, 0, 4*n)
		for range n {
			x = binary.LittleEndian.AppendUint32(x, math.Float32bits(float32(mean+spread*r.NormFloat64())))
		}
		all = append(all, gguf.WriteTensor{Name: name, Type: quant.F32, Shape: shape,
			Data: func(w io.Writer) error { _, err := w.Write(x); return err }})
	}
	norm := func(name string) {
		add(name+".weight", 1, 0.2, bertDim)
		add(name+".bias", 0, 0.2, bertDim)
	}
	linear := func(name string, in, out uint64) {
		add(name+".weight", 0, 0.3, in, out)
		add(name+".bias", 0, 0.2, out)
	}
	add("token_embd.weight", 0, 1, bertDim, uint64(len(bertTokens)))
	add("position_embd.weight", 0, 0.5, bertDim, bertContext)
	add("token_types.weight", 0, 0.5, bertDim, 2)
	norm("token_embd_norm")
	for i := range bertLayers {
		blk := fmt.Sprintf("blk.%d.", i)
		for _, n := range []string{"attn_q", "attn_k", "attn_v", "attn_output"} {
			linear(blk+n, bertDim, bertDim)
		}
		linear(blk+"ffn_up", bertDim, bertHidden)
		linear(blk+"ffn_down", bertHidden, bertDim)
		norm(blk + "attn_output_norm")
		norm(blk + "layer_output_norm")
	}
	return all
}

// openBert opens the made embedder.
func openBert(t *testing.T, pooling uint32) *chord.Model {
	t.Helper()
	b := bert(t, pooling)
	if name := os.Getenv("CHORD_MADE_BERT"); name != "" { // for llama-embedding
		if err := os.WriteFile(name, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	m, err := chord.OpenReaderAt(bytes.NewReader(b), int64(len(b)), chord.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}
