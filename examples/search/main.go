// Command search prints the lines of files that are nearest in meaning to a
// query. The model should be an embedder, such as bge or nomic-embed; one that
// generates text gives vectors too, and poorer ones.
//
//	go run ./examples/search -m bge-small-en-v1.5-f16.gguf "a question of money" notes.txt
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"

	"github.com/querent-ai/chord"
)

func main() {
	log.SetFlags(0)
	model := flag.String("m", "tales/chord-tales-q4_0.gguf", "GGUF `file`")
	count := flag.Int("k", 3, "print the `K` nearest lines")
	flag.Parse()
	if flag.NArg() < 2 {
		log.Fatal("usage: search [flags] QUERY FILE...")
	}
	m, err := chord.Open(*model, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	texts, err := lines(flag.Args()[1:])
	if err != nil {
		log.Fatal(err)
	}
	hits, err := search(context.Background(), m, flag.Arg(0), texts)
	if err != nil {
		log.Fatal(err)
	}
	for _, h := range hits[:min(*count, len(hits))] {
		fmt.Printf("%.3f %s\n", h.similarity, h.text)
	}
}

// lines returns the lines of files that have text.
func lines(names []string) ([]string, error) {
	var texts []string
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(b)) {
			if line = strings.TrimSpace(line); line != "" {
				texts = append(texts, line)
			}
		}
	}
	return texts, nil
}

// A hit is a text and how near it is to the query: 1 is the same direction.
type hit struct {
	text       string
	similarity float32
}

// search returns texts, the nearest to the query first.
func search(ctx context.Context, m *chord.Model, query string, texts []string) ([]hit, error) {
	vectors, err := m.Embed(ctx, append([]string{query}, texts...), chord.EmbedOptions{Truncate: true})
	if err != nil {
		return nil, err
	}
	hits := make([]hit, len(texts))
	for i, text := range texts {
		hits[i] = hit{text, dot(vectors[0], vectors[1+i])}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(b.similarity, a.similarity) })
	return hits, nil
}

// dot returns the cosine of two vectors, which have the length 1.
func dot(a, b []float32) (sum float32) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}
