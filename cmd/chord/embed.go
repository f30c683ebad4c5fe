package main

import (
	"bufio"
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/querent-ai/chord"
)

// An embed is the flags of chord embed.
type embed struct {
	model     modelFlags
	prompt    prompt
	options   chord.EmbedOptions
	separator string
	norm      int
	format    string
	adapters  adapterFlags
}

// embedCommand returns chord embed.
func (a *app) embedCommand() *cobra.Command {
	var e embed
	cmd := &cobra.Command{
		Use:   "embed [text]",
		Short: "Turn texts into vectors, as JSON",
		Long: "Print a vector for each text, with an embedder such as bert or nomic-bert, or with a model\n" +
			"that generates text. Texts are the lines of an argument, of -p, of -f or of a pipe.",
		Example: `  chord embed -m nomic-embed-text.gguf "search_query: what is a cat?"
  chord embed -m bge.gguf -f texts.txt --embd-output-format array`,
	}
	a.runs(cmd, func(cmd *cobra.Command, args []string) error {
		return e.run(cmd.Context(), a, cmd.Flags(), args)
	})
	f := cmd.Flags()
	f.SortFlags = false
	e.model.flags(cmd)
	e.adapters.flags(f)
	e.prompt.flags(f)
	f.StringVar(&e.options.Pooling, "pooling", "", "one vector of the tokens': mean, cls or last; none: one for each token; without it what the model says")
	f.IntVar(&e.norm, "embd-normalize", 2, "divide by `N`: -1 nothing, 0 the largest element over 32760, 1 the sum of all, 2 the length, N the p-norm")
	f.StringVar(&e.format, "embd-output-format", "json", "`format`: json as OpenAI has it, or array")
	f.IntVar(&e.options.Dimensions, "dimensions", 0, "keep the first `N` elements, for models that were trained so; 0: all")
	f.BoolVar(&e.options.Truncate, "truncate", false, "cut off the end of a text that is longer than the context")
	f.StringVar(&e.separator, "embd-separator", "\n", "`text` between two texts")
	complete(cmd, "pooling", "none", "mean", "cls", "last")
	complete(cmd, "embd-output-format", "json", "array")
	return cmd
}

// run reads the texts, opens the model and prints.
func (e *embed) run(ctx context.Context, a *app, f *pflag.FlagSet, args []string) error {
	if err := e.model.check(); err != nil {
		return err
	}
	switch {
	case e.format != "json" && e.format != "array":
		return usagef("--embd-output-format %q: want json or array", e.format)
	case e.norm < -1:
		return usagef("--embd-normalize %d: want -1 or more", e.norm)
	case e.separator == "":
		return usagef("--embd-separator: the text is empty")
	}
	text, named, err := e.prompt.read(a, f, args)
	if err != nil {
		return err
	}
	if !named {
		return usagef("no text: give one as an argument, with -p or -f, or in a pipe (see chord embed --help)")
	}
	if len(args) == 0 && !f.Changed("prompt") {
		text = dropLineEnd(text)
	}
	m, err := a.open(&e.model)
	if err != nil {
		return err
	}
	defer m.Close()
	a.graceful.Store(true)
	defer a.graceful.Store(false)
	e.options.Raw = e.norm != 2
	if e.options.Adapters, err = e.adapters.load(m); err != nil {
		return err
	}
	defer e.adapters.close()
	vectors, err := m.Embed(ctx, strings.Split(text, e.separator), e.options)
	if err != nil {
		return err
	}
	width := cmp.Or(e.options.Dimensions, m.Info().VectorDim)
	for _, v := range vectors {
		for row := range slices.Chunk(v, width) {
			if e.options.Raw {
				normalize(row, e.norm)
			}
		}
	}
	return e.print(a, vectors, width)
}

// print prints vectors of the given width as JSON.
func (e *embed) print(a *app, vectors [][]float32, width int) error {
	w := bufio.NewWriterSize(a.out, 1<<16)
	open, end := "[", "]\n"
	if e.format == "json" {
		open, end = `{"object":"list","data":[`, "]}\n"
	}
	w.WriteString(open)
	for i, v := range vectors {
		b := appendComma(nil, i)
		if e.format == "json" {
			b = append(b, `{"object":"embedding","index":`...)
			b = strconv.AppendInt(b, int64(i), 10)
			b = append(e.appendVector(append(b, `,"embedding":`...), v, width), '}')
		} else {
			b = e.appendVector(b, v, width)
		}
		w.Write(b)
	}
	w.WriteString(end)
	return w.Flush()
}

// appendVector appends a text's vector, or the list of those of its tokens.
func (e *embed) appendVector(b []byte, v []float32, width int) []byte {
	if e.options.Pooling != "none" {
		return appendRow(b, v)
	}
	b = append(b, '[')
	i := 0
	for row := range slices.Chunk(v, width) {
		b = appendRow(appendComma(b, i), row)
		i++
	}
	return append(b, ']')
}

// normalize divides v as --embd-normalize says; p is not 2.
func normalize(v []float32, p int) {
	sum := 0.0
	for _, x := range v {
		switch abs := math.Abs(float64(x)); {
		case p == 0:
			sum = max(sum, abs/32760)
		case p > 0:
			sum += math.Pow(abs, float64(p))
		}
	}
	if p > 0 {
		sum = math.Pow(sum, 1/float64(p))
	}
	if p < 0 || sum == 0 {
		return
	}
	for i, x := range v {
		v[i] = float32(float64(x) / sum)
	}
}
