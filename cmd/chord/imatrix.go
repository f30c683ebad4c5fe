package main

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/quantize"
	"github.com/querent-ai/chord/llama"
)

// imatrixFlags are those of chord imatrix.
type imatrixFlags struct {
	model                modelFlags
	text, out            string
	files                []string
	chunks, every        int
	output, parseSpecial bool
}

// imatrixCommand returns chord imatrix.
func (a *app) imatrixCommand() *cobra.Command {
	var q imatrixFlags
	cmd := &cobra.Command{
		Use:   "imatrix -m model.gguf -f text.txt",
		Short: "Measure how much each column of a model's matrices matters",
		Long: "Run a text through a model, chunk by chunk, and write an importance matrix: for each\n" +
			"column of each matrix, and of each expert's, the sum of the squares of what it was\n" +
			"multiplied with, in llama-imatrix's GGUF form. chord quantize --imatrix takes more care\n" +
			"of columns that matter. With --in-file, files are added up, together with the text if\n" +
			"there is one.",
		Example: `  chord imatrix -m model-f16.gguf -f text.txt -o imatrix.gguf
  chord quantize --imatrix imatrix.gguf model-f16.gguf model-iq4_xs.gguf IQ4_XS`,
		Args: cobra.NoArgs,
	}
	a.runs(cmd, func(cmd *cobra.Command, _ []string) error {
		if err := q.model.check(); err != nil {
			return err
		}
		if q.text == "" && len(q.files) == 0 {
			return usagef("no text: name one with -f (see chord imatrix --help)")
		}
		return a.imatrix(cmd.Context(), q)
	})
	f := cmd.Flags()
	f.SortFlags = false
	q.model.flags(cmd)
	setDefault(cmd, "ctx-size", "512")
	f.Lookup("ctx-size").Usage = "`N` tokens a chunk; 0 is what the model can"
	f.StringVarP(&q.text, "file", "f", "", "the text is in this `file`; - is stdin")
	f.StringVarP(&q.out, "output", "o", "imatrix.gguf", "write to this `file`; - is stdout")
	f.IntVar(&q.chunks, "chunks", -1, "at most `N` chunks; -1 is all of the text")
	f.IntVar(&q.every, "output-frequency", 0, "write what there is every `N` chunks; 0 is only at the end")
	f.BoolVar(&q.output, "process-output", false, "output.weight too")
	f.BoolVar(&q.parseSpecial, "parse-special", false, "names of control tokens in the text are those tokens")
	f.StringArrayVar(&q.files, "in-file", nil, "add the sums in this `file`; may be given more than once")
	return cmd
}

// imatrix writes the importance matrix that q asks for.
func (a *app) imatrix(ctx context.Context, q imatrixFlags) error {
	f, err := q.model.openFile()
	if err != nil {
		return err
	}
	defer f.Close()
	a.readsParts(f)
	a.reads(q.files...)
	a.reads(q.text)
	if err := a.distinct(q.out); err != nil { // before the work, not after it
		return err
	}
	o := q.model.llama()
	if o.Context == 0 {
		c, err := llama.ReadConfig(f)
		if err != nil {
			return err
		}
		o.Context = c.Context
	}
	c := quantize.NewCollector(f, o.Context)
	c.Output = q.output
	for _, name := range q.files {
		if err := c.AddFile(name); err != nil {
			return err
		}
	}
	start := time.Now()
	if q.text != "" {
		c.AddDataset(q.text)
		if err := a.collect(ctx, c, f, o, q); err != nil {
			return err
		}
	}
	if err := a.create(ctx, q.out, c.Write); err != nil {
		return err
	}
	fmt.Fprintf(a.err, "%s: %d chunks in %.1f s\n", printable(q.out), c.Chunks(), time.Since(start).Seconds())
	return nil
}

// collect runs the text's chunks through the model in f.
func (a *app) collect(ctx context.Context, c *quantize.Collector, f *gguf.File, o llama.Options, q imatrixFlags) error {
	tok, err := openTokenizer(q.model.path, q.model.options)
	if err != nil {
		return err
	}
	text, err := a.readFileText(q.text)
	if err != nil {
		return err
	}
	ids := tok.Encode(nil, text, bpe.EncodeOptions{NoParseSpecial: !q.parseSpecial})
	chunks := len(ids) / o.Context
	if chunks < 2 {
		return fmt.Errorf("%s: %d tokens, want %d or more: two chunks", q.text, len(ids), 2*o.Context)
	}
	if q.chunks >= 0 {
		chunks = min(chunks, q.chunks)
	}
	m, err := llama.Load(f, o)
	if err != nil {
		return err
	}
	defer m.Close()
	m.Observe(c.Observe)
	a.graceful.Store(true)
	defer a.graceful.Store(false)
	show, end := a.progress("imatrix", int64(chunks*o.Context))
	defer end()
	seq := m.NewSeq()
	defer seq.Close()
	for i := range chunks {
		chunk := ids[i*o.Context:][:o.Context]
		if tok.AddBOS() {
			chunk[0] = tok.BOS()
		}
		seq.Truncate(0)
		if err := forwardChunk(ctx, m, seq, chunk, q.output); err != nil {
			return err
		}
		if err := c.Err(); err != nil {
			return err
		}
		show(int64((i + 1) * o.Context))
		if n := i + 1; q.every > 0 && n%q.every == 0 && n < chunks {
			if err := a.create(ctx, q.out, c.Write); err != nil {
				return err
			}
		}
	}
	return nil
}

// forwardChunk runs ids through m. With their logits they come in smaller
// batches: logits are kept until the next. An embedder wants all at once.
func forwardChunk(ctx context.Context, m *llama.Model, seq *llama.Seq, ids []int32, logits bool) error {
	size := math.MaxInt
	if c := m.Config(); logits && !c.Embedder() {
		size = logitsBatch
	}
	for len(ids) > 0 {
		batch := make([]llama.Token, min(size, len(ids)))
		for i := range batch {
			batch[i] = llama.Token{Seq: seq, ID: ids[i], Logits: logits}
		}
		if err := m.Forward(ctx, batch); err != nil {
			return err
		}
		ids = ids[len(batch):]
	}
	return nil
}

// readFileText returns the text in a file, without the line end of its last
// line, as llama.cpp reads it.
func (a *app) readFileText(name string) (string, error) {
	read := func() (string, error) { return readText(a.in) }
	if name != "-" {
		read = (&prompt{file: name}).readFile
	}
	text, err := read()
	return strings.TrimSuffix(text, "\n"), err
}
