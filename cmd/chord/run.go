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
	answering
	prompt   prompt
	raw      bool
	noPrompt bool
	noParse  bool
	stats    bool
	receipt  string
}

// runCommand returns chord run.
func (a *app) runCommand() *cobra.Command {
	var g generate
	cmd := &cobra.Command{
		Use:   "run [prompt]",
		Short: "Answer or continue a text: with any GGUF model, or a story from the one in the binary",
		Long: "Answer a text if the model is made for chats, which means that it has a chat template;\n" +
			"else, and with --raw, continue it. The text is an argument, or comes from -p, -f or a\n" +
			"pipe; of an argument and a pipe, the first says what to do with the second.\n\n" +
			"Without -m the model is the default of the configuration, or the one used last, or the\n" +
			"little story teller in the binary, which is also called embedded.\n\n" +
			"Ctrl-C stops the text, a second one leaves at once.",
		Example: `  chord run "Once upon a time"
  chord run -m model.gguf "Why is the sky blue?"
  chord run -m model.gguf --raw -n 64 --temp 0 "The capital of France is"
  cat notes.md | chord run -m model.gguf "Summarise"`,
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
	g.modelFlags(cmd)
	g.prompt.flags(f)
	f.BoolVar(&g.raw, "raw", false, "continue the text as it is, without the chat template (also -no-cnv)")
	g.chatFlags(cmd)
	g.textFlags(f)
	f.BoolVar(&g.noParse, "no-parse-special", false, "take names of control tokens in the prompt as text, as in chats")
	f.BoolVar(&g.noPrompt, "no-display-prompt", false, "print only what is generated, as in chats")
	g.draft.flags(f)
	promptCacheFlags(f, &g.model.options)
	f.StringVar(&g.receipt, "receipt", "", "write to `file` what chord verify needs to prove that the model said so")
	f.BoolVar(&g.stats, "stats", false, "print speed, memory, tier and seed to stderr")
}

// read returns the prompt.
func (g *generate) read(a *app, f *pflag.FlagSet, args []string) (string, error) {
	text, named, err := g.prompt.read(a, f, args)
	if err != nil {
		return "", err
	}
	if !named {
		return "", usagef(`no prompt: give one as an argument, with -p or -f, or in a pipe (see chord run --help)`)
	}
	if len(args) == 0 && !f.Changed("prompt") {
		text = dropLineEnd(text) // as llama.cpp does: editors add it
	}
	return text, nil
}

// run reads the prompt, opens the model and prints the text that it generates.
func (g *generate) run(ctx context.Context, a *app, f *pflag.FlagSet, args []string) error {
	if err := g.check(); err != nil {
		return err
	}
	if err := modelAsText(f, args); err != nil {
		return err
	}
	text, err := g.read(a, f, args)
	if err != nil {
		return err
	}
	rules, err := g.within.grammar()
	if err != nil {
		return err
	}
	m, closeModel, err := g.open(a)
	if err != nil {
		return err
	}
	defer closeModel()
	p, seed, err := g.params(m.Tokenizer().Len(), rules)
	if err != nil {
		return err
	}
	p.Receipt = g.receipt != ""
	var result chord.Result
	if g.answers(m) {
		if len(args) > 0 || f.Changed("prompt") {
			if text, err = g.withMaterial(a, text); err != nil {
				return err
			}
		}
		result, err = g.answer(ctx, a, m, text, p)
	} else {
		result, err = g.print(ctx, a, m, text, p)
	}
	return g.finish(ctx, a, m, result, seed, err)
}

// answers reports whether the text is a message to be answered. The model in the binary
// can do so too, but is better at stories.
func (g *generate) answers(m *chord.Model) bool {
	return m.Info().Chat && !g.raw && (g.model.path != "" || g.model.options.ChatTemplate != "" || g.system != "")
}

// finish says what is to be said about a text that ended with err, and returns the
// first error.
func (g *generate) finish(ctx context.Context, a *app, m *chord.Model, result chord.Result, seed int64, err error) error {
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
	if g.system != "" {
		return result, usagef("--system-prompt: %s continues a text, it has no chat template (--chat-template gives one)", m.Info().Name)
	}
	if len(g.images) > 0 {
		return result, usagef("--image: pictures are read in chats only, not in a text that is continued")
	}
	a.warnBOS(m.Tokenizer(), text, bpe.EncodeOptions{NoParseSpecial: g.noParse})
	p.NoParseSpecial = g.noParse
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
