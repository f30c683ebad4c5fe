package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// print writes the tables of changes and checks.
func (g *gate) print(changes []change, checks []check) {
	w := tabwriter.NewWriter(g.out, 0, 0, 2, ' ', 0)
	if len(changes) > 0 {
		fmt.Fprintln(w, "benchmark\told\tnew\tdelta\tp\tverdict")
		for _, c := range changes {
			fmt.Fprintln(w, strings.Join(c.columns(g.cfg.threshold(c.name)), "\t"))
		}
		fmt.Fprintln(w)
	}
	if len(checks) > 0 {
		fmt.Fprintln(w, "benchmark\tis\twant\tverdict\tof")
		for _, c := range checks {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", c.name, c.got, c.want, c.verdict(), c.what)
		}
		fmt.Fprintln(w)
	}
	w.Flush()
}

// columns are a row of the table of changes.
func (c change) columns(threshold float64) []string {
	verdict := c.verdict
	if verdict == tooFar {
		verdict += fmt.Sprintf(": more than %.3g %%", 100*threshold)
	}
	if c.old == 0 || c.new == 0 {
		return []string{c.name, formatSeconds(c.old), formatSeconds(c.new), "", "", verdict}
	}
	return []string{c.name, formatSeconds(c.old), formatSeconds(c.new),
		fmt.Sprintf("%+.1f %%", 100*c.delta()), fmt.Sprintf("%.4f", c.p), verdict}
}

func (c check) verdict() string {
	switch {
	case c.missing:
		return "MISSING"
	case c.ok:
		return "ok"
	}
	return "FAILED"
}

// formatSeconds writes a time with four digits, "" for none.
func formatSeconds(s float64) string {
	if s == 0 {
		return ""
	}
	d := time.Duration(s * float64(time.Second))
	switch {
	case d >= time.Second:
		return fmt.Sprintf("%.4g s", s)
	case d >= time.Millisecond:
		return fmt.Sprintf("%.4g ms", 1e3*s)
	case d >= time.Microsecond:
		return fmt.Sprintf("%.4g µs", 1e6*s)
	}
	return fmt.Sprintf("%.4g ns", 1e9*s)
}
