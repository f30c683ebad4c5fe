package convert

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/querent-ai/chord/internal/safetensors"
	"github.com/querent-ai/chord/quant"
)

// A view is a matrix within a source tensor. Element (r, c) is element
// first + row(r)·rowStep + c·colStep of the source: so rows may be picked,
// permuted and stacked, and matrices transposed, without copying.
type view struct {
	src              *safetensors.Tensor
	rows, cols       int
	first            int
	rowStep, colStep int
	row              func(r int) int         // nil: r
	add              float32                 // to every element, if it is not 0
	factor           float32                 // of every element, if it is not 0
	col              func(c int) int         // nil: c
	change           func(x float32) float32 // every element, or nil

	scales  []byte // float32, one for every group elements of src, or nil
	group   int
	scaling *scaling // of src, or nil
}

// whole returns a view of all of t, with rows of its last dimension.
func whole(t *safetensors.Tensor) view {
	cols := 1
	if n := len(t.Shape); n > 0 {
		cols = t.Shape[n-1]
	}
	rows := 0
	if cols > 0 {
		rows = t.Len() / cols
	}
	return view{src: t, rows: rows, cols: cols, rowStep: cols, colStep: 1}
}

// at returns the source's index of the first element of row r.
func (v *view) at(r int) int {
	if v.row != nil {
		r = v.row(r)
	}
	return v.first + r*v.rowStep
}

// elem returns the source's index of column c of row r.
func (v *view) elem(r, c int) int {
	if v.col != nil {
		c = v.col(c)
	}
	return v.at(r) + c*v.colStep
}

// asIs reports whether the bytes of a row are those of the row in type t.
func (v *view) asIs(t quant.Type) bool {
	same := map[quant.Type]safetensors.DType{quant.F32: safetensors.F32, quant.F16: safetensors.F16, quant.BF16: safetensors.BF16}
	d, ok := same[t]
	return ok && d == v.src.DType && v.colStep == 1 && v.col == nil && v.change == nil && v.add == 0 && (v.factor == 0 || v.factor == 1)
}

// raw appends the unchanged bytes of rows lo to hi.
func (v *view) raw(dst []byte, lo, hi int) []byte {
	size := v.src.DType.Size()
	for r := lo; r < hi; r++ {
		at := v.at(r) * size
		dst = append(dst, v.src.Data[at:at+v.cols*size]...)
	}
	return dst
}

// floats sets dst to rows lo to hi.
func (v *view) floats(dst []float32, lo, hi int) {
	if v.scaling != nil && v.scaling.packed != nil {
		for r := lo; r < hi; r++ {
			for c := range v.cols {
				dst[(r-lo)*v.cols+c] = v.scaling.packed.at(v.src.Data, v.elem(r, c))
			}
		}
		v.adjust(dst[:(hi-lo)*v.cols])
		return
	}
	decode := decoders[v.src.DType]
	size := v.src.DType.Size()
	if v.colStep == 1 && v.col == nil {
		for r := lo; r < hi; r++ {
			at := v.at(r) * size
			decode(dst[(r-lo)*v.cols:][:v.cols], v.src.Data[at:at+v.cols*size])
		}
	} else { // by columns, which are contiguous in the source
		for c := range v.cols {
			for r := lo; r < hi; r++ {
				i := (r-lo)*v.cols + c
				at := v.elem(r, c) * size
				decode(dst[i:i+1], v.src.Data[at:at+size])
			}
		}
	}
	if v.scales != nil {
		v.scale(dst, lo, hi)
	}
	if v.scaling != nil {
		v.scaleBlocks(dst, lo, hi)
	}
	v.adjust(dst[:(hi-lo)*v.cols])
}

// adjust computes from the elements of the source those of the result.
func (v *view) adjust(dst []float32) {
	if v.factor != 0 && v.factor != 1 {
		for i := range dst {
			dst[i] *= v.factor
		}
	}
	if v.add != 0 {
		for i := range dst {
			dst[i] += v.add
		}
	}
	if v.change != nil {
		for i, x := range dst {
			dst[i] = v.change(x)
		}
	}
}

// scale multiplies rows lo to hi by the scales of their groups.
func (v *view) scale(dst []float32, lo, hi int) {
	for r := lo; r < hi; r++ {
		for c := range v.cols {
			group := v.elem(r, c) / v.group
			dst[(r-lo)*v.cols+c] *= math.Float32frombits(binary.LittleEndian.Uint32(v.scales[4*group:]))
		}
	}
}

// scaleBlocks multiplies rows lo to hi by the scales of their blocks.
func (v *view) scaleBlocks(dst []float32, lo, hi int) {
	for r := lo; r < hi; r++ {
		row := dst[(r-lo)*v.cols:][:v.cols]
		for c := 0; c < v.cols; {
			scale, n := v.scaling.at(v.elem(r, c))
			if v.colStep != 1 || v.col != nil {
				n = 1
			}
			end := min(c+n, v.cols)
			for ; c < end; c++ {
				row[c] *= scale
			}
		}
	}
}

// decoders are the decoders of the types of weights.
var decoders = map[safetensors.DType]func(dst []float32, src []byte){
	safetensors.F64: func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:])))
		}
	},
	safetensors.I8: func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = float32(int8(src[i]))
		}
	},
	safetensors.F8E4M3: byTable(&e4m3),
	safetensors.F8E5M2: byTable(&e5m2),
	safetensors.F8E8M0: byTable(&e8m0),
	safetensors.F32:    func(dst []float32, src []byte) { quant.Dequantize(dst, quant.F32, src) },
	safetensors.F16:    func(dst []float32, src []byte) { quant.Dequantize(dst, quant.F16, src) },
	safetensors.BF16:   func(dst []float32, src []byte) { quant.Dequantize(dst, quant.BF16, src) },
}

// checkFloat errs if t does not hold floats.
func checkFloat(t *safetensors.Tensor) error {
	if decoders[t.DType] == nil || t.DType == safetensors.I8 {
		return fmt.Errorf("convert: tensor %q is %s, want floats", t.Name, t.DType)
	}
	return nil
}

// part returns a view of rows lo, lo+step, lo+2·step, … of every n rows: the gate
// or the up half of matrices that are one tensor.
func (v view) part(n, lo, step, count int) view {
	outer := v.row
	v.row = func(r int) int {
		r = r/count*n + lo + r%count*step
		if outer != nil {
			r = outer(r)
		}
		return r
	}
	v.rows = v.rows / n * count
	return v
}

// transposed returns a view of t with its last two dimensions swapped.
func transposed(t *safetensors.Tensor) (view, []int) {
	n := len(t.Shape)
	rows, cols := t.Shape[n-1], t.Shape[n-2] // of the result
	shape := append(append([]int{}, t.Shape[:n-2]...), rows, cols)
	v := view{src: t, cols: cols, rowStep: 1, colStep: rows}
	if rows > 0 && cols > 0 {
		v.rows = t.Len() / cols
	}
	v.row = func(r int) int { return r/rows*rows*cols + r%rows }
	return v, shape
}

// permuted undoes Hugging Face's order of the rows of q and k: each head's rows
// (2, half) become (half, 2), so that rotary pairs are neighbours.
func (v view) permuted(heads int) view {
	dim := v.rows / heads
	half := dim / 2
	v.row = func(r int) int {
		h, j := r/dim, r%dim
		return h*dim + j%2*half + j/2
	}
	return v
}
