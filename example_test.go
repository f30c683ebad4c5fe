package chord_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/tales"
)

// A whole program: open a model, stream what it says to standard output until
// it has finished or Ctrl-C is pressed.
func Example() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	for tok, err := range m.Generate(ctx, "Once upon a time", chord.Params{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(tok.Text)
	}
}

// Everything a story needs: a length, a temper, a seed to tell it again on any
// machine, an end, and figures afterwards.
func ExampleModel_Generate() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	var stats chord.Stats
	p := chord.Params{
		MaxTokens: 32,
		Stop:      []string{"The End", "\n\n"},
		Sampling:  chord.Sampling{Temperature: 0.7, RepeatPenalty: 1.1, Seed: 42},
		Stats:     &stats,
	}
	fmt.Print("The dragon said")
	for tok, err := range m.Generate(context.Background(), "The dragon said", p) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(tok.Text)
	}
	fmt.Printf("\n(%d tokens, ended by %s)\n", stats.Tokens, stats.Finish)
	// Output:
	// The dragon said, "I am not with you--I have been the Queen of Ev, but I knew that she was in my place. You have a little better
	// (32 tokens, ended by length)
}

// The embedded model needs no file and no download.
func ExampleOpenFS() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{Threads: 2})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	c := m.Config()
	fmt.Println(m.Name(), c.Arch, "layers", c.Layers, "width", c.Dim, "context", m.Context())
	// Output: chord-tales llama layers 5 width 256 context 512
}
