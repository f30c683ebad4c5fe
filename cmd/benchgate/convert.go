package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/querent-ai/chord/internal/bench"
)

// headerCommand is benchgate header: it writes the three lines that begin a file
// of rows, about this machine and the commit that is checked out.
func headerCommand(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("benchgate header", flag.ContinueOnError)
	command := flags.String("command", "", "what prints the rows")
	machine := flags.String("machine", "", "what they were measured on, if not this machine")
	with := flags.String("with", "", "other programs that were measured, and their versions")
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	o, err := origin(ctx, *command, *with)
	if err != nil {
		return err
	}
	if *machine != "" {
		o.Machine = *machine
	}
	if err := o.Check(); err != nil {
		return usageError{err}
	}
	_, err = io.WriteString(stdout, o.Header())
	return err
}

// origin returns the origin of rows that are measured here and now.
func origin(ctx context.Context, command, with string) (bench.Origin, error) {
	commit, err := git(ctx, ".", "describe", "--always", "--dirty", "--exclude=*")
	if err != nil {
		return bench.Origin{}, err
	}
	if with != "" {
		return bench.Here(commit, command, with), nil
	}
	return bench.Here(commit, command), nil
}

// rowsCommand is benchgate rows: it reads what chord bench or llama-bench
// printed with -o json, jsonl or csv and writes rows for benchdata/models.txt.
func rowsCommand(args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("benchgate rows", flag.ContinueOnError)
	model := flags.String("model", "", "name of the model, as in tinyllama-1.1b")
	typ := flags.String("type", "", "type of its weights, as in Q4_0")
	engine := flags.String("engine", chord, "the program that ran it")
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	for name, value := range map[string]string{"model": *model, "type": *typ, "engine": *engine} {
		if value == "" || strings.ContainsAny(value, " /\n") {
			return usageError{fmt.Errorf("-%s %q: want a word", name, value)}
		}
	}
	in, err := io.ReadAll(stdin)
	if err != nil {
		return err
	}
	results, err := bench.Parse(in)
	if err != nil {
		return fmt.Errorf("input: %w", err)
	}
	for _, r := range results {
		if r.Threads < 1 {
			return fmt.Errorf("input: %s: no number of threads", r.Test.Name())
		}
		if r.Test.Seqs > 1 {
			continue // the rate of several sequences together is no row of a model
		}
		write := func(engine string, rate float64) {
			fmt.Fprintf(stdout, "BenchmarkModel/model=%s/type=%s/test=%s/threads=%d/engine=%s 1 %.2f tok/s\n",
				*model, *typ, r.Test.Word(), r.Threads, engine, rate)
		}
		for i, rate := range r.Rates() {
			write(*engine, rate)
			if i < len(r.Shares) {
				write(bound, rate/r.Shares[i]) // of the machine's limit beside it
			}
		}
	}
	return nil
}
