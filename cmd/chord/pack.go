package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/llama"
)

// packCommand returns chord pack.
func (a *app) packCommand() *cobra.Command {
	var threads int
	cmd := &cobra.Command{
		Use:   "pack in.gguf out.gguf",
		Short: "Write a model as it lies in memory, to open it at once",
		Long: "Write a GGUF file whose matrices are interleaved as the kernels want them: it is opened\n" +
			"in the time of reading its header, needs no memory of its own, and processes that use it\n" +
			"share its pages. Weights and results are the same. Other programs refuse the file; keep\n" +
			"the original. - writes to stdout.",
		Example: "  chord pack model.gguf model.packed.gguf\n  chord run -m model.packed.gguf \"Once\"",
		Args:    cobra.ExactArgs(2),
	}
	a.runs(cmd, func(cmd *cobra.Command, args []string) error {
		return a.pack(cmd.Context(), args[0], args[1], threads)
	})
	threadsFlag(cmd.Flags(), &threads)
	return cmd
}

// pack writes the file called in, packed, to the one called out.
func (a *app) pack(ctx context.Context, in, out string, threads int) error {
	f, err := gguf.Open(in)
	if err != nil {
		return err
	}
	defer f.Close()
	a.readsParts(f)
	start, size := time.Now(), int64(0)
	err = a.create(ctx, out, func(w io.Writer) error {
		c := &countWriter{w: w}
		err := llama.Pack(c, f, threads)
		size = c.n
		return err
	})
	if err != nil {
		return err
	}
	took := time.Since(start)
	fmt.Fprintf(a.err, "%s: %s in %.1f s, %.0f MB/s\n", printable(out), bytesText(size), took.Seconds(), float64(size)/1e6/took.Seconds())
	return nil
}
