package llama

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/quant"
)

// ErrMismatch is wrapped by errors about an adapter of another model.
var ErrMismatch = errors.New("made for another model")

// An AdapterFile is the directory of a LoRA adapter in GGUF form.
type AdapterFile struct {
	Name  string  // general.name
	Alpha float32 // adapter.lora.alpha; 0: products are not scaled
	Pairs []AdapterPair
}

// An AdapterPair is the addition of an adapter to one tensor of the model,
// Factor·B·A.
//
// A is (rank, cols) and B (rows, rank); those of a tensor with all experts have one
// matrix for each. The pair of token_embd is transposed, as in llama.cpp: A is
// (vocabulary, rank), B (Dim, rank), and the addition A·Bᵀ.
type AdapterPair struct {
	Name   string // of the model's tensor
	A, B   *gguf.Tensor
	Rank   int
	Factor float32 // Alpha/Rank, or 1 if Alpha is 0
}

// The suffixes of an adapter's tensors.
const (
	suffixA = ".lora_a"
	suffixB = ".lora_b"
)

// embdTensor is the tensor whose pair is transposed.
const embdTensor = "token_embd.weight"

// maxRank bounds the rank of an adapter, which real ones do not reach.
const maxRank = 1 << 12

// adapterTypes are the types of an adapter's tensors.
var adapterTypes = []quant.Type{quant.F32, quant.F16, quant.BF16, quant.Q8_0}

// ReadAdapter reads the keys and the directory of the LoRA adapter in f for a model
// of the given architecture; shape returns the shape of the model's tensor with a
// name, nil if it has none. It reads no data.
//
// Errors name the key or the tensor. They wrap [ErrMismatch] if the adapter is of
// another model, [ErrUnsupported] if it asks for something else than products with
// matrices, and else [gguf.ErrFormat].
func ReadAdapter(f *gguf.File, arch string, shape func(name string) []uint64) (*AdapterFile, error) {
	a := new(AdapterFile)
	if err := a.keys(f, arch); err != nil {
		return nil, fmt.Errorf("llama: adapter: %w", err)
	}
	if err := a.pair(f); err != nil {
		return nil, fmt.Errorf("llama: adapter: %w", err)
	}
	for i := range a.Pairs {
		if err := a.Pairs[i].check(shape(a.Pairs[i].Name)); err != nil {
			return nil, fmt.Errorf("llama: adapter: %w", err)
		}
		if a.Pairs[i].Factor = 1; a.Alpha != 0 {
			a.Pairs[i].Factor = a.Alpha / float32(a.Pairs[i].Rank)
		}
	}
	return a, nil
}

// keys reads the keys of f.
func (a *AdapterFile) keys(f *gguf.File, arch string) error {
	kind, _, err := f.Str("general.type")
	if err != nil {
		return err
	}
	if kind != "adapter" {
		return fmt.Errorf("key general.type: %q, want adapter: %w", kind, ErrUnsupported)
	}
	own, _, err := f.Str("general.architecture")
	if err != nil {
		return err
	}
	if own != arch {
		return fmt.Errorf("key general.architecture: %q, the model has %q: %w", own, arch, ErrMismatch)
	}
	if kind, _, err = f.Str("adapter.type"); err != nil {
		return err
	}
	if kind != "lora" {
		return fmt.Errorf("key adapter.type: %q, want lora: %w", kind, ErrUnsupported)
	}
	if _, ok := f.Get("adapter.alora.invocation_tokens"); ok {
		return fmt.Errorf("key adapter.alora.invocation_tokens: an adapter that begins at these tokens: %w", ErrUnsupported)
	}
	alpha, _, err := f.Float("adapter.lora.alpha")
	if err != nil {
		return err
	}
	if a.Alpha = float32(alpha); math.IsNaN(alpha) || math.IsInf(float64(a.Alpha), 0) {
		return fmt.Errorf("key adapter.lora.alpha: %g: %w", alpha, gguf.ErrFormat)
	}
	a.Name, _, err = f.Str("general.name")
	return err
}

// pair finds the pairs of tensors, in the order of their names.
func (a *AdapterFile) pair(f *gguf.File) error {
	pairs := map[string]*AdapterPair{}
	at := func(name string) *AdapterPair {
		if pairs[name] == nil {
			pairs[name] = &AdapterPair{Name: name}
		}
		return pairs[name]
	}
	for i := range f.Tensors {
		t := &f.Tensors[i]
		if name, ok := strings.CutSuffix(t.Name, suffixA); ok {
			at(name).A = t
		} else if name, ok := strings.CutSuffix(t.Name, suffixB); ok {
			at(name).B = t
		} else {
			return fmt.Errorf("tensor %q: neither %s nor %s of a matrix: %w", t.Name, suffixA, suffixB, ErrUnsupported)
		}
	}
	for _, p := range pairs {
		a.Pairs = append(a.Pairs, *p)
	}
	slices.SortFunc(a.Pairs, func(x, y AdapterPair) int { return strings.Compare(x.Name, y.Name) })
	for _, p := range a.Pairs {
		if p.A == nil || p.B == nil {
			return fmt.Errorf("tensor %q: one of %s and %s is missing: %w", p.Name, suffixA, suffixB, gguf.ErrFormat)
		}
	}
	if len(a.Pairs) == 0 {
		return fmt.Errorf("no tensors: %w", gguf.ErrFormat)
	}
	return nil
}

// check compares the shapes of a pair with that of the model's tensor, nil if it has
// none, and sets the rank.
func (p *AdapterPair) check(model []uint64) error {
	switch shape := trimmed(model); {
	case model == nil:
		return fmt.Errorf("tensor %q: the model has none of that name: %w", p.Name, ErrMismatch)
	case len(shape) < 2 || len(shape) > 3:
		return fmt.Errorf("tensor %q: shape %d in the model, no matrix: %w", p.Name, model, ErrUnsupported)
	}
	for _, t := range []*gguf.Tensor{p.A, p.B} {
		if !slices.Contains(adapterTypes, t.Type) {
			return fmt.Errorf("tensor %q: type %v, want one of %v: %w", t.Name, t.Type, adapterTypes, ErrUnsupported)
		}
	}
	if len(p.B.Shape) == 0 || p.B.Shape[0] == 0 {
		return fmt.Errorf("tensor %q: shape %d: no rank: %w", p.B.Name, p.B.Shape, gguf.ErrFormat)
	}
	rank := p.B.Shape[0]
	a, b := slices.Clone(trimmed(model)), slices.Clone(trimmed(model)) // as they should be
	if p.Name == embdTensor {
		a[0], b[0], b[1] = rank, rank, model[0]
	} else {
		a[1], b[0] = rank, rank
	}
	for _, x := range []struct {
		t    *gguf.Tensor
		want []uint64
	}{{p.A, a}, {p.B, b}} {
		if !slices.Equal(trimmed(x.t.Shape), trimmed(x.want)) {
			return fmt.Errorf("tensor %q: shape %d, want %d for rank %d and the model's %d: %w", x.t.Name, x.t.Shape, x.want, rank, model, ErrMismatch)
		}
	}
	if rank > maxRank {
		return fmt.Errorf("tensor %q: rank %d, at most %d: %w", p.B.Name, rank, maxRank, ErrUnsupported)
	}
	p.Rank = int(rank)
	return nil
}

// trimmed returns a shape without dimensions of 1 at its end.
func trimmed(shape []uint64) []uint64 {
	for n := len(shape); n > 0 && shape[n-1] == 1; n-- {
		shape = shape[:n-1]
	}
	return shape
}
