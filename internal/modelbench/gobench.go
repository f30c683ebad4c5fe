package modelbench

import (
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/querent-ai/chord/internal/bench"
	"github.com/querent-ai/chord/internal/cpu"
)

// A goBench is Go's benchmark format, which benchstat reads: a line for each
// repetition, a token is one operation.
type goBench struct {
	w    io.Writer
	open bool
}

// header writes the system and CPU once.
func (g *goBench) header() error {
	if g.open {
		return nil
	}
	g.open = true
	_, err := fmt.Fprintf(g.w, "goos: %s\ngoarch: %s\npkg: github.com/querent-ai/chord\ncpu: %s\n", runtime.GOOS, runtime.GOARCH, cpu.Name())
	return err
}

// row writes the repetitions of a row.
func (g *goBench) row(r *row) error {
	if err := g.header(); err != nil {
		return err
	}
	name := r.goName()
	shares, _ := r.shares()
	beside, alone, fair, vs := r.ratesOf(r.beside), r.toAlone(), r.toFair(), r.vs()
	for i, ts := range r.rates() {
		line := fmt.Sprintf("%s\t%8d\t%12.1f ns/op\t%10.2f tokens/s", name, r.Tokens(), 1e9/ts, ts)
		if i < len(shares) {
			line += fmt.Sprintf("\t%.4f of-limit", shares[i])
		}
		if i < len(r.drafts.rates) {
			line += fmt.Sprintf("\t%10.2f draft-tokens/s\t%.4f draft-of-plain", r.drafts.rates[i], r.drafts.ratios()[i])
		}
		if i < len(beside) {
			line += fmt.Sprintf("\t%10.2f busy-tokens/s\t%.4f busy-of-alone\t%.4f busy-time-of-fair", beside[i], alone[i], fair[i])
		}
		if len(vs) == len(r.samples) {
			line += fmt.Sprintf("\t%.4f of-vs", vs[i])
		}
		if _, err := io.WriteString(g.w, line+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// goName returns the name of a row's benchmark, with key=value for all that may
// differ between rows.
func (r *row) goName() string {
	what := "Decode"
	switch {
	case r.Prompt > 0 && r.Gen > 0:
		what = "Mixed"
	case r.Prompt > 0:
		what = "Prompt"
	}
	name := fmt.Sprintf("Benchmark%s/model=%s/test=%s/depth=%d/batch=%d/cache=%s/threads=%d/tier=%s", what, word(r.Type),
		bench.Test{Prompt: r.Prompt, Gen: r.Gen, Seqs: 1}.Word(), r.Depth, r.Seqs, r.cache, r.threads, r.tier)
	if r.batch != defaultBatch {
		name += fmt.Sprintf("/b=%d", r.batch)
	}
	if r.ubatch != defaultUBatch {
		name += fmt.Sprintf("/ub=%d", r.ubatch)
	}
	return name
}

// word replaces the characters that end a part of a benchmark's name.
func word(s string) string {
	return strings.NewReplacer(" ", "-", "/", "-", "\t", "-", "\n", "-").Replace(s)
}

func (g *goBench) end() error { return nil }

// load writes the repetitions of a row of loading; loading is one operation.
func (g *goBench) load(r *loadRow) error {
	if err := g.header(); err != nil {
		return err
	}
	for i, d := range r.loads {
		line := fmt.Sprintf("BenchmarkLoad/model=%s/cache=%s/threads=%d/tier=%s\t%8d\t%12d ns/op\t%12d first-token-ns\t%12d read-ns",
			word(r.Type), r.cache, r.threads, r.tier, 1, d.Nanoseconds(), r.first[i].Nanoseconds(), r.reads[i].Nanoseconds())
		if i < len(r.peaks) {
			line += fmt.Sprintf("\t%.0f peak-bytes", r.peaks[i])
		}
		if _, err := io.WriteString(g.w, line+"\n"); err != nil {
			return err
		}
	}
	return nil
}
