package quantize

import (
	"context"
	"io"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/par"
)

// Parts returns the number of parts of the plan's file.
func (p *Plan) Parts() int { return len(p.file.Parts) }

// Write writes the new model to w, on the pool's threads. progress, unless nil, is
// called during the work with the number of bytes of the old model done so far.
//
// Write needs memory for the metadata and a few pieces of a tensor. The bytes do not
// depend on the number of threads. It returns errors of reading and writing, and an
// error for weights that are not finite or not finite in their new type.
func (p *Plan) Write(ctx context.Context, w io.Writer, pool *par.Pool, progress func(done int64)) error {
	return p.write(ctx, w, p.kv, pool, progress, func(*Tensor) bool { return true })
}

// WritePart is Write of part no, counted from 0, of a file with [Plan.Parts] parts.
func (p *Plan) WritePart(ctx context.Context, w io.Writer, no int, pool *par.Pool, progress func(done int64)) error {
	kv := []gguf.KV{}
	if no == 0 {
		kv = append(kv, p.kv...)
	}
	kv = append(kv, gguf.SplitKeys(no, p.Parts(), len(p.Tensors))...)
	return p.write(ctx, w, kv, pool, progress, func(t *Tensor) bool { return t.source.Part == no })
}

// write writes kv and the tensors for which include is true.
func (p *Plan) write(ctx context.Context, w io.Writer, kv []gguf.KV, pool *par.Pool, progress func(int64), include func(*Tensor) bool) error {
	if progress == nil {
		progress = func(int64) {}
	}
	c := &converter{ctx: ctx, file: p.file, pool: pool, progress: progress}
	var tensors []gguf.WriteTensor
	for i := range p.Tensors {
		t := &p.Tensors[i]
		if !include(t) {
			continue
		}
		tensors = append(tensors, gguf.WriteTensor{
			Name: t.Name, Type: t.To, Shape: t.Shape,
			Data: func(w io.Writer) error { return c.write(w, t) },
		})
	}
	return gguf.Write(w, kv, tensors)
}
