package llama_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/quant"
)

// A file has the keys and tensors of a GGUF file to write.
type file struct {
	kv      []gguf.KV
	tensors []tensor
}

// A tensor is a tensor of a file. Its content is data, or else x in type typ, or
// else zeros, if quant cannot write typ.
type tensor struct {
	name  string
	typ   quant.Type
	shape []uint64
	x     []float32
	data  []byte
}

// The shape of the model tiny.
const (
	tinyDim, tinyHidden, tinyLayers, tinyVocab = 24, 20, 2, 11
	tinyHeads, tinyKVHeads, tinyHeadDim        = 4, 2, 6
)

// tiny returns a small valid model with random weights, without optional keys and
// tensors.
func tiny() *file {
	f := &file{kv: []gguf.KV{
		{Key: "general.architecture", Value: "llama"},
		{Key: "llama.embedding_length", Value: uint32(tinyDim)},
		{Key: "llama.block_count", Value: uint32(tinyLayers)},
		{Key: "llama.feed_forward_length", Value: uint32(tinyHidden)},
		{Key: "llama.context_length", Value: uint32(64)},
		{Key: "llama.attention.head_count", Value: uint32(tinyHeads)},
		{Key: "llama.attention.head_count_kv", Value: uint32(tinyKVHeads)},
		{Key: "llama.attention.layer_norm_rms_epsilon", Value: float32(1e-5)},
		{Key: "llama.vocab_size", Value: uint32(tinyVocab)},
	}}
	f.add("token_embd.weight", tinyDim, tinyVocab)
	f.add("output_norm.weight", tinyDim)
	for _, blk := range []string{"blk.0.", "blk.1."} {
		f.add(blk+"attn_norm.weight", tinyDim)
		f.add(blk+"attn_q.weight", tinyDim, tinyHeads*tinyHeadDim)
		f.add(blk+"attn_k.weight", tinyDim, tinyKVHeads*tinyHeadDim)
		f.add(blk+"attn_v.weight", tinyDim, tinyKVHeads*tinyHeadDim)
		f.add(blk+"attn_output.weight", tinyHeads*tinyHeadDim, tinyDim)
		f.add(blk+"ffn_norm.weight", tinyDim)
		f.add(blk+"ffn_gate.weight", tinyDim, tinyHidden)
		f.add(blk+"ffn_up.weight", tinyDim, tinyHidden)
		f.add(blk+"ffn_down.weight", tinyHidden, tinyDim)
	}
	return f
}

// biases adds all optional biases.
func (f *file) biases() {
	for _, blk := range []string{"blk.0.", "blk.1."} {
		f.add(blk+"attn_q.bias", tinyHeads*tinyHeadDim)
		f.add(blk+"attn_k.bias", tinyKVHeads*tinyHeadDim)
		f.add(blk+"attn_v.bias", tinyKVHeads*tinyHeadDim)
		f.add(blk+"attn_output.bias", tinyDim)
		f.add(blk+"ffn_gate.bias", tinyHidden)
		f.add(blk+"ffn_up.bias", tinyHidden)
		f.add(blk+"ffn_down.bias", tinyDim)
	}
}

// set sets the value of key; nil removes the key.
func (f *file) set(key string, value any) {
	i := slices.IndexFunc(f.kv, func(kv gguf.KV) bool { return kv.Key == key })
	switch {
	case value == nil:
		f.kv = slices.Delete(f.kv, i, i+1)
	case i < 0:
		f.kv = append(f.kv, gguf.KV{Key: key, Value: value})
	default:
		f.kv[i].Value = value
	}
}

// add appends a tensor of random elements, which depend on its index.
func (f *file) add(name string, shape ...uint64) *tensor {
	r := rand.New(rand.NewPCG(1, uint64(len(f.tensors))))
	n := uint64(1)
	for _, d := range shape {
		n *= d
	}
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64()) / 2
		if len(shape) == 1 {
			x[i]++
		}
	}
	f.tensors = append(f.tensors, tensor{name: name, typ: quant.F32, shape: shape, x: x})
	return &f.tensors[len(f.tensors)-1]
}

// remove drops the named tensors.
func (f *file) remove(names ...string) {
	f.tensors = slices.DeleteFunc(f.tensors, func(t tensor) bool { return slices.Contains(names, t.name) })
}

// at returns the tensor called name, nil if there is none.
func (f *file) at(name string) *tensor {
	i := slices.IndexFunc(f.tensors, func(t tensor) bool { return t.name == name })
	if i < 0 {
		return nil
	}
	return &f.tensors[i]
}

// open writes f and opens it.
func (f *file) open(t testing.TB) *gguf.File {
	t.Helper()
	b := f.bytes(t)
	g, err := gguf.OpenReaderAt(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// bytes writes f.
func (f *file) bytes(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	var tensors []gguf.WriteTensor
	for _, w := range f.tensors {
		tensors = append(tensors, gguf.WriteTensor{Name: w.name, Type: w.typ, Shape: w.shape, Data: w.write})
	}
	if err := gguf.Write(&b, f.kv, tensors); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// write writes the elements of t.
func (t tensor) write(w io.Writer) error {
	if t.data != nil {
		_, err := w.Write(t.data)
		return err
	}
	if t.typ == quant.F32 {
		return binary.Write(w, binary.LittleEndian, t.x)
	}
	n, err := t.typ.RowBytes(int(t.shape[0]))
	if err != nil {
		return err
	}
	for _, d := range t.shape[1:] {
		n *= int(d)
	}
	b := make([]byte, n)
	if quant.CanQuantize(t.typ) {
		quant.Quantize(b, t.typ, t.x)
	}
	_, err = w.Write(b)
	return err
}

// load loads f and closes the model at the end of the test.
func (f *file) load(t testing.TB, o llama.Options) *model {
	t.Helper()
	m, err := loadModel(f.open(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}
