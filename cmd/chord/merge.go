package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/querent-ai/chord/gguf"
)

// mergeCommand returns chord merge.
func (a *app) mergeCommand() *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "merge in-00001-of-0000N.gguf out.gguf",
		Short: "Make one file of a split model",
		Long: "Make one GGUF file of the parts of a split one, which are found by the name of any of\n" +
			"them. - writes to stdout.",
		Example: "  chord merge model-00001-of-00003.gguf model.gguf",
		Args:    cobra.ExactArgs(2),
	}
	a.runs(cmd, func(cmd *cobra.Command, args []string) error {
		return a.merge(cmd.Context(), args[0], args[1], dryRun)
	})
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only read the parts and say what they hold")
	return cmd
}

// merge writes the parts beside the one called in to one file.
func (a *app) merge(ctx context.Context, in, out string, dryRun bool) error {
	f, err := gguf.Open(in)
	if err != nil {
		return err
	}
	defer f.Close()
	if n, _, err := f.Int("split.count"); err != nil || n < 1 {
		return firstError(err, fmt.Errorf("%s: is not part of a split file: key split.count is not there or 0", in))
	}
	tensors := make([]*gguf.Tensor, len(f.Tensors))
	for i := range f.Tensors {
		tensors[i] = &f.Tensors[i]
	}
	if dryRun {
		return a.printParts([]string{out}, [][]*gguf.Tensor{tensors})
	}
	a.readsParts(f)
	return a.copyTensors(ctx, "merge", f, []string{out}, func(w io.Writer, _ int, data dataOf) error {
		return gguf.Write(w, gguf.WithoutSplit(f.KV), data(tensors))
	})
}

// dataOf returns what [gguf.Write] needs to copy tensors.
type dataOf func([]*gguf.Tensor) []gguf.WriteTensor

// copyTensors creates all files or none by write, which gets a copier of f's
// tensors.
func (a *app) copyTensors(ctx context.Context, what string, f *gguf.File, names []string, write func(w io.Writer, i int, data dataOf) error) error {
	start, total := time.Now(), int64(0)
	for i := range f.Tensors {
		total += f.Tensors[i].Size
	}
	show, end := a.progress(what, total)
	c := &copier{ctx: ctx, file: f, show: show, room: make([]byte, copyBytes)}
	size, err := a.createAll(ctx, names, func(w io.Writer, i int) error { return write(w, i, c.data) })
	end()
	if err != nil {
		return err
	}
	files, took := "", time.Since(start).Seconds()
	if len(names) > 1 {
		files = fmt.Sprintf("and %d more: ", len(names)-1)
	}
	fmt.Fprintf(a.err, "%s: %s%s in %.1f s, %.0f MB/s\n", printable(names[0]), files, bytesText(size), took, float64(size)/1e6/took)
	return nil
}

// A copier copies tensors and shows its progress.
type copier struct {
	ctx  context.Context
	file *gguf.File
	show func(done int64)
	done int64
	room []byte
}

// copyBytes is how much is copied between two checks of the context.
const copyBytes = 1 << 20

// data returns tensors as [gguf.Write] copies them.
func (c *copier) data(tensors []*gguf.Tensor) []gguf.WriteTensor {
	out := make([]gguf.WriteTensor, len(tensors))
	for i, t := range tensors {
		out[i] = gguf.WriteTensor{Name: t.Name, Type: t.Type, Shape: t.Shape, Data: func(w io.Writer) error { return c.copy(w, t) }}
	}
	return out
}

// copy copies the bytes of t.
func (c *copier) copy(w io.Writer, t *gguf.Tensor) error {
	defer c.file.Drop(t)
	for r := c.file.Reader(t); ; {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		n, err := r.Read(c.room)
		if n > 0 {
			if _, err := w.Write(c.room[:n]); err != nil {
				return err
			}
			c.done += int64(n)
			c.show(c.done)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
