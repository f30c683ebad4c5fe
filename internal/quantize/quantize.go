// Package quantize quantises GGUF models: it chooses the type of every tensor as
// llama-quantize does and writes the new file.
package quantize

import (
	"fmt"
	"regexp"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/quant"
)

// Options for quantising a model. The zero value of every field but Mix is
// llama-quantize's default.
type Options struct {
	Mix         string       // name of the mix, such as "Q4_K_M"; see [Mixes]
	Pure        bool         // the mix's main type for all matrices
	KeepOutput  bool         // do not quantise output.weight
	OutputType  string       // type of output.weight, or of the embedding if it is the output too; "": by the mix
	EmbdType    string       // type of token_embd.weight; "": by the mix
	TensorTypes []TensorType // the first whose pattern matches a name decides
	Requantize  bool         // allow tensors that are already quantised
	Imatrix     *Imatrix     // importance of each column; nil: equal
	Override    []gguf.KV    // other keys to set
}

// A TensorType is a type for the tensors whose names a pattern matches.
type TensorType struct {
	Pattern *regexp.Regexp
	Type    quant.Type
}

// A Plan has the new type of every tensor of a file, in the file's order.
type Plan struct {
	Tensors   []Tensor
	Fallbacks int // tensors whose rows are not whole blocks of the type of the mix

	file    *gguf.File
	kv      []gguf.KV
	imatrix *Imatrix
}

// A Tensor is one tensor of a [Plan].
type Tensor struct {
	Name     string
	Shape    []uint64
	From, To quant.Type
	Before   int64 // bytes
	After    int64 // bytes

	source  *gguf.Tensor
	weights []float32 // of each column, expert after expert; nil: none
	deltas  []Delta   // to be added
}

// New returns the plan of quantising f.
//
// It returns an error for an unknown name of a mix or type, for types that cannot be
// read or written, for tensors that are already quantised unless o.Requantize, and
// if an importance matrix does not fit or is missing where one is needed.
func New(f *gguf.File, o Options) (*Plan, error) {
	m, err := mixOf(o.Mix)
	if err != nil {
		return nil, err
	}
	c, err := newChooser(f, m, o)
	if err != nil {
		return nil, err
	}
	p := &Plan{file: f, kv: keys(f, m, o), imatrix: o.Imatrix}
	types, err := c.types()
	if err != nil {
		return nil, err
	}
	for i := range f.Tensors {
		t, err := c.tensor(&f.Tensors[i], types[i])
		if err != nil {
			return nil, fmt.Errorf("quantize: tensor %q: %w", f.Tensors[i].Name, err)
		}
		p.Tensors = append(p.Tensors, t)
	}
	p.Fallbacks = c.fallbacks
	return p, nil
}

// tensor returns the plan for t, whose new type is typ.
func (c *chooser) tensor(t *gguf.Tensor, typ quant.Type) (Tensor, error) {
	out := Tensor{Name: t.Name, Shape: t.Shape, From: t.Type, To: typ, Before: t.Size, After: t.Size, source: t}
	if t.Type == typ {
		return out, nil
	}
	if !quant.CanDequantize(t.Type) {
		return out, fmt.Errorf("cannot read type %v", t.Type)
	}
	if !quant.CanQuantize(typ) {
		return out, fmt.Errorf("cannot write type %v", typ)
	}
	if quantised(t.Type) && !c.o.Requantize {
		return out, fmt.Errorf("already quantised, as %v; requantising loses accuracy and must be allowed", t.Type)
	}
	row, err := typ.RowBytes(int(t.Shape[0]))
	if err != nil {
		return out, err
	}
	out.After = t.Elems() / int64(t.Shape[0]) * int64(row)
	out.weights, err = c.weights(t, typ)
	return out, err
}

// weights returns the importance of t's columns.
func (c *chooser) weights(t *gguf.Tensor, typ quant.Type) ([]float32, error) {
	w, ok := c.o.Imatrix.Weights(t.Name)
	experts := uint64(1)
	if len(t.Shape) > 2 {
		experts = t.Shape[2]
	}
	switch {
	case !ok && c.needsImatrix(t.Name, typ):
		return nil, fmt.Errorf("%v needs an importance matrix here", typ)
	case !ok, uint64(len(w)) != t.Shape[0]*experts && embedding(t.Name):
		return nil, nil
	case uint64(len(w)) != t.Shape[0]*experts:
		return nil, fmt.Errorf("the importance matrix has %d values, want %d for %d columns and %d experts", len(w), t.Shape[0]*experts, t.Shape[0], experts)
	}
	return w, nil
}

// quantised reports whether t is a type with blocks.
func quantised(t quant.Type) bool { return t.BlockElems() > 1 }

// quantVersion is ggml's GGML_QNT_VERSION.
const quantVersion = 2

// keys returns the keys of the new file.
func keys(f *gguf.File, m mix, o Options) []gguf.KV {
	kv := gguf.WithoutSplit(f.KV)
	kv = set(kv, "general.quantization_version", uint32(quantVersion))
	kv = set(kv, "general.file_type", m.fileType)
	for _, e := range o.Imatrix.keys() {
		kv = set(kv, e.Key, e.Value)
	}
	for _, e := range o.Override {
		kv = set(kv, e.Key, e.Value)
	}
	return kv
}

// set returns kv with the value of key changed or added.
func set(kv []gguf.KV, key string, value any) []gguf.KV {
	for i := range kv {
		if kv[i].Key == key {
			kv[i].Value = value
			return kv
		}
	}
	return append(kv, gguf.KV{Key: key, Value: value})
}
