// Command benchgate fails if a commit makes chord slower.
//
//	benchgate [-base REF] [-head REF|worktree] [-gates FILE] [-count N] [-packages LIST]
//	benchgate render [-check]
//	benchgate rows -model NAME -type TYPE [-engine NAME] <output
//	benchgate header -command TEXT [-machine TEXT] [-with TEXT]
//
// The first builds the benchmarks of two commits, base and head, runs them in
// turn (A, B, A, B, …), and fails if head's median is larger by more than the
// threshold in benchdata/gates.json and the difference is significant by the
// Mann-Whitney test; a benchmark that fails is measured a second time before the
// verdict. Head must also keep the limits in gates.json, which are times and
// apply to one model of CPU, and its ratios, which apply on every machine.
//
// The second makes the charts in benchdata, and what README.md and
// docs/benchmarks.md have between marks, from the rows in benchdata; with -check
// it says what is out of date instead.
//
// The third turns what chord bench or llama-bench printed with -o json, jsonl or
// csv into such rows of a model. The fourth writes the header that every file of
// rows begins with: machine, commit and command.
//
// Exit codes: 0 success, 1 a gate or something else failed, 2 usage.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/querent-ai/chord/internal/cpu"
	"github.com/querent-ai/chord/simd"
)

// worktree is the head that stands for the files as they are.
const worktree = "worktree"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run runs the program and returns its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var err error
	switch {
	case len(args) > 0 && args[0] == "render":
		err = renderCommand(args[1:], stdout, stderr)
	case len(args) > 0 && args[0] == "rows":
		err = rowsCommand(args[1:], os.Stdin, stdout, stderr)
	case len(args) > 0 && args[0] == "header":
		err = headerCommand(ctx, args[1:], stdout, stderr)
	default:
		err = gateCommand(ctx, args, stdout, stderr)
	}
	var usage usageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &usage):
		fmt.Fprintln(stderr, "benchgate:", err)
		return 2
	}
	fmt.Fprintln(stderr, "benchgate:", err)
	return 1
}

// A usageError is a wrong command line.
type usageError struct{ error }

// parse parses args, which may only be flags.
func parse(flags *flag.FlagSet, args []string, stderr io.Writer) error {
	flags.SetOutput(io.Discard)
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(stderr)
		flags.Usage()
		return err
	case err != nil:
		return usageError{err}
	case flags.NArg() > 0:
		return usageError{fmt.Errorf("unexpected argument %q", flags.Arg(0))}
	}
	return nil
}

// gateCommand is benchgate without a subcommand.
func gateCommand(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("benchgate", flag.ContinueOnError)
	base := flags.String("base", "", "commit to compare with; default: HEAD for a changed worktree, where it left main for a branch, the commit before for main")
	head := flags.String("head", worktree, "commit to judge, or worktree for the files as they are")
	gates := flags.String("gates", "benchdata/gates.json", "file with suites, limits and ratios, from the repository's root")
	count := flags.Int("count", 0, "how often each commit is measured; default: as the suite says")
	packages := flags.String("packages", "", "run only the suites of these packages, separated by commas")
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	root, err := git(ctx, ".", "rev-parse", "--show-toplevel")
	if err != nil {
		return err
	}
	if !filepath.IsAbs(*gates) {
		*gates = filepath.Join(root, *gates)
	}
	cfg, err := readConfig(*gates)
	if err != nil {
		return err
	}
	g := &gate{cfg: cfg, out: stdout, cpu: cpu.This(), tier: simd.Tier(), tiers: simd.Tiers(), count: *count}
	if *packages != "" {
		g.packages = strings.Split(*packages, ",")
	}
	return g.commits(ctx, root, *base, *head)
}

// commits runs g on two commits of the repository at root.
func (g *gate) commits(ctx context.Context, root, base, head string) (err error) {
	if n := leastCount(g.cfg.Slowdown.Alpha); g.count != 0 && g.count < n {
		return usageError{fmt.Errorf("-count %d: no difference is significant with fewer than %d", g.count, n)}
	}
	if base == "" {
		if base, err = defaultBase(ctx, root, head); err != nil {
			return err
		}
	} else if commitOf(ctx, root, base) == "" {
		return fmt.Errorf("no commit %s here", base)
	}
	dir, err := os.MkdirTemp("", "benchgate")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	done := func() error { return nil }
	if g.head, done, err = sideOf(ctx, root, dir, "head", head); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	if base == "" {
		fmt.Fprintln(g.out, "no commit before this one here (a shallow clone?): limits and ratios only")
		return g.run(ctx)
	}
	var doneBase func() error
	if g.base, doneBase, err = sideOf(ctx, root, dir, "base", base); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, doneBase()) }()
	fmt.Fprintf(g.out, "base %.12s, head %.12s\n", commitOf(ctx, root, base), head)
	return g.run(ctx)
}

// sideOf returns commit ref, checked out below dir, or the worktree itself, and
// a function that removes it.
func sideOf(ctx context.Context, root, dir, name, ref string) (*side, func() error, error) {
	bin := filepath.Join(dir, name+"-bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		return nil, nil, err
	}
	if ref == worktree {
		return newSide(name, root, bin), func() error { return nil }, nil
	}
	tree := filepath.Join(dir, name)
	remove, err := checkout(ctx, root, ref, tree)
	if err != nil {
		return nil, nil, err
	}
	return newSide(name, tree, bin), remove, nil
}
