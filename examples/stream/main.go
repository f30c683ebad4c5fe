// Command stream prints a text while it is generated, until the model has
// finished, a string of -stop comes, or Ctrl-C.
//
//	go run ./examples/stream "Once upon a time"
//	go run ./examples/stream -stop "The end" -stop "the end" "Once upon a time"
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"

	"github.com/querent-ai/chord"
)

func main() {
	log.SetFlags(0)
	model := flag.String("m", "tales/chord-tales-q4_0.gguf", "GGUF `file`")
	var p chord.Params
	flag.IntVar(&p.MaxTokens, "n", 256, "at most `N` tokens")
	flag.Int64Var(&p.Seed, "seed", 0, "the same `seed` gives the same text; 0 draws one")
	flag.Func("stop", "end before `text`; may be given more than once", func(s string) error {
		p.Stop = append(p.Stop, s)
		return nil
	})
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("usage: stream [flags] PROMPT")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := stream(ctx, *model, flag.Arg(0), p); err != nil {
		log.Fatal(err)
	}
}

// stream opens a model and prints what it makes of the prompt, token by token.
func stream(ctx context.Context, path, prompt string, p chord.Params) error {
	m, err := chord.Open(path, chord.Options{})
	if err != nil {
		return err
	}
	defer m.Close()
	fmt.Print(prompt)
	for tok, err := range m.Generate(ctx, prompt, p) {
		fmt.Print(tok.Text)
		switch {
		case errors.Is(err, context.Canceled):
			fmt.Println()
			log.Print("interrupted")
		case err != nil:
			return err
		case tok.Result != nil: // the last element
			fmt.Println()
			log.Printf("ended by %s", tok.Result.Finish)
		}
	}
	return nil
}
