package convert

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/quant"
)

// A pair is one model twice: as GGUF, which this test makes of names and keys
// that it knows, and as the folder of Hugging Face that has the same.
type pair struct {
	arch    string
	kv      map[string]any // after "<arch>."
	tensors []hf           // with GGUF's names; slowest dimension first

	config map[string]any           // config.json
	files  folder                   // beside it
	tidy   func(tensors []hf) []hf  // what is done to Hugging Face's tensors, or nil
	typ    string                   // Options.Type, "f32"
	loose  float64                  // how far logits may be from each other, relative to the largest
	round  func(x float32) float32  // what is done to the weights of matrices, or nil
	fails  string                   // what the error of convert says, "" if there is none
	same   bool                     // the logits are those of the model without the option
	shapes dims8                    // of the tensors
	layer  func(p *pair, layer int) // adds a layer's tensors
	whole  func(p *pair)            // adds the others, or nil
}

// dims8 are the sizes of a model, and what it has.
type dims8 struct {
	dim, hidden, layers, heads, kvHeads, headDim, expertDim, sharedDim int
	untied                                                             bool
}

const (
	halvesVocab   = 259
	halvesContext = 256
	halvesExperts = 4
	halvesUsed    = 2
)

// add adds a tensor of GGUF. Its numbers follow from its name, so that options
// change no other tensor.
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
	p.add("token_embd.weight", halvesVocab, p.shapes.dim)
	for l := range p.shapes.layers {
		p.layer(p, l)
	}
	if p.whole != nil {
		p.whole(p)
	}
	if p.shapes.untied {
		p.add("output.weight", halvesVocab, p.shapes.dim)
	}
}

// gguf returns the model as GGUF.
func (p *pair) gguf(t *testing.T) *gguf.File {
	t.Helper()
	kv := []gguf.KV{{Key: "general.architecture", Value: p.arch}, {Key: p.arch + ".vocab_size", Value: uint32(halvesVocab)}}
	for _, key := range slices.Sorted(maps.Keys(p.kv)) {
		if v := p.kv[key]; v != nil {
			kv = append(kv, gguf.KV{Key: p.arch + "." + key, Value: v})
		}
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

// folder returns the model as Hugging Face has it, f being it as GGUF.
func (p *pair) folder(t *testing.T, f *gguf.File) folder {
	t.Helper()
	u := &undo{f, p.arch}
	tensors := u.tensors(t)
	if p.tidy != nil {
		tensors = p.tidy(tensors)
	}
	out := folder{"config.json": p.config, "model.safetensors": tensors, "tokenizer.json": tokenizerFor(p.arch), "tokenizer.model": smallModel(halvesVocab)}
	maps.Copy(out, p.files)
	if s, ok := out["model.safetensors"].(sharded); ok {
		maps.Copy(out, s.shards(tensors))
		delete(out, "model.safetensors")
	}
	return out
}

// halvesIDs is long enough for windows and for rotations to matter.
var halvesIDs = []int32{1, 30, 200, 40, 77, 9, 130, 55, 2, 250, 17, 91, 33, 150, 8, 60, 211, 5, 44, 120}

// halvesLogits returns the logits of every few tokens.
func halvesLogits(t *testing.T, f *gguf.File) []float32 {
	t.Helper()
	m, err := llama.Load(f, llama.Options{CacheTypeK: llama.KVF32, CacheTypeV: llama.KVF32, Threads: 1, NoRepack: true})
	if err != nil {
		t.Fatalf("what was written cannot be opened: %v", err)
	}
	defer m.Close()
	var logits []float32
	for _, long := range []bool{false, true} { // with LongRoPE's other factors too
		if long && m.LongFrom() == 0 {
			break
		}
		logits = append(logits, forward(t, m, long)...)
	}
	return logits
}

// forward returns what every few of halvesIDs give.
func forward(t *testing.T, m *llama.Model, long bool) []float32 {
	t.Helper()
	cache := m.NewCache(0)
	defer cache.Close()
	seq, config := cache.NewSeq(""), m.Config()
	batch := make([]llama.Token, len(halvesIDs))
	for i, id := range halvesIDs {
		batch[i] = llama.Token{Seq: seq, ID: id, Long: long}
		switch {
		case i%6 != 1:
		case config.Embedder():
			batch[i].Out = llama.OutEmbd
		default:
			batch[i].Out = llama.OutLogits
		}
	}
	var out llama.Output
	if err := m.Forward(t.Context(), batch, &out); err != nil {
		t.Fatal(err)
	}
	var all []float32
	for i := range batch {
		if batch[i].Out != llama.OutNone {
			all = append(all, out.Row(i)...)
		}
	}
	return all
}

// apart returns how far two models' logits are from each other, relative to
// the largest.
func apart(a, b []float32) float64 {
	far, most := 0.0, 0.0
	for i := range a {
		far, most = max(far, math.Abs(float64(a[i]-b[i]))), max(most, math.Abs(float64(a[i])))
		if a[i] != a[i] || b[i] != b[i] {
			return math.Inf(1)
		}
	}
	return far / most
}

// convert converts the folder and returns the file, nil if that must fail.
func (p *pair) convert(t *testing.T, dir string) *gguf.File {
	t.Helper()
	m, err := Open(dir, Options{Type: p.typ})
	if p.fails != "" {
		if err == nil {
			m.Close()
		}
		if err == nil || !strings.Contains(err.Error(), p.fails) {
			t.Errorf("got %v, want an error with %q", err, p.fails)
		}
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var b bytes.Buffer
	b.Grow(1 << 19)
	if err := m.Write(context.Background(), &b, nil); err != nil {
		t.Fatal(err)
	}
	f, err := gguf.OpenReaderAt(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestHalves converts a model of every family with every option that config.json
// may have, each for itself, opens what comes out and wants the logits of the
// same weights under GGUF's own names.
func TestHalves(t *testing.T) {
	for _, h := range halves {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			plain := h.pair(nil)
			base := halvesLogits(t, plain.gguf(t))
			for i, o := range append([]halvesOption{{name: "plain", same: true}}, halvesOptions...) {
				if o.applies != nil && !o.applies(h) || h.alias && i > 0 {
					continue
				}
				t.Run(o.name, func(t *testing.T) {
					p := h.pair(&o)
					want := p.gguf(t)
					got := p.convert(t, p.folder(t, want).write(t))
					if got == nil {
						return
					}
					a := base
					if !p.same {
						if a = halvesLogits(t, want); apart(base, a) < 1e-6 {
							t.Error("logits with the option are those without it")
						}
					}
					if d := apart(a, halvesLogits(t, got)); !(d <= p.loose) {
						t.Errorf("logits are %g apart, at most %g", d, p.loose)
					}
				})
			}
		})
	}
}
