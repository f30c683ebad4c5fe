package genkit_test

import (
	"bytes"
	"context"
	"fmt"
	"log"

	"github.com/firebase/genkit/go/ai"
	"github.com/firebase/genkit/go/genkit"

	"github.com/querent-ai/chord"
	chordgenkit "github.com/querent-ai/chord/adapters/genkit"
	"github.com/querent-ai/chord/chordtest"
)

// An answer as it comes.
func Example() {
	m := open("Because of Rayleigh scattering.") // chord.Open("model.gguf", chord.Options{})
	defer m.Close()
	ctx := context.Background()
	g := genkit.Init(ctx, genkit.WithPlugins(&chordgenkit.Plugin{Models: map[string]*chord.Model{"qwen": m}}))
	for piece, err := range genkit.GenerateStream(ctx, g, ai.WithModelName("chord/qwen"), ai.WithPrompt("Why is the sky blue?")) {
		if err != nil {
			log.Fatal(err)
		}
		if !piece.Done {
			fmt.Print(piece.Chunk.Text())
		}
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
