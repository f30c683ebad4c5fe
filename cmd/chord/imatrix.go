package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/internal/inside"
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

// imatrix computes the importance matrix and writes it.
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
	if q.model.options.Context == 0 {
		c, err := llama.ReadConfig(f)
		if err != nil {
			return err
		}
		q.model.options.Context = c.Context
	}
	c := quantize.NewCollector(f, q.model.options.Context)
	c.Output = q.output
	for _, name := range q.files {
		if err := c.AddFile(name); err != nil {
			return err
		}
	}
	start := time.Now()
	if q.text != "" {
		c.AddDataset(q.text)
		if err := a.collect(ctx, c, q); err != nil {
			return err
		}
	}
	if err := a.create(ctx, q.out, c.Write); err != nil {
		return err
	}
	fmt.Fprintf(a.err, "%s: %d chunks in %.1f s\n", printable(q.out), c.Chunks(), time.Since(start).Seconds())
	return nil
}

// collect runs the text's chunks through the model.
func (a *app) collect(ctx context.Context, c *quantize.Collector, q imatrixFlags) error {
	m, err := a.open(&q.model)
	if err != nil {
		return err
	}
	defer m.Close()
	text, err := a.readFileText(q.text)
	if err != nil {
		return err
	}
	tok := m.Tokenizer()
	ids, err := tok.EncodeContext(ctx, nil, text, bpe.EncodeOptions{NoParseSpecial: !q.parseSpecial})
	if err != nil {
		return err
	}
	size := q.model.options.Context
	chunks := len(ids) / size
	if chunks < 2 {
		return fmt.Errorf("%s: %d tokens, want %d or more: two chunks", q.text, len(ids), 2*size)
	}
	if q.chunks >= 0 {
		chunks = min(chunks, q.chunks)
	}
	if err := inside.Observe(ctx, m, c.Observe); err != nil {
		return err
	}
	a.graceful.Store(true)
	defer a.graceful.Store(false)
	b := a.bar("imatrix", int64(chunks*size), commaText) // tokens
	defer b.end()
	b.show("imatrix", 0)
	for i := range chunks {
		chunk := ids[i*size:][:size]
		if tok.AddBOS() {
			chunk[0] = tok.BOS()
		}
		if err := forwardChunk(ctx, m, chunk, q.output); err != nil {
			return err
		}
		if err := c.Err(); err != nil {
			return err
		}
		b.show("imatrix", int64((i+1)*size))
		if n := i + 1; q.every > 0 && n%q.every == 0 && n < chunks {
			if err := a.create(ctx, q.out, c.Write); err != nil {
				return err
			}
		}
	}
	return nil
}

// forwardChunk runs ids through m, with the logits of all or with none.
func forwardChunk(ctx context.Context, m *chord.Model, ids []int32, logits bool) error {
	e := inside.Engine(m)
	seq := e.NewSeq(nil, engine.SeqOptions{NoPrefix: true, Embed: m.Info().Embedder})
	defer seq.Close()
	want := 0
	if logits && !m.Info().Embedder {
		want = len(ids)
	}
	for _, err := range e.ForwardEach(ctx, seq, ids, want) {
		if err != nil {
			return err
		}
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
	return dropLineEnd(text), err
}
