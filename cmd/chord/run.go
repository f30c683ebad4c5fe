package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
)

// generate is the flags of chord run.
type generate struct {
	model    modelFlags
	prompt   prompt
	sampling sampling
	predict  int
	stop     []string
	noPrompt bool
	noEOG    bool
	noParse  bool
	stats    bool
	receipt  string
	banned   []string
	within   constraint
	draft    drafting
	adapters adapterFlags
}

// runCommand returns chord run.
func (a *app) runCommand() *cobra.Command {
	var g generate
	cmd := &cobra.Command{
		Use:   "run [prompt]",
		Short: "Continue a text: tell a story from the model in the binary, or run any GGUF model",
		Long: "Continue a text, streaming. The text is an argument, or comes from -p, -f or a pipe;\n" +
			"the model is the little story teller in the binary, or the file that -m names.\n\n" +
			"Ctrl-C stops the text, a second one leaves at once.",
		Example: `  chord run "Once upon a time"
  chord run -m model.gguf -n 64 --temp 0 --stats "The capital of France is"
  cat prompt.txt | chord run -m model.gguf`,
	}
	a.runs(cmd, func(cmd *cobra.Command, args []string) error {
		return g.run(cmd.Context(), a, cmd.Flags(), args)
	})
	g.flags(cmd)
	return cmd
}

// flags registers the flags.
func (g *generate) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	g.model.flags(cmd)
	g.adapters.flags(f)
	g.prompt.flags(f)
	f.IntVarP(&g.predict, "n-predict", "n", -1, "generate at most `N` tokens; -1 until the model has finished")
	f.StringArrayVarP(&g.stop, "stop", "r", nil, "end before this `text` (may be repeated)")
	f.StringArrayVar(&g.banned, "banned-string", nil, "keep this `text` out of what is generated (may be repeated)")
	g.sampling.flags(f)
	g.within.flags(f)
	f.BoolVar(&g.noEOG, "ignore-eos", false, "do not end where the model would")
	f.BoolVar(&g.noParse, "no-parse-special", false, "take names of control tokens in the prompt as text")
	f.BoolVar(&g.noPrompt, "no-display-prompt", false, "print only what is generated")
	g.draft.flags(f)
	promptCacheFlags(f, &g.model.options)
	f.StringVar(&g.receipt, "receipt", "", "write to `file` what chord verify needs to prove that the model said so")
	f.BoolVar(&g.stats, "stats", false, "print speed, memory, tier and seed to stderr")
}

// check returns an error about the flags that can be checked without a model.
func (g *generate) check() error {
	if g.predict < -1 || g.predict == 0 {
		return usagef("-n %d: want -1 (no limit), 1 or more", g.predict)
	}
	if err := g.draft.check(); err != nil {
		return err
	}
	for _, s := range g.stop {
		if s == "" {
			return usagef("--stop: the text is empty")
		}
	}
	for _, s := range g.banned {
		if s == "" {
			return usagef("--banned-string: the text is empty")
		}
	}
	return g.model.check()
}

// run reads the prompt, opens the model and prints the text that it generates.
func (g *generate) run(ctx context.Context, a *app, f *pflag.FlagSet, args []string) error {
	if err := g.check(); err != nil {
		return err
	}
	text, named, err := g.prompt.read(a, f, args)
	if err != nil {
		return err
	}
	if !named {
		return usagef(`no prompt: give one as an argument, with -p or -f, or in a pipe (see chord run --help)`)
	}
	if len(args) == 0 && !f.Changed("prompt") {
		text = dropLineEnd(text) // as llama.cpp does: editors add it
	}
	rules, err := g.within.grammar()
	if err != nil {
		return err
	}
	closeDraft, err := g.draft.open(&g.model.options)
	if err != nil {
		return err
	}
	defer closeDraft()
	m, err := a.open(&g.model)
	if err != nil {
		return err
	}
	defer m.Close()
	a.warnBOS(m.Tokenizer(), text, bpe.EncodeOptions{NoParseSpecial: g.noParse})
	p, seed, err := g.sampling.params(m.Tokenizer().Len())
	if err != nil {
		return err
	}
	p.MaxTokens, p.Stop, p.IgnoreEOS, p.NoParseSpecial = g.predict, g.stop, g.noEOG, g.noParse
	p.Grammar = rules
	p.BannedStrings = g.banned
	p.Receipt = g.receipt != ""
	g.draft.set(&p)
	if p.Adapters, err = g.adapters.load(m); err != nil {
		return err
	}
	defer g.adapters.close()
	result, err := g.print(ctx, a, m, text, p)
	if result.Finish == chord.FinishContext {
		fmt.Fprintf(a.err, "chord: the text ends here: the context of %d tokens is full (--ctx-size)\n", m.Context())
	}
	if r := result.Receipt; r != nil {
		err = firstError(err, a.create(ctx, g.receipt, func(w io.Writer) error { return json.NewEncoder(w).Encode(r) }))
	}
	if g.stats {
		a.printStats(result, m.Info(), seed)
	}
	return err
}

// print streams prompt and continuation to stdout and ends the last line. A
// signal stops it.
func (g *generate) print(ctx context.Context, a *app, m *chord.Model, text string, p chord.Params) (result chord.Result, err error) {
	a.graceful.Store(true)
	defer a.graceful.Store(false)
	w := &lineWriter{w: a.out}
	echo := func() {
		if !g.noPrompt {
			w.print(text, painter(a.colored(a.out)).paint(bold, text))
		}
		g.noPrompt = true
	}
	var end func()
	if p.Progress, end = a.reading(); p.Progress == nil { // else the bar comes first
		echo()
	}
	for tok, e := range m.Generate(ctx, text, p) {
		end()
		echo()
		if err = e; w.print(tok.Text, tok.Text) != nil {
			break
		}
		if tok.Result != nil {
			result = *tok.Result
		}
	}
	end()
	return result, firstError(w.end(), err)
}

// A lineWriter writes texts and knows whether a line is open. After an error
// of the writer it writes no more.
type lineWriter struct {
	w    io.Writer
	open bool
	err  error
}

// print writes looks, which is text with colours, and returns the first error so
// far.
func (l *lineWriter) print(text, looks string) error {
	if text == "" || l.err != nil {
		return l.err
	}
	l.open = !strings.HasSuffix(text, "\n")
	_, l.err = io.WriteString(l.w, looks)
	return l.err
}

// end ends the line if one is open and returns the first error.
func (l *lineWriter) end() error {
	if l.open {
		return l.print("\n", "\n")
	}
	return l.err
}

// firstError returns the first error that is not nil.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
