package langchaingo_test

import (
	"bytes"
	"context"
	"fmt"
	"log"

	"github.com/tmc/langchaingo/llms"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/adapters/langchaingo"
	"github.com/querent-ai/chord/chordtest"
)

// An answer as it comes.
func Example() {
	m := open("Because of Rayleigh scattering.") // chord.Open("model.gguf", chord.Options{})
	defer m.Close()
	llm := langchaingo.New(m, chord.ChatParams{})
	_, err := llms.GenerateFromSinglePrompt(context.Background(), llm, "Why is the sky blue?",
		llms.WithMaxTokens(100),
		llms.WithStreamingFunc(func(_ context.Context, chunk []byte) error {
			fmt.Print(string(chunk))
			return nil
		}))
	if err != nil {
		log.Fatal(err)
	}
	// Output: Because of Rayleigh scattering.
}

// open returns a model that always gives one answer.
func open(answer string) *chord.Model {
	b, err := chordtest.File(answer)
	if err != nil {
		log.Fatal(err)
	}
	m, err := chord.OpenReaderAt(bytes.NewReader(b), int64(len(b)), chord.Options{Threads: 1})
	if err != nil {
		log.Fatal(err)
	}
	return m
}
