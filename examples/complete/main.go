// Command complete prints a prompt, what a model makes of it, and what that took.
//
//	go run ./examples/complete "Once upon a time"
//	go run ./examples/complete -m model.gguf -n 200 -seed 7 "The capital of France is"
package main

import (
	"context"
	"flag"
	"fmt"
	"log"

	"github.com/querent-ai/chord"
)

func main() {
	log.SetFlags(0)
	model := flag.String("m", "tales/chord-tales-q4_0.gguf", "GGUF `file`")
	tokens := flag.Int("n", 64, "at most `N` tokens")
	seed := flag.Int64("seed", 0, "the same `seed` gives the same text; 0 draws one")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("usage: complete [flags] PROMPT")
	}
	if err := complete(*model, flag.Arg(0), chord.Params{MaxTokens: *tokens, Seed: *seed}); err != nil {
		log.Fatal(err)
	}
}

// complete opens a model and prints what it makes of the prompt.
func complete(path, prompt string, p chord.Params) error {
	m, err := chord.Open(path, chord.Options{})
	if err != nil {
		return err
	}
	defer m.Close()
	r, err := m.Complete(context.Background(), prompt, p)
	if err != nil {
		return err
	}
	fmt.Println(prompt + r.Text)
	log.Printf("%d tokens, ended by %s, seed %d, %.0f tokens a second", r.Generated, r.Finish, r.Seed, r.TokenRate())
	return nil
}
