package llama

import (
	"fmt"
	"io"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/quant"
	"github.com/querent-ai/chord/simd"
)

// layoutKey is the key of packed files with the version of their tensors' layout.
const layoutKey = "chord.layout_version"

// packedAlignment aligns tensors to the CPU's cache lines.
const packedAlignment = 64

// Pack writes the model f to w with its matrices interleaved as [simd] needs
// them, so that [Load] uses them straight from the file: loading takes the time
// of reading the header, and processes share the memory. Matrices of a type that
// has no interleaved form, or whose rows are not a multiple of 16, stay as they
// are.
//
// Other readers refuse the file, since its types are not ggml's. Pack returns an
// error for a file that is packed already, and the errors of reading and
// writing.
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
		tensors[i] = packTensor(p, f, &f.Tensors[i], c.splitRows(f.Tensors[i].Name))
	}
	return gguf.Write(w, kv, tensors)
}

// splitRows returns the rows at which another matrix begins within the tensor
// called name.
func (c *Config) splitRows(name string) []int {
	var i int
	if _, err := fmt.Sscanf(name, "blk.%d.", &i); err != nil || i < 0 || i >= len(c.Layer) {
		return nil
	}
	switch l := &c.Layer[i]; {
	case strings.HasSuffix(name, ".attn_qkv.weight") && l.attends():
		q := l.qDim()
		if c.family().queryGate {
			q *= 2
		}
		return []int{q, q + l.kDim()}
	case strings.HasSuffix(name, ".attn_qkv.weight") && l.Mixer == MixKDA:
		return []int{c.SSM.Inner, 2 * c.SSM.Inner}
	case strings.HasSuffix(name, ".ssm_in.weight"):
		return []int{c.SSM.Inner, c.SSM.Inner + c.SSM.Channels}
	case strings.HasSuffix(name, ".ffn_gate_up_exps.weight"):
		return []int{c.ExpertDim}
	case strings.HasSuffix(name, ".ffn_up.weight") && c.family().gate == gateInUp:
		return []int{l.HiddenDim}
	}
	return nil
}

// packTensor returns t for writing, interleaved if possible. At splitRows other
// matrices begin.
func packTensor(p *simd.Pool, f *gguf.File, t *gguf.Tensor, splitRows []int) gguf.WriteTensor {
	out := gguf.WriteTensor{Name: t.Name, Type: t.Type, Shape: t.Shape}
	rows, matrix := matrixRows(t)
	matrix = matrix && simd.CanInterleave(t.Type, rows) && !inHead(t.Name)
	for _, at := range splitRows {
		matrix = matrix && at%tileRows == 0
	}
	if matrix {
		out.Type = t.Type.X16()
	}
	out.Data = func(w io.Writer) error {
		defer f.Drop(t)
		if !matrix {
			_, err := io.Copy(w, f.Reader(t))
			return err
		}
		data, err := f.Data(t)
		if err != nil {
			return err
		}
		packed := make([]byte, len(data))
		m := quant.Matrix{Type: t.Type, Rows: rows, Cols: int(t.Shape[0]), Data: data}
		if err := simd.Interleave(p, packed, m); err != nil {
			return err
		}
		_, err = w.Write(packed)
		return err
	}
	return out
}

// tileRows is the number of rows of a tile, which are interleaved.
const tileRows = 16

// matrixRows returns the rows of a tensor that is a matrix, or that holds the
// matrices of experts with a multiple of tileRows rows each.
func matrixRows(t *gguf.Tensor) (rows int, ok bool) {
	if !strings.HasSuffix(t.Name, ".weight") || strings.Contains(t.Name, "_norm.") || strings.Contains(t.Name, "conv1d.") || strings.HasSuffix(t.Name, ".conv.weight") {
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
