package synth

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/quant"
)

// An AdapterOptions says how an adapter is made. Rank and Type are required.
type AdapterOptions struct {
	Rank int
	Type quant.Type // of all its tensors; one that quant can write
	Seed uint64
	Size float64 // about the size of its products relative to their input; 0: 0.1
}

// WriteAdapter writes a LoRA adapter with random weights for every matrix in the
// layers of the model f to w, in GGUF form.
func WriteAdapter(w io.Writer, f *gguf.File, o AdapterOptions) error {
	if o.Rank < 1 || !quant.CanQuantize(o.Type) {
		return fmt.Errorf("synth: adapter of rank %d and type %v", o.Rank, o.Type)
	}
	if o.Size == 0 {
		o.Size = 0.1
	}
	arch, _, err := f.Str("general.architecture")
	if err != nil {
		return err
	}
	var tensors []gguf.WriteTensor
	for i := range f.Tensors {
		t := &f.Tensors[i]
		if len(t.Shape) != 2 || !strings.HasPrefix(t.Name, "blk.") || !strings.HasSuffix(t.Name, ".weight") || strings.HasSuffix(t.Name, "_norm.weight") {
			continue
		}
		rank := uint64(o.Rank)
		tensors = append(tensors,
			o.tensor(t.Name+".lora_a", 1/math.Sqrt(float64(t.Shape[0])), t.Shape[0], rank),
			o.tensor(t.Name+".lora_b", o.Size/math.Sqrt(float64(rank)), rank, t.Shape[1]))
	}
	return gguf.Write(w, []gguf.KV{
		{Key: "general.architecture", Value: arch},
		{Key: "general.type", Value: "adapter"},
		{Key: "general.name", Value: "random adapter"},
		{Key: "adapter.type", Value: "lora"},
		{Key: "adapter.lora.alpha", Value: float32(o.Rank)},
	}, tensors)
}

// tensor returns a tensor of normal elements with standard deviation s.
func (o AdapterOptions) tensor(name string, s float64, cols, rows uint64) gguf.WriteTensor {
	return gguf.WriteTensor{Name: name, Type: o.Type, Shape: []uint64{cols, rows}, Data: func(w io.Writer) error {
		size, err := o.Type.RowBytes(int(cols))
		if err != nil {
			return fmt.Errorf("synth: tensor %q: %w", name, err)
		}
		hash := uint64(14695981039346656037)
		for _, c := range []byte(name) {
			hash = (hash ^ uint64(c)) * 1099511628211
		}
		r := rand.New(rand.NewPCG(o.Seed, hash))
		x, row := make([]float32, cols), make([]byte, size)
		for range rows {
			for i := range x {
				x[i] = float32(r.NormFloat64() * s)
			}
			quant.Quantize(row, o.Type, x)
			if _, err := w.Write(row); err != nil {
				return err
			}
		}
		return nil
	}}
}
