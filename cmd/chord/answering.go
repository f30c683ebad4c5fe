package main

import (
	"cmp"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/grammar"
)

// An answering is the flags of the commands that generate text: chord run and chord
// chat.
type answering struct {
	model      modelFlags
	sampling   sampling
	predict    int
	stop       []string
	noEOG      bool
	banned     []string
	within     constraint
	draft      drafting
	adapters   adapterFlags
	used       []chord.AdapterScale // the adapters, loaded
	system     string
	systemFile string
	modelfile  string
	thinking   thinking
	images     []string
}

// modelFlags registers the flags about the model.
func (g *answering) modelFlags(cmd *cobra.Command) {
	g.model.flags(cmd)
	mmprojFlag(cmd.Flags(), &g.model.options)
	cmd.Flags().StringVar(&g.modelfile, "modelfile", "", "take model, parameters and system prompt from an ollama Modelfile, `file`")
	g.adapters.flags(cmd.Flags())
}

// textFlags registers the flags about the text.
func (g *answering) textFlags(f *pflag.FlagSet) {
	f.IntVarP(&g.predict, "n-predict", "n", -1, "generate at most `N` tokens; -1 until the model has finished")
	f.StringArrayVarP(&g.stop, "stop", "r", nil, "end before this `text` (may be repeated)")
	f.StringArrayVar(&g.banned, "banned-string", nil, "keep this `text` out of what is generated (may be repeated)")
	g.sampling.flags(f)
	g.within.flags(f)
	f.BoolVar(&g.noEOG, "ignore-eos", false, "do not end where the model would")
}

// chatFlags registers the flags about chats.
func (g *answering) chatFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&g.system, "system-prompt", "", "`text` that tells the model how to answer (also -sys)")
	f.StringVar(&g.systemFile, "system-prompt-file", "", "`file` with such a text (also -sysf)")
	chatTemplateFlag(cmd, &g.model.options)
	g.imageFlag(f)
	g.thinking.flags(cmd)
}

// check returns an error about the flags that can be checked without a model, and
// reads the files that they name.
func (g *answering) check() error {
	if err := firstError(g.checkAnswer(), g.draft.check(), g.model.check()); err != nil {
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
	if g.system != "" && g.systemFile != "" {
		return usagef("--system-prompt and --system-prompt-file: name one")
	}
	if g.systemFile != "" {
		b, err := os.ReadFile(g.systemFile)
		if err != nil {
			return err
		}
		g.system = dropLineEnd(string(b))
	}
	var err error
	g.model.options.ChatTemplate, err = chatTemplateText(g.model.options.ChatTemplate)
	return err
}

// checkAnswer returns an error about the flags that /set of chord chat can change too.
func (g *answering) checkAnswer() error {
	if g.predict < -1 || g.predict == 0 {
		return usagef("-n %d: want -1 (no limit), 1 or more", g.predict)
	}
	return g.thinking.check()
}

// open opens the model, and the draft model if there is one. The caller calls close.
func (g *answering) open(a *app) (m *chord.Model, close func(), err error) {
	closeDraft, err := g.draft.open(&g.model.options)
	if err != nil {
		return nil, nil, err
	}
	if m, err = a.open(&g.model); err != nil {
		closeDraft()
		return nil, nil, err
	}
	close = func() {
		g.adapters.close()
		m.Close()
		closeDraft()
	}
	if g.used, err = g.adapters.load(m); err != nil {
		close()
		return nil, nil, err
	}
	a.remember(&g.model)
	return m, close, nil
}

// params returns the parameters for a vocabulary of vocab tokens, and the seed.
func (g *answering) params(vocab int, rules *grammar.Grammar) (chord.Params, int64, error) {
	p, seed, err := g.sampling.params(vocab)
	p.MaxTokens, p.Stop, p.IgnoreEOS = g.predict, g.stop, g.noEOG
	p.Grammar, p.BannedStrings, p.Adapters = rules, g.banned, g.used
	g.draft.set(&p)
	return p, seed, err
}

// messages returns a chat of the system prompt, if there is one, and what the user
// says and shows.
func (g *answering) messages(user string, pictures []chord.Part) []chord.Message {
	var list []chord.Message
	if g.system != "" {
		list = append(list, chord.Message{Role: "system", Content: g.system})
	}
	return append(list, withPictures(pictures, user))
}

// A thinking is the flags about reasoning before an answer.
type thinking struct {
	off    bool
	budget int
	format string
}

// flags registers the flags.
func (t *thinking) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&t.off, "no-thinking", false, "ask for an answer without reasoning before it")
	f.IntVar(&t.budget, "reasoning-budget", -1, "at most `N` tokens of reasoning; 0 is none, -1 any number")
	f.StringVar(&t.format, "reasoning-format", "auto", "`form` of reasoning: auto tells it from the answer, none leaves it there")
	complete(cmd, "reasoning-format", "auto", "deepseek", "none")
}

// check returns an error about the flags.
func (t *thinking) check() error {
	t.format = cmp.Or(t.format, "auto")
	switch {
	case t.budget < -1:
		return usagef("--reasoning-budget %d: want -1 (any number), 0 or more", t.budget)
	case t.format != "auto" && t.format != "deepseek" && t.format != "none":
		return usagef("--reasoning-format %s: want auto, deepseek or none", t.format)
	}
	return nil
}

// set sets the parameters.
func (t *thinking) set(p *chord.ChatParams) {
	p.ReasoningFormat = t.format
	if t.budget >= 0 {
		p.ReasoningBudget = &t.budget
	}
	if t.off || t.budget == 0 {
		off := false
		p.EnableThinking = &off
	}
}
