package adk_test

import (
	"bytes"
	"context"
	"fmt"
	"log"

	"google.golang.org/adk/agent"
	"google.golang.org/adk/agent/llmagent"
	"google.golang.org/adk/runner"
	"google.golang.org/adk/session"
	"google.golang.org/genai"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/adapters/adk"
	"github.com/querent-ai/chord/chordtest"
)

// An agent that answers with a model in the same process.
func Example() {
	m := open("Because of Rayleigh scattering.") // chord.Open("model.gguf", chord.Options{})
	defer m.Close()
	guide, err := llmagent.New(llmagent.Config{
		Name:        "guide",
		Model:       adk.New("qwen", m, chord.ChatParams{}),
		Instruction: "Answer in one sentence.",
	})
	if err != nil {
		log.Fatal(err)
	}
	r, err := runner.New(runner.Config{AppName: "app", Agent: guide, SessionService: session.InMemoryService(), AutoCreateSession: true})
	if err != nil {
		log.Fatal(err)
	}
	question := genai.NewContentFromText("Why is the sky blue?", genai.RoleUser)
	for event, err := range r.Run(context.Background(), "user", "session", question, agent.RunConfig{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(event.Author+":", event.Content.Parts[0].Text)
	}
	// Output: guide: Because of Rayleigh scattering.
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
