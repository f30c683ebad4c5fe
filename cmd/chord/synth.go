package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/querent-ai/chord/internal/synth"
)

// synthCommand returns chord synth.
func (a *app) synthCommand() *cobra.Command {
	var shape string
	var o synth.Options
	cmd := &cobra.Command{
		Use:   "synth --shape tinyllama-1.1b --type Q4_0 out.gguf",
		Short: "Write a model of a real shape with random weights, for benchmarks",
		Long: "Write a GGUF model that has the shape, the keys and the types of a real one, and random\n" +
			"weights: as fast and as big as the real one, and nothing to say. - writes to stdout.",
		Example: `  chord synth --shape llama-3.2-1b --type Q4_K_M out.gguf
  chord synth --shape tinyllama-1.1b --type Q4_0 --output-type Q6_K out.gguf`,
		Args: cobra.ExactArgs(1),
	}
	a.runs(cmd, func(cmd *cobra.Command, args []string) error {
		return a.synth(cmd.Context(), args[0], shape, o)
	})
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&shape, "shape", "tinyllama-1.1b", "the `shape`: one of "+list(synth.Shapes()))
	f.StringVar(&o.Type, "type", "Q4_0", "the `type` of every matrix, or a mix of llama-quantize: one of "+list(synth.Types()))
	f.StringVar(&o.OutputType, "output-type", "", "the `type` of the output matrix, or of the embedding that serves as one")
	f.Uint64Var(&o.Seed, "seed", 0, "seed of the weights; the same seed gives the same file")
	complete(cmd, "shape", synth.Shapes()...)
	complete(cmd, "type", synth.Types()...)
	complete(cmd, "output-type", synth.Types()...)
	return cmd
}

// synth writes the model to the file called name.
func (a *app) synth(ctx context.Context, name, shape string, o synth.Options) error {
	s, err := synth.ShapeOf(shape)
	if err != nil {
		return usageError{err}
	}
	if err := o.Check(); err != nil {
		return usageError{err}
	}
	start, size := time.Now(), int64(0)
	err = a.create(ctx, name, func(w io.Writer) error {
		c := &countWriter{w: w}
		err := synth.Write(ctx, c, s, o)
		size = c.n
		return err
	})
	if err != nil {
		return err
	}
	took := time.Since(start)
	fmt.Fprintf(a.err, "%s: %s in %.1f s, %.0f MB/s\n", printable(name), bytesText(size), took.Seconds(), float64(size)/1e6/took.Seconds())
	return nil
}
