// Command session reads the beginning of a story once and tells it on in several
// ways at the same time, one for each further argument.
//
//	go run ./examples/session "There was a little cat" " who was sad" " who could fly"
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"strings"
	"sync"

	"github.com/querent-ai/chord"
)

func main() {
	log.SetFlags(0)
	model := flag.String("m", "tales/chord-tales-q4_0.gguf", "GGUF `file`")
	flag.Parse()
	if flag.NArg() < 2 {
		log.Fatal("usage: session [flags] BEGINNING WAY...")
	}
	m, err := chord.Open(*model, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	stories, err := ways(context.Background(), m, flag.Arg(0), flag.Args()[1:])
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range stories {
		fmt.Println(s)
	}
}

// ways returns the beginning with each of turns and how the story goes on. Forks
// share the memory of what they have in common, and a goroutine each.
func ways(ctx context.Context, m *chord.Model, beginning string, turns []string) ([]string, error) {
	s := m.NewSession()
	defer s.Close()
	if err := s.Append(ctx, beginning); err != nil {
		return nil, err
	}
	stories, errs := make([]string, len(turns)), make([]error, len(turns))
	var wg sync.WaitGroup
	for i, turn := range turns {
		fork := s.Fork()
		wg.Go(func() {
			defer fork.Close()
			if errs[i] = fork.Append(ctx, turn); errs[i] != nil {
				return
			}
			var text string
			text, errs[i] = sentence(ctx, fork)
			stories[i] = beginning + turn + text
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return stories, nil
}

// sentence continues s to the end of a sentence. If that is a short one it goes
// back and tries again, up to five times in all.
func sentence(ctx context.Context, s *chord.Session) (string, error) {
	start := s.Len()
	text := ""
	for seed := range int64(5) {
		s.Rewind(start)
		text = ""
		for tok, err := range s.Generate(ctx, chord.Params{Seed: seed + 1, MaxTokens: 48}) {
			if err != nil {
				return "", err
			}
			text += tok.Text
			if strings.Contains(tok.Text, ".") {
				break
			}
		}
		if len(strings.Fields(text)) >= 8 {
			break
		}
	}
	return text, nil
}
