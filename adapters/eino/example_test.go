package eino_test

import (
	"bytes"
	"context"
	"fmt"
	"log"

	"github.com/cloudwego/eino/schema"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/adapters/eino"
	"github.com/querent-ai/chord/chordtest"
)

// An answer as it comes.
func Example() {
	m := open("Because of Rayleigh scattering.") // chord.Open("model.gguf", chord.Options{})
	defer m.Close()
	chat := eino.New(m, chord.ChatParams{})
	stream, err := chat.Stream(context.Background(), []*schema.Message{schema.UserMessage("Why is the sky blue?")})
	if err != nil {
		log.Fatal(err)
	}
	answer, err := schema.ConcatMessageStream(stream)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.Content, answer.ResponseMeta.FinishReason)
	// Output: Because of Rayleigh scattering. stop
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
