package main

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/modelbench"
	"github.com/querent-ai/chord/llama"
)

// benchFlags are the flags of chord bench, with llama-bench's names.
type benchFlags struct {
	models         []string
	prompt, gen    intList
	pg             pairList
	depth, threads intList
	batch, ubatch  intList
	seqs           intList
	cacheK, cacheV []string
	reps, busy     int
	output         string
	noWarmup       bool
	limits, load   bool
	vs, profile    string
	draft          drafting
	draftPrompt    string
	options        chord.Options // NoRepack and OverrideKV; the rest are lists
}

// benchCommand returns chord bench.
func (a *app) benchCommand() *cobra.Command {
	b := benchFlags{
		prompt: intList{list: []int{512}}, gen: intList{list: []int{128}}, depth: intList{list: []int{0}},
		threads: intList{list: []int{0}, max: chord.MaxThreads}, batch: intList{list: []int{2048}, min: 1}, ubatch: intList{list: []int{512}, min: 1},
		seqs: intList{list: []int{1}, min: 1},
	}
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast a model reads and generates, beside this machine's limits or llama-bench",
		Long: "Measure how many tokens a second a model reads (pp512) and generates (tg128), with\n" +
			"llama-bench's flags and rows. Lists have commas or ranges (1-4, 1-16*2, 128-512+128), flags may be\n" +
			"repeated, and every combination is measured. tokens/s (t/s) is the median.\n\n" +
			"What is compared is measured in turn: --limits, --busy, --vs, --batch and drafts give the medians\n" +
			"of ratios taken repetition by repetition. Ctrl-C ends with what has been measured.",
		Example: `  chord bench -m model.gguf -p 512 -n 128 -d 0,4096 -t 1,2 --limits
  chord bench -m model.gguf -n 64 \
    --vs 'llama-bench -m model.gguf -n 64 -r 1 -o json'
  chord bench -m model.gguf -md small.gguf -p 0
  chord bench -m model.gguf -r 10 -o go | benchstat -`,
		Args: cobra.NoArgs,
	}
	a.runs(cmd, func(cmd *cobra.Command, _ []string) error {
		return b.run(cmd.Context(), a, cmd.Flags())
	})
	b.flags(cmd)
	return cmd
}

// flags registers the flags.
func (b *benchFlags) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVarP(&b.models, "model", "m", nil, "GGUF `file`s; without it, the model in the binary")
	f.VarP(&b.prompt, "n-prompt", "p", "tests that read `N` tokens; 0 is none")
	f.VarP(&b.gen, "n-gen", "n", "tests that generate `N` tokens; 0 is none")
	f.Var(&b.pg, "pg", "tests that read and then generate `P,N` tokens (also -pg)")
	f.VarP(&b.depth, "n-depth", "d", "`N` tokens are in the sequence before")
	f.VarP(&b.threads, "threads", "t", "`N` threads compute; 0 is every core this process may use")
	f.VarP(&b.batch, "batch-size", "b", "the model is given at most `N` tokens of a prompt at once")
	f.Var(&b.ubatch, "ubatch-size", "and computes at most `N` of them at once, never more than 256 (also -ub)")
	f.StringSliceVar(&b.cacheK, "cache-type-k", []string{"f16"}, "`type` of the keys in the cache: "+strings.Join(llama.KVTypes(), ", ")+" (also -ctk)")
	f.StringSliceVar(&b.cacheV, "cache-type-v", []string{"f16"}, "`type` of the values there (also -ctv)")
	f.IntVarP(&b.reps, "repetitions", "r", 5, "measure every row `N` times")
	f.StringVarP(&b.output, "output", "o", "", "`format`: "+strings.Join(modelbench.Formats, ", ")+" (Go's benchmarks, for benchstat); without it, text on a terminal, else md")
	f.BoolVar(&b.noWarmup, "no-warmup", false, "count the first time that a row runs too")
	f.Var(&b.seqs, "batch", "generate in `N` sequences at once, beside one: tokens of all together")
	b.draft.flags(f)
	f.StringVar(&b.draftPrompt, "draft-prompt", "Once upon a time", "`text` that rows which generate continue with drafts, and without, in turn")
	f.BoolVar(&b.limits, "limits", false, "measure plain memory read and int8 peak in turn with the rows: the share reached")
	f.IntVar(&b.busy, "busy", 0, "measure every row also beside a process that keeps `N` cores busy, in turn: what is left")
	f.StringVar(&b.vs, "vs", "", "run this `command`, which prints llama-bench's rows, in turn with all rows: the ratio")
	f.StringVar(&b.profile, "cpuprofile", "", "write a profile for go tool pprof to this `file`: of all that follows the first model's loading")
	f.BoolVar(&b.load, "load", false, "measure loading, the first token and peak memory instead, beside a plain read of the file")
	complete(cmd, "output", modelbench.Formats...)
	complete(cmd, "cache-type-k", llama.KVTypes()...)
	complete(cmd, "cache-type-v", llama.KVTypes()...)
	fileFlags(f, &b.options)
	modelFiles(cmd)
}

// plan returns the plan of the flags.
func (b *benchFlags) plan() (modelbench.Plan, error) {
	p := modelbench.Plan{Options: b.options, Threads: b.threads.list, TypesK: b.cacheK, TypesV: b.cacheV, Batch: b.batch.list, UBatch: b.ubatch.list,
		Prompt: b.prompt.list, Gen: b.gen.list, PG: b.pg, Depth: b.depth.list, Seqs: b.seqs.list,
		Reps: b.reps, NoWarmup: b.noWarmup, Limits: b.limits, Build: strings.TrimPrefix(thisBuild().commit(), "commit ")}
	if b.draft.path != "" || b.draft.max > 0 {
		p.Draft = &modelbench.Draft{Path: b.draft.path, Max: b.draft.max, Min: b.draft.min, PMin: b.draft.pMin, Prompt: b.draftPrompt}
	}
	if !slices.Contains(modelbench.Formats, b.output) {
		return p, usagef("-o %s: want one of %s", b.output, strings.Join(modelbench.Formats, ", "))
	}
	if b.reps < 1 {
		return p, usagef("-r %d: want 1 or more", b.reps)
	}
	err := firstError(checkCacheTypes(b.cacheK, b.cacheV), b.draft.check())
	if err != nil {
		return p, err
	}
	if p.Busy, err = busy(b.busy); err != nil {
		return p, err
	}
	if b.vs != "" {
		if p.Vs, err = modelbench.ParseCommand(b.vs); err != nil {
			return p, usageError{err}
		}
	}
	if !slices.Contains(b.seqs.list, 1) {
		p.Seqs = append([]int{1}, p.Seqs...) // the baseline of the others
	}
	if slices.Max(slices.Concat(p.Prompt, p.Gen)) == 0 && len(p.PG) == 0 {
		return p, usagef("-p 0, -n 0 and no --pg: nothing to measure")
	}
	return p, b.sources(&p)
}

// sources adds the models. A name that is not a file may be a list of names.
func (b *benchFlags) sources(p *modelbench.Plan) error {
	for _, name := range b.models {
		names := []string{name}
		if _, err := os.Stat(name); err != nil {
			names = strings.Split(name, ",")
		}
		for _, n := range names {
			p.Models = append(p.Models, modelbench.Source{Path: n})
		}
	}
	if len(p.Models) > 0 {
		return nil
	}
	fsys, name, err := embedded()
	p.Models = []modelbench.Source{{Path: name, FS: fsys}}
	return err
}

// run measures and prints.
func (b *benchFlags) run(ctx context.Context, a *app, f *pflag.FlagSet) error {
	if b.output == "" {
		b.output = "md"
		if isTerminal(a.out) {
			b.output = "text"
		}
	}
	p, err := b.plan()
	if err != nil {
		return err
	}
	p.Opens = a.opens
	p.Screen = a.benchScreen()
	s := &aboveLine{a.out, a.line}
	p.Progress = a.measuring()
	a.graceful.Store(true)
	defer a.graceful.Store(false)
	defer a.line.clear()
	if !b.load {
		return b.profiled(&p, func() error { return p.Run(ctx, s, b.output) })
	}
	for _, name := range []string{"n-prompt", "n-gen", "pg", "n-depth", "batch-size", "ubatch-size", "batch", "limits", "busy", "vs", "cpuprofile", "model-draft", "draft-max", "draft-prompt"} {
		if f.Changed(name) {
			return usagef("--load: measures no tokens: it has no --%s", name)
		}
	}
	return p.Load(ctx, s, b.output, resetPeakMemory, peakMemory)
}

// profiled calls run with the file of the profile, if there is to be one.
func (b *benchFlags) profiled(p *modelbench.Plan, run func() error) error {
	if b.profile == "" {
		return run()
	}
	f, err := os.Create(b.profile)
	if err != nil {
		return err
	}
	p.Profile = f
	return errors.Join(run(), f.Close())
}

// benchScreen returns what the table is made for. A terminal of a person shows it from the
// first row on.
func (a *app) benchScreen() (s modelbench.Screen) {
	s.Columns, s.Lines = terminalSize(a.out)
	s.Color = a.colored(a.out)
	if os.Getenv("TERM") == "dumb" || !ansi(a.out) {
		s.Lines = 0
	}
	return s
}

// measuring returns a function that shows how many measurements are done. The text has
// to be true while one takes long, so every change is shown.
func (a *app) measuring() func(now string, done, total int) {
	b := a.bar("", 0, commaText)
	if b == nil {
		return nil
	}
	return func(now string, done, total int) {
		b.total, b.last = int64(total), time.Time{}
		b.show(printable(now), int64(done))
	}
}

// An aboveLine writes results above the live line.
type aboveLine struct {
	w    io.Writer
	line *liveLine
}

// Write clears the line and writes results.
func (l *aboveLine) Write(p []byte) (int, error) {
	l.line.clear()
	return l.w.Write(p)
}
