// Command batch completes each line of its input, and prints a line of JSON for
// each, in their order. Goroutines share one model: those that ask at the same
// time share its forward passes, which costs far less than one after the other.
//
//	go run ./examples/batch -n 32 <prompts.txt
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"io"
	"log"
	"os"

	"github.com/querent-ai/chord"
)

func main() {
	log.SetFlags(0)
	model := flag.String("m", "tales/chord-tales-q4_0.gguf", "GGUF `file`")
	tokens := flag.Int("n", 64, "at most `N` tokens for each line")
	calls := flag.Int("j", 16, "`J` lines at a time")
	seed := flag.Int64("seed", 0, "the same `seed` gives the same texts; 0 draws one for each")
	flag.Parse()
	m, err := chord.Open(*model, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	p := chord.Params{MaxTokens: *tokens, Seed: *seed}
	if err := batch(context.Background(), m, p, *calls, os.Stdin, os.Stdout); err != nil {
		log.Fatal(err)
	}
	figures := m.Metrics()
	log.Printf("%d tokens in %d forward passes", figures.Rows, figures.Steps)
}

// An answer is a line of the output.
type answer struct {
	Prompt string `json:"prompt"`
	Text   string `json:"text"`
	err    error
}

// batch completes the lines of in, at most n at a time, and writes the answers.
func batch(ctx context.Context, m *chord.Model, p chord.Params, n int, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the calls that still run after an error
	pending := make(chan chan answer, n)
	lines := bufio.NewScanner(in)
	go func() {
		defer close(pending)
		for lines.Scan() {
			prompt, c := lines.Text(), make(chan answer, 1)
			select {
			case pending <- c: // waits while n are under way
			case <-ctx.Done():
				return
			}
			go func() {
				r, err := m.Complete(ctx, prompt, p)
				c <- answer{prompt, r.Text, err}
			}()
		}
	}()
	enc := json.NewEncoder(out)
	for c := range pending {
		a := <-c
		if a.err != nil {
			return a.err
		}
		if err := enc.Encode(a); err != nil {
			return err
		}
	}
	return lines.Err()
}
