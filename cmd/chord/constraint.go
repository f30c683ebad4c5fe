package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/pflag"

	"github.com/querent-ai/chord/grammar"
)

// A constraint has the flags that constrain the text, with llama.cpp's names.
type constraint struct {
	gbnf, gbnfFile     string
	schema, schemaFile string
}

// flags registers the flags.
func (c *constraint) flags(f *pflag.FlagSet) {
	f.StringVar(&c.gbnf, "grammar", "", "constrain the text to this `GBNF` grammar, or one in Lark that begins with %llguidance")
	f.StringVar(&c.gbnfFile, "grammar-file", "", "`file` with such a grammar")
	f.StringVarP(&c.schema, "json-schema", "j", "", "constrain the text to JSON of this `schema`; {} for any")
	f.StringVar(&c.schemaFile, "json-schema-file", "", "`file` with a JSON Schema (also -jf)")
}

// grammar returns the grammar of the flags, nil if there is none.
func (c *constraint) grammar() (*grammar.Grammar, error) {
	given := 0
	for _, s := range []string{c.gbnf, c.gbnfFile, c.schema, c.schemaFile} {
		if s != "" {
			given++
		}
	}
	if given > 1 {
		return nil, usagef("one of --grammar, --grammar-file, --json-schema and --json-schema-file is enough")
	}
	read := func(name string) (string, error) {
		b, err := os.ReadFile(name)
		return string(b), err
	}
	var err error
	switch {
	case c.gbnfFile != "":
		if c.gbnf, err = read(c.gbnfFile); err != nil {
			return nil, err
		}
	case c.schemaFile != "":
		if c.schema, err = read(c.schemaFile); err != nil {
			return nil, err
		}
	}
	var g *grammar.Grammar
	switch {
	case c.gbnf != "":
		g, err = grammar.Parse(c.gbnf)
	case c.schema != "":
		g, err = grammar.JSONSchema(json.RawMessage(c.schema))
	}
	if err != nil {
		return nil, usageError{fmt.Errorf("%w", err)}
	}
	return g, nil
}
