package main

import (
	"bufio"
	"context"
	"io"
	"math"
	"strconv"

	"github.com/spf13/cobra"
)

// logitsCommand returns chord logits.
func (a *app) logitsCommand() *cobra.Command {
	var model modelFlags
	var l adapterFlags
	var ids string
	var all bool
	cmd := &cobra.Command{
		Use:   "logits --ids 1,403,407",
		Short: "Print the logits after token ids, as JSON",
		Long: "Print what the model makes of token ids: {\"ids\": […], \"logits\": [[…], …]}, one row of\n" +
			"logits after the last id, or with --all after each. Every number reads back to the\n" +
			"same float32. The key/value cache is f32 unless -ctk and -ctv say otherwise, and the context\n" +
			"as long as the ids need.",
		Example: `  chord logits -m model.gguf --ids 1,403,407
  chord tokenize -m model.gguf --ids "Once" |
    chord logits -m model.gguf --ids - --all`,
		Args: cobra.NoArgs,
	}
	a.runs(cmd, func(cmd *cobra.Command, _ []string) error {
		if err := model.check(); err != nil {
			return err
		}
		text := ids
		if ids == "-" {
			var err error
			if text, err = readText(a.in); err != nil {
				return err
			}
		}
		return a.logits(cmd.Context(), model, &l, text, all)
	})
	f := cmd.Flags()
	f.SortFlags = false
	model.flags(cmd)
	l.flags(f)
	setDefault(cmd, "cache-type-k", "f32")
	setDefault(cmd, "cache-type-v", "f32")
	f.StringVar(&ids, "ids", "", "the token `ids`: numbers with commas, or a JSON array; - is stdin")
	f.BoolVar(&all, "all", false, "print the logits after every id, not only the last")
	return cmd
}

// logits prints the logits after the ids in text. The context is long enough for
// them, even if the model was trained for fewer tokens.
func (a *app) logits(ctx context.Context, flags modelFlags, l *adapterFlags, text string, all bool) error {
	ids, err := parseIDs(text, math.MaxInt32)
	if err == nil && len(ids) == 0 {
		err = usagef("--ids: no ids")
	}
	if err != nil {
		return err
	}
	if a.fitsIDs = flags.options.Context == 0; a.fitsIDs {
		flags.options.Context = len(ids)
	}
	m, err := a.open(&flags)
	if err != nil {
		return err
	}
	defer m.Close()
	adapters, err := l.load(m)
	if err != nil {
		return err
	}
	defer l.close()
	a.graceful.Store(true)
	defer a.graceful.Store(false)
	w := bufio.NewWriterSize(a.out, 1<<16)
	b := []byte(`{"ids":[`)
	for i, id := range ids {
		b = strconv.AppendInt(appendComma(b, i), int64(id), 10)
	}
	w.Write(append(b, `],"logits":[`...))
	printed, want := 0, 1
	if all {
		want = len(ids)
	}
	for row, err := range m.Logits(ctx, ids, want, adapters...) {
		if err != nil {
			return err
		}
		w.Write(appendRow(appendComma(nil, printed), row))
		printed++
	}
	io.WriteString(w, "]}\n")
	return w.Flush()
}

// appendComma appends the separator before element i of a JSON array.
func appendComma(b []byte, i int) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return b
}

// appendRow appends row as a JSON array, each number in the fewest digits that
// read back to it; JSON has no NaN and no infinity: they are null.
func appendRow(b []byte, row []float32) []byte {
	b = append(b, '[')
	for i, x := range row {
		b = appendComma(b, i)
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			b = append(b, "null"...)
			continue
		}
		b = strconv.AppendFloat(b, float64(x), 'g', -1, 32)
	}
	return append(b, ']')
}
