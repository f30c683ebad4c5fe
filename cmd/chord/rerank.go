package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// A rerank is the flags of chord rerank.
type rerank struct {
	model  modelFlags
	file   string
	top    int
	asJSON bool
}

// A rerankReport is the JSON of chord rerank.
type rerankReport struct {
	Query   string         `json:"query"`
	Results []rerankResult `json:"results"`
}

// A rerankResult is a document with its score.
type rerankResult struct {
	Index    int     `json:"index"`
	Score    float32 `json:"relevance_score"`
	Document string  `json:"document"`
}

// rerankCommand returns chord rerank.
func (a *app) rerankCommand() *cobra.Command {
	var r rerank
	cmd := &cobra.Command{
		Use:   "rerank query [document...]",
		Short: "Sort documents by their relevance to a query",
		Long: "Print documents with their relevance to a query, the most relevant first, with a reranker\n" +
			"such as BGE's, Jina's or Qwen3's. Documents are the other arguments, or else the lines of -f\n" +
			"or of a pipe that are not empty. The number of a document counts from 0.",
		Example: `  chord rerank -m bge-reranker.gguf "what is a panda?" "a bear of China" "hi"
  chord rerank -m qwen3-reranker.gguf --top-n 3 --json \
    "what is a panda?" < documents.txt`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf("no query: give it as the first argument (see chord rerank --help)")
			}
			return nil
		},
	}
	a.runs(cmd, func(cmd *cobra.Command, args []string) error {
		return r.run(cmd.Context(), a, cmd.Flags(), args[0], args[1:])
	})
	f := cmd.Flags()
	f.SortFlags = false
	r.model.flags(cmd)
	f.StringVarP(&r.file, "file", "f", "", "read the documents from this `file`, one a line; - is stdin")
	f.IntVar(&r.top, "top-n", 0, "print the first `N` documents; 0: all")
	f.BoolVar(&r.asJSON, "json", false, "print JSON")
	return cmd
}

// run reads the documents, opens the model, sorts and prints.
func (r *rerank) run(ctx context.Context, a *app, f *pflag.FlagSet, query string, docs []string) error {
	if err := r.model.check(); err != nil {
		return err
	}
	if r.top < 0 {
		return usagef("--top-n %d: want 0 or more", r.top)
	}
	docs, err := r.documents(a, f, docs)
	if err != nil {
		return err
	}
	m, err := a.open(&r.model)
	if err != nil {
		return err
	}
	defer m.Close()
	a.graceful.Store(true)
	defer a.graceful.Store(false)
	scores, err := m.Rerank(ctx, query, docs)
	if err != nil {
		return err
	}
	report := rerankReport{Query: query, Results: ranked(docs, scores)}
	if r.top > 0 {
		report.Results = report.Results[:min(r.top, len(docs))]
	}
	if r.asJSON {
		return a.json(report)
	}
	return report.print(a)
}

// documents returns the documents of the arguments, of -f or of a pipe.
func (r *rerank) documents(a *app, f *pflag.FlagSet, docs []string) ([]string, error) {
	if len(docs) > 0 {
		if f.Changed("file") {
			return nil, usagef("the documents come from arguments and --file: name one")
		}
		return docs, nil
	}
	p := prompt{file: r.file}
	text, named, err := p.read(a, f, nil)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			docs = append(docs, line)
		}
	}
	if !named || len(docs) == 0 {
		return nil, usagef("no documents: give them as arguments, with -f or in a pipe (see chord rerank --help)")
	}
	return docs, nil
}

// ranked returns documents by falling score, those of the same score in their
// order.
func ranked(docs []string, scores []float32) []rerankResult {
	results := make([]rerankResult, len(docs))
	for i, d := range docs {
		results[i] = rerankResult{i, scores[i], d}
	}
	slices.SortStableFunc(results, func(a, b rerankResult) int {
		switch {
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		}
		return 0
	})
	return results
}

// print prints a table: score, number and document.
func (r *rerankReport) print(a *app) error {
	for _, d := range r.Results {
		if _, err := fmt.Fprintf(a.out, "%9.4f  %3d  %s\n", d.Score, d.Index, printable(d.Document)); err != nil {
			return err
		}
	}
	return nil
}
