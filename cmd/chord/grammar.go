package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/querent-ai/chord/grammar"
)

// A grammarCheck is the flags of chord grammar check.
type grammarCheck struct {
	schema, gbnf, lark string
}

// grammarCommand returns chord grammar.
func (a *app) grammarCommand() *cobra.Command {
	var g grammarCheck
	cmd := &cobra.Command{
		Use:   "grammar check",
		Short: "Say whether a text is one of a grammar or a JSON Schema",
		Long: "Say whether the text on stdin is one that a grammar allows, as it is when a model\n" +
			"writes under it. A line end after the text does not count. The exit code is 0 if it\n" +
			"is allowed, 1 if it is not, and 2 if the grammar is wrong or cannot be enforced.",
		Example: `  chord grammar check --json-schema schema.json < answer.json
  chord grammar check --grammar list.gbnf < list.txt
  chord grammar check --lark list.lark < list.txt`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] != "check" {
				return fmt.Errorf("what to do with the grammar: check")
			}
			return nil
		},
		ValidArgs: []string{"check"},
	}
	a.runs(cmd, func(*cobra.Command, []string) error { return g.run(a) })
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&g.schema, "json-schema", "", "`file` with a JSON Schema")
	f.StringVar(&g.gbnf, "grammar", "", "`file` with a grammar in llama.cpp's notation, GBNF, or in Lark if it begins with %llguidance")
	f.StringVar(&g.lark, "lark", "", "`file` with a grammar in Lark's notation, as llguidance reads it")
	return cmd
}

// run reads the grammar and the text and compares them.
func (g *grammarCheck) run(a *app) error {
	rules, err := g.open()
	if err != nil {
		return err
	}
	text, err := io.ReadAll(a.in)
	if err != nil {
		return err
	}
	ok, at := rules.Match(text)
	if !ok {
		text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
		ok, at = rules.Match(text)
	}
	if ok {
		return nil
	}
	what := "the text ends too early"
	if at < len(text) {
		what = fmt.Sprintf("%q may not come here", firstRunes(string(text[at:]), 12))
	}
	line := 1 + bytes.Count(text[:at], []byte("\n"))
	return fmt.Errorf("line %d, byte %d of the text: %s", line, at-bytes.LastIndexByte(text[:at], '\n'), what)
}

// open reads the grammar. What is wrong with it is told as a wrong command line.
func (g *grammarCheck) open() (*grammar.Grammar, error) {
	name := g.schema + g.gbnf + g.lark
	if name == "" || name != g.schema && name != g.gbnf && name != g.lark {
		return nil, usagef("give one of --json-schema, --grammar and --lark")
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, usageError{err}
	}
	var rules *grammar.Grammar
	switch {
	case g.schema != "":
		rules, err = grammar.JSONSchema(b)
	case g.lark != "":
		rules, err = grammar.Lark(string(b))
	default:
		rules, err = grammar.Parse(string(b))
	}
	if err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", name, err)}
	}
	return rules, nil
}
