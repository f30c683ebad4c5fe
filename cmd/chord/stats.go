package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/querent-ai/chord"
)

// printStats prints the figures of a run to stderr.
func (a *app) printStats(s chord.Result, info chord.Info, seed int64) {
	w := tabwriter.NewWriter(a.err, 0, 0, 2, ' ', 0)
	defer w.Flush()
	row := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	row("load", "%s", milliseconds(info.Load))
	row("prompt", "%d tokens, %s, %.1f tokens/s", s.Prompt, milliseconds(s.PromptTime), s.PromptRate())
	if s.Cached > 0 {
		row("cached", "%d tokens of the prompt", s.Cached)
	}
	row("generation", "%d tokens, %s, %.1f tokens/s", s.Generated, milliseconds(s.TokenTime), s.TokenRate())
	if s.Drafted > 0 {
		row("drafted", "%d tokens, %d accepted (%.0f %%)", s.Drafted, s.Accepted, 100*float64(s.Accepted)/float64(s.Drafted))
	}
	if peak := peakMemory(); peak > 0 {
		row("peak memory", "%s", bytesText(peak))
	}
	row("tier", "%s, threads %d", info.Tier, info.Threads)
	row("seed", "%d", seed)
	if s.Finish != "" {
		row("end", "%s", s.Finish)
	}
}

// draftsText says how many of the drafted tokens were accepted, if there are any.
func draftsText(r *chord.Result) string {
	if r.Drafted == 0 {
		return ""
	}
	return fmt.Sprintf(", %d of %d drafted accepted", r.Accepted, r.Drafted)
}

// milliseconds returns d in milliseconds.
func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}
