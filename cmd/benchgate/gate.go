package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/querent-ai/chord/internal/cpu"
)

// A gate is one run: what is measured, and on what machine.
type gate struct {
	cfg        *config
	out        io.Writer
	cpu        cpu.ID   // of this machine
	tier       string   // of the kernels in use
	tiers      []string // all that this machine has
	base, head *side    // base may be nil
	count      int      // instead of the suites' counts, if not 0
	packages   []string // whose suites run; nil: all

	suiteOf  map[string]*suite // by benchmark
	compared map[*suite]bool   // suites that both base and head have run
}

var errSlow = errors.New("a gate failed")

// run measures, judges, measures a second time what failed, and prints the
// tables. The error is errSlow if something failed both times.
func (g *gate) run(ctx context.Context) error {
	start := time.Now()
	if why := g.cfg.notHere(g.cpu, g.tier); why != "" {
		fmt.Fprintln(g.out, why)
	}
	g.suiteOf, g.compared = map[string]*suite{}, map[*suite]bool{}
	for i := range g.cfg.Suites {
		s := &g.cfg.Suites[i]
		if len(g.packages) > 0 && !slices.Contains(g.packages, s.Package) {
			continue
		}
		if err := g.measure(ctx, s); err != nil {
			return err
		}
	}
	changes, checks := g.judge()
	if again := failing(changes, checks); len(again) > 0 {
		fmt.Fprintf(g.out, "failed, measured a second time: %s\n", strings.Join(again, ", "))
		if err := g.again(ctx, again); err != nil {
			return err
		}
		changes, checks = g.judge()
	}
	g.print(changes, checks)
	failed := failures(changes, checks)
	fmt.Fprintf(g.out, "%d compared, %d limits and ratios, %d failed, %.0f s\n",
		len(changes), len(checks), failed, time.Since(start).Seconds())
	if failed > 0 {
		return errSlow
	}
	return nil
}

// measure builds a suite and runs it, both sides in turn if they are compared.
func (g *gate) measure(ctx context.Context, s *suite) error {
	if err := g.head.build(ctx, s.Package); err != nil {
		return err
	}
	sides, count := []*side{g.head}, s.Count
	if g.count > 0 {
		count = g.count
	}
	if s.Compare {
		why := g.incomparable(ctx, s.Package)
		if why == "" {
			sides, g.compared[s] = []*side{g.base, g.head}, true
		} else {
			fmt.Fprintf(g.out, "%s: not compared: %s\n", s.Package, why)
			count = min(count, headCount)
		}
	}
	return g.measured(ctx, s, sides, count)
}

// measured runs a suite and adds its rows to those of the sides. No benchmark
// may be in two suites.
func (g *gate) measured(ctx context.Context, s *suite, sides []*side, count int) error {
	before := make([]rows, len(sides))
	for i, side := range sides {
		before[i], side.rows = side.rows, rows{}
	}
	if err := inTurn(ctx, sides, s.Package, g.bench(s), s.Benchtime.Duration, count); err != nil {
		return err
	}
	if len(g.head.rows) == 0 {
		return fmt.Errorf("%s: no benchmark matches %s", s.Package, g.bench(s))
	}
	for i, side := range sides {
		for _, name := range side.rows.names() {
			if o := g.suiteOf[name]; o != nil && o != s {
				return fmt.Errorf("Benchmark%[3]s is in two suites, of %[1]s and of %[2]s", o.Package, s.Package, name)
			}
			g.suiteOf[name] = s
		}
		maps.Copy(side.rows, before[i])
	}
	return nil
}

// headCount is how often a suite runs where only head is measured.
const headCount = 3

// incomparable returns why the benchmarks of a package cannot be compared with
// those of base, "" if they can.
func (g *gate) incomparable(ctx context.Context, pkg string) string {
	switch {
	case g.base == nil:
		return "no base"
	case !g.base.has(pkg):
		return "not in base"
	}
	if err := g.base.build(ctx, pkg); err != nil {
		return err.Error()
	}
	if sameProgram(g.base, g.head, pkg) {
		return "both commits build the same program"
	}
	return ""
}

// bench returns the suite's -bench expression for this machine.
func (g *gate) bench(s *suite) string { return strings.ReplaceAll(s.Bench, "{tier}", g.tier) }

// judge compares the times of both sides and checks head's against limits and
// ratios.
func (g *gate) judge() (changes []change, checks []check) {
	for name, s := range g.suiteOf {
		if g.compared[s] {
			changes = append(changes, compare(name, g.base.rows[name][seconds], g.head.rows[name][seconds],
				g.cfg.Slowdown.Alpha, g.cfg.threshold(name)))
		}
	}
	slices.SortFunc(changes, func(a, b change) int { return strings.Compare(a.name, b.name) })
	all := append(g.cfg.checkLimits(g.head.rows, g.cfg.notHere(g.cpu, g.tier) == ""), g.cfg.checkRatios(g.head.rows)...)
	for _, c := range all {
		// A benchmark that does not run here is not missing.
		if c.missing && (otherTier(c.name, g.tiers) || len(g.packages) > 0) {
			continue
		}
		checks = append(checks, c)
	}
	return changes, checks
}

// again measures benchmarks a second time and drops their first values.
func (g *gate) again(ctx context.Context, names []string) error {
	for _, name := range names {
		s := g.suiteOf[name]
		sides := []*side{g.head}
		if g.compared[s] {
			sides = []*side{g.base, g.head}
		}
		for _, side := range sides {
			delete(side.rows, name)
		}
		count := max(s.Count, g.count, headCount)
		if err := inTurn(ctx, sides, s.Package, only(name), s.Benchtime.Duration, count); err != nil {
			return err
		}
	}
	return nil
}
