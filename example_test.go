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

// Length, temperature and penalties, a seed that tells the same story on any
// machine, strings to stop at, and figures on the last element.
func ExampleModel_Generate() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	p := chord.Params{
		MaxTokens:   32,
		Stop:        []string{"The End", "\n\n"},
		Temperature: 0.7, RepeatPenalty: 1.1, Seed: 42,
	}
	fmt.Print("The dragon said")
	for tok, err := range m.Generate(context.Background(), "The dragon said", p) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(tok.Text)
		if r := tok.Result; r != nil {
			fmt.Printf("\n(%d tokens, ended by %s)\n", r.Generated, r.Finish)
		}
	}
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
	i := m.Info()
	fmt.Println(i.Name, i.Arch, "layers", i.Layers, "width", i.Dim, "context", i.Context)
	// Output: chord-tales llama layers 5 width 256 context 512
}
