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
// s, on errors of w, and with ctx's cause when ctx is done.
func Write(ctx context.Context, w io.Writer, s Shape, o Options) error {
	r, err := parseRecipe(o)
	if err != nil {
		return err
	}
	units := map[quant.Type]float64{}
	var tensors []gguf.WriteTensor
	for _, t := range s.tensors() {
		typ := r.typeOf(s, t)
		rowBytes, err := typ.RowBytes(t.cols)
		if err != nil {
			return fmt.Errorf("synth: tensor %q: %w", t.name, err)
		}
		if _, ok := units[typ]; !ok {
			units[typ] = codings[typ].spread(typ)
		}
		size := int64(rowBytes) * int64(t.rows)
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

// keys returns the metadata of a file of shape s.
func (s Shape) keys(fileType uint32) []gguf.KV {
	tokens, scores, types := vocab(s.Vocab)
	return []gguf.KV{
		{Key: "general.architecture", Value: "llama"},
		{Key: "general.type", Value: "model"},
		{Key: "general.name", Value: s.Title + " shape, random weights"},
		{Key: "general.file_type", Value: fileType},
		{Key: "general.quantization_version", Value: uint32(2)},
		{Key: "llama.vocab_size", Value: uint32(s.Vocab)},
		{Key: "llama.context_length", Value: uint32(s.Context)},
		{Key: "llama.embedding_length", Value: uint32(s.Dim)},
		{Key: "llama.block_count", Value: uint32(s.Layers)},
		{Key: "llama.feed_forward_length", Value: uint32(s.HiddenDim)},
		{Key: "llama.attention.head_count", Value: uint32(s.Heads)},
		{Key: "llama.attention.head_count_kv", Value: uint32(s.KVHeads)},
		{Key: "llama.attention.key_length", Value: uint32(s.HeadDim)},
		{Key: "llama.attention.value_length", Value: uint32(s.HeadDim)},
		{Key: "llama.attention.layer_norm_rms_epsilon", Value: s.NormEps},
		{Key: "llama.rope.dimension_count", Value: uint32(s.HeadDim)},
		{Key: "llama.rope.freq_base", Value: s.RopeBase},
		{Key: "tokenizer.ggml.model", Value: "llama"},
		{Key: "tokenizer.ggml.pre", Value: "default"},
		{Key: "tokenizer.ggml.tokens", Value: tokens},
		{Key: "tokenizer.ggml.scores", Value: scores},
		{Key: "tokenizer.ggml.token_type", Value: types},
		{Key: "tokenizer.ggml.bos_token_id", Value: uint32(1)},
		{Key: "tokenizer.ggml.eos_token_id", Value: uint32(2)},
		{Key: "tokenizer.ggml.unknown_token_id", Value: uint32(0)},
		{Key: "tokenizer.ggml.add_bos_token", Value: true},
		{Key: "tokenizer.ggml.add_eos_token", Value: false},
	}
}
