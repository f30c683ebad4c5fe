package chord_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/tales"
)

// A session reads each text once and goes on from what it has.
func ExampleSession() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	s := m.NewSession()
	defer s.Close()
	ctx := context.Background()
	for _, text := range []string{"Once upon a time", ". The cat said"} {
		fmt.Print(text)
		if err := s.Append(ctx, text); err != nil {
			log.Fatal(err)
		}
		for tok, err := range s.Generate(ctx, chord.Params{Temperature: chord.Greedy, Stop: []string{"."}, MaxTokens: 24}) {
			if err != nil {
				log.Fatal(err)
			}
			fmt.Print(tok.Text)
		}
	}
	// Output: Once upon a time, there was a little girl named Lily. The cat said, "Hello, little girl, you are very kind
}

func ExampleModel_NewSession() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	s := m.NewSession()
	defer s.Close()
	fmt.Println(s.Len(), "tokens")
	// Output: 0 tokens
}

// What is appended is read at once, so that what follows starts sooner.
func ExampleSession_Append() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	s := m.NewSession()
	defer s.Close()
	ctx := context.Background()
	if err := s.Append(ctx, "Once upon a time"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Len())
	if err := s.Append(ctx, " there was a cat"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Len())
	// Output:
	// 5
	// 9
}

// Tokens of the caller's: here a text in which names of control tokens are text.
func ExampleSession_AppendTokens() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	s := m.NewSession()
	defer s.Close()
	ids := m.Tokenizer().Encode(nil, "<s> is a tag.", bpe.EncodeOptions{NoParseSpecial: true})
	if err := s.AppendTokens(context.Background(), ids); err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Len() == len(ids))
	// Output: true
}

// What is generated joins the session.
func ExampleSession_Generate() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	s := m.NewSession()
	defer s.Close()
	ctx := context.Background()
	if err := s.Append(ctx, "The sun was"); err != nil {
		log.Fatal(err)
	}
	fmt.Print("The sun was")
	for range 2 { // the second time goes on where the first ended
		for tok, err := range s.Generate(ctx, chord.Params{Temperature: chord.Greedy, MaxTokens: 4}) {
			if err != nil {
				log.Fatal(err)
			}
			fmt.Print(tok.Text)
		}
	}
	// Output: The sun was shining brightly and the sun was
}

// Two continuations of one text, which is read and kept in memory once.
func ExampleSession_Fork() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	s := m.NewSession()
	defer s.Close()
	if err := s.Append(context.Background(), "The king said"); err != nil {
		log.Fatal(err)
	}
	for seed := range int64(2) {
		f := s.Fork()
		fmt.Print("The king said")
		for tok, err := range f.Generate(context.Background(), chord.Params{Seed: seed + 1, MaxTokens: 12}) {
			if err != nil {
				log.Fatal(err)
			}
			fmt.Print(tok.Text)
		}
		fmt.Println()
		f.Close()
	}
	// Output:
	// The king said that he had a wonderful idea in his garden. He put
	// The king said: "The first thing I want to give up!" So
}

// Another attempt from the same place.
func ExampleSession_Rewind() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	s := m.NewSession()
	defer s.Close()
	ctx := context.Background()
	if err := s.Append(ctx, "Lily had a"); err != nil {
		log.Fatal(err)
	}
	start := s.Len()
	for _, p := range []chord.Params{{Temperature: chord.Greedy, MaxTokens: 8}, {Seed: 3, MaxTokens: 8}} {
		fmt.Print("Lily had a")
		for tok, err := range s.Generate(ctx, p) {
			if err != nil {
				log.Fatal(err)
			}
			fmt.Print(tok.Text)
		}
		fmt.Println()
		s.Rewind(start)
	}
	// Output:
	// Lily had a little girl named Lily. She loved to
	// Lily had a car. She was very happy.
}

// The whole text so far, appended and generated.
func ExampleSession_Tokens() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	s := m.NewSession()
	defer s.Close()
	ctx := context.Background()
	if err := s.Append(ctx, "The sun was"); err != nil {
		log.Fatal(err)
	}
	for _, err := range s.Generate(ctx, chord.Params{Temperature: chord.Greedy, MaxTokens: 4}) {
		if err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(m.Tokenizer().Decode(s.Tokens(), bpe.DecodeOptions{RemoveSpecial: true}))
	// Output: The sun was shining brightly
}

// Each turn hands over the whole chat; the session computes what is new.
func ExampleSession_Chat() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	s := m.NewSession()
	defer s.Close()
	p := chord.ChatParams{Params: chord.Params{Temperature: chord.Greedy, MaxTokens: 16}}
	var messages []chord.Message
	for _, question := range []string{"Tell me a story.", "And then?"} {
		messages = append(messages, chord.Message{Role: "user", Content: question})
		answer := ""
		for d, err := range s.Chat(context.Background(), messages, p) {
			if err != nil {
				log.Fatal(err)
			}
			answer += d.Content
		}
		fmt.Printf("%q\n", answer)
		messages = append(messages, chord.Message{Role: "assistant", Content: answer})
	}
	// Output:
	// "Once upon a time, there was a little girl named Lily. She loved to"
	// "Once upon a time, there was a little girl named Lily. She loved to"
}

// A session goes into a file and goes on from it, in another process or on
// another machine.
func ExampleModel_ReadSession() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	ctx := context.Background()
	s := m.NewSession()
	defer s.Close()
	if err := s.Append(ctx, "Once upon a time there was a"); err != nil {
		log.Fatal(err)
	}
	var file bytes.Buffer
	if _, err := s.WriteTo(&file); err != nil {
		log.Fatal(err)
	}
	back, err := m.ReadSession(ctx, &file)
	if err != nil {
		log.Fatal(err)
	}
	defer back.Close()
	fmt.Println(back.Len() == s.Len())
	// Output: true
}

func ExampleSession_WriteTo() { ExampleModel_ReadSession() }

// A receipt proves that a model generated a text: Verify computes the text again,
// several times as fast, and finds the first token that the model would not have
// generated.
func ExampleModel_Verify() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	ctx := context.Background()
	story, err := m.Complete(ctx, "Once upon a time", chord.Params{MaxTokens: 20, Seed: 1, Receipt: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Verify(ctx, story.Receipt))
	story.Receipt.IDs[story.Receipt.Prompt+4] = 7
	fmt.Println(errors.Is(m.Verify(ctx, story.Receipt), chord.ErrReceipt))
	// Output:
	// <nil>
	// true
}
