package llama

import (
	"fmt"
	"io"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/quant"
	"github.com/querent-ai/chord/simd"
)

// layoutKey is the key of packed files that says which version of the layout
// their tensors have.
const layoutKey = "chord.layout_version"

// packedAlignment puts tensors on cache lines.
const packedAlignment = 64

// Pack writes the model f to w with its matrices interleaved as [simd] wants
// them, so that [Load] uses them straight from the file: it starts in the time
// of reading the header, and processes share the pages. Matrices without such a
// form, or with rows that are not a multiple of 16, stay as they are.
//
// Other readers refuse the file, since its types are not ggml's. It errs on a
// file that is packed already and on what reading and writing return.
func Pack(w io.Writer, f *gguf.File, threads int) error {
	if _, ok := f.Get(layoutKey); ok {
		return formatError(layoutKey + ": the file is packed already")
	}
	c, err := ReadConfig(f)
	if err != nil {
		return err
	}
	p := simd.NewPool(threads)
	defer p.Close()
	var kv []gguf.KV
	for _, e := range gguf.WithoutSplit(f.KV) {
		if e.Key != "general.alignment" {
			kv = append(kv, e)
		}
	}
	kv = append(kv, gguf.KV{Key: "general.alignment", Value: uint32(packedAlignment)},
		gguf.KV{Key: layoutKey, Value: uint32(simd.LayoutVersion)})
	tensors := make([]gguf.WriteTensor, len(f.Tensors))
	for i := range f.Tensors {
		tensors[i] = packTensor(p, f, &f.Tensors[i], c.parts(f.Tensors[i].Name))
	}
	return gguf.Write(w, kv, tensors)
}

// parts returns at which rows of a tensor another matrix begins.
func (c *Config) parts(name string) []int {
	var i int
	if _, err := fmt.Sscanf(name, "blk.%d.", &i); err != nil || i < 0 || i >= len(c.Layer) {
		return nil
	}
	switch l := &c.Layer[i]; {
	case strings.HasSuffix(name, ".attn_qkv.weight"):
		return []int{l.qDim(), l.qDim() + l.kDim()}
	case strings.HasSuffix(name, ".ffn_up.weight") && c.family().gate == gateInUp:
		return []int{l.HiddenDim}
	}
	return nil
}

// packTensor returns t for writing, interleaved if it can be. Other matrices
// begin at the rows of parts.
func packTensor(p *simd.Pool, f *gguf.File, t *gguf.Tensor, parts []int) gguf.WriteTensor {
	out := gguf.WriteTensor{Name: t.Name, Type: t.Type, Shape: t.Shape}
	rows, matrix := matrixRows(t)
	matrix = matrix && simd.CanInterleave(t.Type, rows)
	for _, at := range parts {
		matrix = matrix && at%tileRows == 0
	}
	if matrix {
		out.Type = t.Type.X16()
	}
	out.Data = func(w io.Writer) error {
		data, err := f.Data(t)
		if err != nil {
			return err
		}
		if matrix {
			packed := make([]byte, len(data))
			m := quant.Matrix{Type: t.Type, Rows: rows, Cols: int(t.Shape[0]), Data: data}
			if err := simd.Interleave(p, packed, m); err != nil {
				return err
			}
			data = packed
		}
		_, err = w.Write(data)
		f.Drop(t)
		return err
	}
	return out
}

// tileRows is how many rows of one matrix are interleaved.
const tileRows = 16

// matrixRows returns the rows of a tensor that is a matrix, or matrices of
// experts that have whole tiles.
func matrixRows(t *gguf.Tensor) (rows int, ok bool) {
	if strings.HasSuffix(t.Name, ".bias") || strings.Contains(t.Name, "_norm.") {
		return 0, false
	}
	switch len(t.Shape) {
	case 2:
		return int(t.Shape[1]), t.Shape[1] > 1
	case 3:
		return int(t.Shape[1] * t.Shape[2]), t.Shape[1]%tileRows == 0
	}
	return 0, false
}

// checkLayout returns an error if f is packed in a layout of another version.
func checkLayout(f *gguf.File) error {
	v, packed, err := f.Int(layoutKey)
	if err != nil {
		return err
	}
	for i := range f.Tensors {
		t := &f.Tensors[i]
		if _, x := t.Type.Base(); x && !packed {
			return fmt.Errorf("llama: tensor %q: type %v, but %s is missing: %w", t.Name, t.Type, layoutKey, gguf.ErrFormat)
		}
	}
	if packed && v != simd.LayoutVersion {
		return fmt.Errorf("llama: %s: %d, this version reads %d; pack the original again: %w", layoutKey, v, simd.LayoutVersion, ErrUnsupported)
	}
	return nil
}
