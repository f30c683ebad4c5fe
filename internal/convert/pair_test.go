package convert

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/quant"
)

// A pair is one model in two forms: GGUF, with names and keys written down in this
// test, and the Hugging Face folder with the same content.
type pair struct {
	arch    string
	kv      map[string]any // after "<arch>."
	tensors []hf           // with GGUF's names; slowest dimension first

	general map[string]any           // keys without the name of the architecture
	config  map[string]any           // config.json
	files   folder                   // beside it
	tidy    func(tensors []hf) []hf  // changes Hugging Face's tensors, or nil
	typ     string                   // Options.Type, "f32"
	loose   float64                  // the tolerance of logits, relative to the largest
	round   func(x float32) float32  // changes the weights of matrices, or nil
	fails   string                   // text in the error of convert, "" for none
	same    bool                     // the logits are those of the model without the option
	shapes  dims8                    // of the tensors
	layer   func(p *pair, layer int) // adds a layer's tensors
	whole   func(p *pair)            // adds the other tensors, or nil
}

// dims8 has the sizes and features of a model.
type dims8 struct {
	dim, hidden, layers, heads, kvHeads, headDim int
	untied                                       bool
}

const (
	pairVocab   = 259
	pairContext = 256
	pairExperts = 4
	pairUsed    = 2
)

// add adds a tensor of GGUF. Its numbers depend on its name only, so that
// options change no other tensor.
func (p *pair) add(name string, shape ...int) {
	h := fnv.New64a()
	io.WriteString(h, name)
	x := random(h.Sum64(), product(shape))
	for i := range x {
		switch {
		case strings.Contains(name, "norm") && strings.HasSuffix(name, ".weight"):
			x[i] = 1 + x[i]/8
		case len(shape) == 1 || strings.HasSuffix(name, ".bias"):
			x[i] /= 4
		default:
			x[i] /= 3
			if p.round != nil {
				x[i] = p.round(x[i])
			}
		}
	}
	p.tensors = append(p.tensors, hf{name: name, shape: shape, x: x})
}

// blk adds tensors of a layer.
func (p *pair) blk(layer int, name string, shape ...int) {
	if !strings.Contains(name, ".") {
		name += ".weight"
	}
	p.add(fmt.Sprintf("blk.%d.%s", layer, name), shape...)
}

// build adds all tensors.
func (p *pair) build() {
	p.add("token_embd.weight", pairVocab, p.shapes.dim)
	for l := range p.shapes.layers {
		p.layer(p, l)
	}
	if p.whole != nil {
		p.whole(p)
	}
	if p.shapes.untied {
		p.add("output.weight", pairVocab, p.shapes.dim)
	}
}

// itoa returns a number as text.
func itoa(n int) string { return fmt.Sprint(n) }

// gguf returns the model as GGUF.
func (p *pair) gguf(t *testing.T) *gguf.File {
	t.Helper()
	kv := []gguf.KV{{Key: "general.architecture", Value: p.arch}, {Key: p.arch + ".vocab_size", Value: uint32(pairVocab)}}
	for _, key := range slices.Sorted(maps.Keys(p.kv)) {
		if v := p.kv[key]; v != nil {
			kv = append(kv, gguf.KV{Key: p.arch + "." + key, Value: v})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(p.general)) {
		kv = append(kv, gguf.KV{Key: key, Value: p.general[key]})
	}
	var tensors []gguf.WriteTensor
	for _, h := range p.tensors {
		shape := make([]uint64, len(h.shape))
		for i, d := range h.shape {
			shape[len(shape)-1-i] = uint64(d)
		}
		tensors = append(tensors, gguf.WriteTensor{Name: h.name, Type: quant.F32, Shape: shape, Data: func(w io.Writer) error {
			_, err := w.Write(h.bytes())
			return err
		}})
	}
	var b bytes.Buffer
	b.Grow(1 << 19)
	if err := gguf.Write(&b, kv, tensors); err != nil {
		t.Fatal(err)
	}
	f, err := gguf.OpenReaderAt(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// folder returns the model in Hugging Face's form; f is its GGUF form.
func (p *pair) folder(t *testing.T, f *gguf.File) folder {
	t.Helper()
	u := &undo{f, p.arch}
	tensors := u.tensors(t)
	if p.tidy != nil {
		tensors = p.tidy(tensors)
	}
	out := folder{"config.json": p.config, "model.safetensors": tensors, "tokenizer.json": tokenizerFor(p.arch), "tokenizer.model": smallModel(pairVocab)}
	maps.Copy(out, p.files)
	if s, ok := out["model.safetensors"].(sharded); ok {
		maps.Copy(out, s.shards(tensors))
		delete(out, "model.safetensors")
	}
	return out
}
