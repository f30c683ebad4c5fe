// Package synth writes GGUF models of real shapes with random weights: every size,
// type and key is as in a real file. Benchmarks run on them where no real model is
// available.
package synth

import (
	"context"
	"fmt"
	"io"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/quant"
)

// Options say how the weights of a shape are stored. Type is required.
type Options struct {
	// Type names a quant type, for every matrix, or a mix of llama-quantize
	// such as Q4_K_M. See Types.
	Type string
	// OutputType names the type of the output matrix; "" leaves it to Type.
	// Where the model has none (tied), it is the type of the token embedding.
	OutputType string
	// Seed chooses the weights; the same seed gives the same file.
	Seed uint64
}

// pieceBytes is how much is generated between two writes and two checks of ctx.
const pieceBytes = 1 << 20

// Write writes a GGUF file of shape s to w, front to back, with memory for one
// piece of it at a time.
//
// It errs on an unknown type, on a type whose blocks do not divide the rows of
// s (a mix has others for them), on errors of w, and with ctx's cause when ctx is done.
func Write(ctx context.Context, w io.Writer, s Shape, o Options) error {
	r, err := parseRecipe(o)
	if err != nil {
		return err
	}
	units := map[quant.Type]float64{}
	var tensors []gguf.WriteTensor
	list := s.tensors()
	types, err := r.types(s, list)
	if err != nil {
		return err
	}
	for i, t := range list {
		typ := types[i]
		rowBytes, err := typ.RowBytes(t.cols)
		if err != nil {
			return fmt.Errorf("synth: tensor %q: %w", t.name, err)
		}
		if _, ok := units[typ]; !ok {
			units[typ] = codings[typ].spread(typ)
		}
		size := int64(rowBytes) * int64(t.all())
		tensors = append(tensors, gguf.WriteTensor{Name: t.name, Type: typ, Shape: t.shape(),
			Data: func(w io.Writer) error {
				return writePieces(ctx, w, size, typ, t.filler(typ, units[typ], o.Seed))
			}})
	}
	return gguf.Write(w, s.keys(r.fileType), tensors)
}

// writePieces writes size bytes of whole blocks from fill.
func writePieces(ctx context.Context, w io.Writer, size int64, t quant.Type, fill filler) error {
	block := int64(t.BlockBytes())
	piece := make([]byte, min(size, pieceBytes/block*block))
	for size > 0 {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		piece = piece[:min(size, int64(len(piece)))]
		fill(piece)
		if _, err := w.Write(piece); err != nil {
			return err
		}
		size -= int64(len(piece))
	}
	return nil
}
