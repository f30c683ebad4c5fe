package main

import (
	"bufio"
	"context"
	"io"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/querent-ai/chord/internal/eval"
)

// A perplexity is the flags of chord perplexity.
type perplexity struct {
	model   modelFlags
	prompt  prompt
	options eval.Options
	compare bool   // --kl-divergence
	base    string // the file to compare with, or to write
	json    bool
}

// perplexityCommand returns chord perplexity.
func (a *app) perplexityCommand() *cobra.Command {
	var p perplexity
	cmd := &cobra.Command{
		Use:   "perplexity -f text",
		Short: "Say how well a model predicts a text",
		Long: "Print the perplexity of a text as llama-perplexity does: the text is cut into windows of -c\n" +
			"tokens, those of each window's second half count, and what is known after each window is\n" +
			"printed. With --kl-divergence-base the base's logits are written, which --kl-divergence\n" +
			"compares another model with; llama-perplexity's files are the same.",
		Example: `  chord perplexity -m model.gguf -f wiki.test.raw
  chord perplexity -m model-f16.gguf -f wiki.test.raw \
    --kl-divergence-base base.bin
  chord perplexity -m model-q4_0.gguf --kl-divergence \
    --kl-divergence-base base.bin`,
		Args: cobra.NoArgs,
	}
	a.runs(cmd, func(cmd *cobra.Command, _ []string) error {
		return p.run(cmd.Context(), a, cmd.Flags())
	})
	f := cmd.Flags()
	f.SortFlags = false
	p.model.flags(cmd)
	setDefault(cmd, "ctx-size", "512")
	f.Lookup("ctx-size").Usage = "windows have `N` tokens"
	p.prompt.flags(f)
	f.IntVar(&p.options.Windows, "chunks", -1, "compute `N` windows; -1 is all")
	f.IntVar(&p.options.Stride, "ppl-stride", 0, "windows begin `N` tokens after each other and their last N tokens count")
	f.BoolVar(&p.compare, "kl-divergence", false, "compare with the base logits in --kl-divergence-base")
	f.StringVar(&p.base, "kl-divergence-base", "", "`file` to write logits to, or with --kl-divergence to compare with")
	f.BoolVar(&p.json, "json", false, "print the result as JSON; figures that are no finite numbers are strings: \"NaN\", \"+Inf\"")
	return cmd
}

// run reads the text, opens the model and prints.
func (p *perplexity) run(ctx context.Context, a *app, f *pflag.FlagSet) error {
	text, err := p.check(a, f)
	if err != nil {
		return err
	}
	var base io.Reader
	if p.compare {
		file, err := os.Open(p.base)
		if err != nil {
			return err
		}
		defer file.Close()
		base = bufio.NewReaderSize(file, 1<<20)
	}
	m, err := a.open(&p.model)
	if err != nil {
		return err
	}
	defer m.Close()
	a.graceful.Store(true)
	defer a.graceful.Store(false)
	if p.compare {
		return p.divergence(ctx, a, m, base)
	}
	if p.base == "" {
		return p.perplexity(ctx, a, m, text)
	}
	a.reads(p.model.path, p.prompt.file)
	return a.create(ctx, p.base, func(w io.Writer) error {
		b := bufio.NewWriterSize(w, 1<<20)
		p.options.Base = b
		return firstError(p.perplexity(ctx, a, m, text), b.Flush())
	})
}

// check returns the text, or an error about the flags.
func (p *perplexity) check(a *app, f *pflag.FlagSet) (text string, err error) {
	if err := p.model.check(); err != nil {
		return "", err
	}
	for _, n := range []struct {
		name       string
		value, min int
	}{{"--chunks", p.options.Windows, -1}, {"--ppl-stride", p.options.Stride, 0}} {
		if n.value < n.min {
			return "", usagef("%s %d: want %d or more", n.name, n.value, n.min)
		}
	}
	p.options.Window = p.model.options.Context
	switch {
	case p.compare && p.base == "":
		return "", usagef("--kl-divergence: what with? Name the base's logits with --kl-divergence-base")
	case p.base != "" && p.options.Stride > 0:
		return "", usagef("--kl-divergence-base cannot be used with --ppl-stride")
	case p.base == "-" && !p.compare:
		return "", usagef("--kl-divergence-base -: stdout is for the figures")
	case p.compare:
		return "", nil // the base has the tokens
	}
	text, named, err := p.prompt.read(a, f, nil)
	if err == nil && !named {
		err = usagef("no text: give it with -f, -p or in a pipe (see chord perplexity --help)")
	}
	if !f.Changed("prompt") {
		text = dropLineEnd(text) // as llama.cpp has it
	}
	return text, err
}
