// Command chat talks with a model in the terminal: a line of input is a message,
// Ctrl-D ends the chat. The model should be one that was trained for chats.
//
//	go run ./examples/chat -m model.gguf
//	go run ./examples/chat -m model.gguf -system "You answer in one sentence."
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/querent-ai/chord"
)

func main() {
	log.SetFlags(0)
	model := flag.String("m", "tales/chord-tales-q4_0.gguf", "GGUF `file`")
	system := flag.String("system", "", "`text` of the system message")
	flag.Parse()
	m, err := chord.Open(*model, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	var messages []chord.Message
	if *system != "" {
		messages = append(messages, chord.Message{Role: "system", Content: *system})
	}
	if err := chat(context.Background(), m, messages, os.Stdin); err != nil {
		log.Fatal(err)
	}
}

// chat answers each line of in. The session keeps what it has read: of each
// prompt, which is that of the whole chat, only what is new is computed.
func chat(ctx context.Context, m *chord.Model, messages []chord.Message, in io.Reader) error {
	s := m.NewSession()
	defer s.Close()
	p := chord.ChatParams{Params: chord.Params{MaxTokens: 512}, Trim: trim}
	lines := bufio.NewScanner(in)
	for fmt.Print("> "); lines.Scan(); fmt.Print("> ") {
		messages = append(messages, chord.Message{Role: "user", Content: lines.Text()})
		answer := chord.Message{Role: "assistant"}
		for d, err := range s.Chat(ctx, messages, p) {
			if err != nil {
				return err
			}
			fmt.Print(d.Content)
			answer.Content += d.Content
			answer.ReasoningContent += d.Reasoning
		}
		fmt.Println()
		messages = append(messages, answer)
	}
	fmt.Println()
	return lines.Err()
}

// trim leaves out the oldest question and its answer of a chat that is longer
// than the context. The system message stays.
func trim(messages []chord.Message) []chord.Message {
	var head []chord.Message
	if messages[0].Role == "system" {
		head, messages = messages[:1:1], messages[1:]
	}
	if len(messages) < 3 { // nothing but the question is left
		return append(head, messages...)
	}
	return append(head, messages[2:]...)
}
