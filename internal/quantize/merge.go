package quantize

import (
	"fmt"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/quant"
	"github.com/querent-ai/chord/simd"
)

// A Delta is an addition Scale·B·A to a tensor, of low rank.
type Delta struct {
	A     []float32 // (experts, Rank, columns)
	B     []float32 // (experts, rows, Rank)
	Rank  int
	Scale float32
}

// NewMerge returns the plan of adding deltas, by the names of tensors, to those of f.
// These get the type typ; those whose own type is F32 keep it, and all theirs if typ
// is nil. Other tensors stay as they are.
//
// It returns an error for a tensor that does not exist, for sizes of deltas that do
// not fit, and for types that cannot be read or written.
func NewMerge(f *gguf.File, deltas map[string][]Delta, typ *quant.Type) (*Plan, error) {
	p := &Plan{file: f, kv: gguf.WithoutSplit(f.KV)}
	if typ != nil {
		if fileType, ok := fileTypes[*typ]; ok {
			p.kv = set(p.kv, "general.file_type", fileType)
		}
	}
	for name := range deltas {
		if _, ok := f.Tensor(name); !ok {
			return nil, fmt.Errorf("quantize: tensor %q: there is none", name)
		}
	}
	for i := range f.Tensors {
		t, err := p.merged(&f.Tensors[i], deltas[f.Tensors[i].Name], typ)
		if err != nil {
			return nil, fmt.Errorf("quantize: tensor %q: %w", f.Tensors[i].Name, err)
		}
		p.Tensors = append(p.Tensors, t)
	}
	return p, nil
}

// fileTypes are the numbers of llama.cpp for files whose matrices have a type.
var fileTypes = map[quant.Type]uint32{quant.F32: 0, quant.F16: 1, quant.Q8_0: 7, quant.BF16: 32}

// merged returns the plan for t with deltas, whose new type is typ.
func (p *Plan) merged(t *gguf.Tensor, deltas []Delta, typ *quant.Type) (Tensor, error) {
	out := Tensor{Name: t.Name, Shape: t.Shape, From: t.Type, To: t.Type, Before: t.Size, After: t.Size, source: t, deltas: deltas}
	if len(deltas) == 0 {
		return out, nil
	}
	if typ != nil && t.Type != quant.F32 {
		out.To = *typ
		if t.Shape[0]%uint64(typ.BlockElems()) != 0 {
			out.To = quant.F16
			p.Fallbacks++
		}
	}
	if !quant.CanDequantize(t.Type) {
		return out, fmt.Errorf("cannot read type %v", t.Type)
	}
	if !quant.CanQuantize(out.To) {
		return out, fmt.Errorf("cannot write type %v", out.To)
	}
	for _, d := range deltas {
		rows := uint64(t.Elems()) / t.Shape[0]
		experts := uint64(1)
		if len(t.Shape) > 2 {
			experts = t.Shape[2]
		}
		if uint64(len(d.A)) != experts*uint64(d.Rank)*t.Shape[0] || uint64(len(d.B)) != rows*uint64(d.Rank) {
			return out, fmt.Errorf("shape %d, a delta of %d and %d elements of rank %d", t.Shape, len(d.A), len(d.B), d.Rank)
		}
	}
	row, err := out.To.RowBytes(int(t.Shape[0]))
	out.After = t.Elems() / int64(t.Shape[0]) * int64(row)
	return out, err
}

// add adds the deltas of row r of all to x, its columns from at on. scratch has the
// length of x.
func (j *rowJob) add(x, scratch []float32, r, at int) {
	for _, d := range j.t.deltas {
		a := d.A[r/max(j.experts, 1)*d.Rank*j.cols:]
		for k, b := range d.B[r*d.Rank : (r+1)*d.Rank] {
			copy(scratch, a[k*j.cols+at:])
			simd.Scale(scratch, b*d.Scale)
			simd.Add(x, scratch)
		}
	}
}
