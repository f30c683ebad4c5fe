// Command ask answers a question from text files, and says which paragraphs it
// had. An embedder finds the paragraphs nearest to the question, and a model for
// chats reads them; both run in this process.
//
//	go run ./examples/ask -m qwen3-0.6b-q8_0.gguf -e bge-small-en-v1.5-f16.gguf "Who may use it?" LICENSE-MIT
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"

	"github.com/querent-ai/chord"
)

func main() {
	log.SetFlags(0)
	model := flag.String("m", "tales/chord-tales-q4_0.gguf", "GGUF `file` of the model that answers")
	embedder := flag.String("e", "tales/chord-tales-q4_0.gguf", "GGUF `file` of the model that searches")
	count := flag.Int("k", 3, "read the `K` nearest paragraphs")
	tokens := flag.Int("n", 256, "answer with at most `N` tokens")
	flag.Parse()
	if flag.NArg() < 2 {
		log.Fatal("usage: ask [flags] QUESTION FILE...")
	}
	ctx := context.Background()
	question := flag.Arg(0)
	all, err := paragraphs(flag.Args()[1:])
	if err != nil {
		log.Fatal(err)
	}
	found, err := nearest(ctx, *embedder, question, all, *count)
	if err != nil {
		log.Fatal(err)
	}
	text, err := answer(ctx, *model, question, found, *tokens)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(text)
	for _, p := range found {
		fmt.Printf("[%s, paragraph %d]\n", p.file, p.number)
	}
}

// A paragraph is a part of a file between empty lines.
type paragraph struct {
	file   string
	number int // from 1
	text   string
	cosine float32 // of its vector and the question's
}

// paragraphs returns those of files.
func paragraphs(names []string) ([]paragraph, error) {
	var all []paragraph
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		number := 0
		for text := range strings.SplitSeq(strings.ReplaceAll(string(b), "\r", ""), "\n\n") {
			if text = strings.TrimSpace(text); text != "" {
				number++
				all = append(all, paragraph{file: name, number: number, text: text})
			}
		}
	}
	return all, nil
}

// nearest returns the n paragraphs nearest to the question.
func nearest(ctx context.Context, path, question string, all []paragraph, n int) ([]paragraph, error) {
	m, err := chord.Open(path, chord.Options{})
	if err != nil {
		return nil, err
	}
	defer m.Close()
	texts := []string{question}
	for _, p := range all {
		texts = append(texts, p.text)
	}
	vectors, err := m.Embed(ctx, texts, chord.EmbedOptions{Truncate: true})
	if err != nil {
		return nil, err
	}
	for i := range all {
		for k, x := range vectors[1+i] {
			all[i].cosine += x * vectors[0][k]
		}
	}
	slices.SortStableFunc(all, func(a, b paragraph) int { return cmp.Compare(b.cosine, a.cosine) })
	return all[:min(n, len(all))], nil
}

// answer returns what the model says to the question, which it is to answer from
// the paragraphs. Names of control tokens in them stay text, so that a file
// cannot pretend to be the system or the user.
func answer(ctx context.Context, path, question string, found []paragraph, tokens int) (string, error) {
	m, err := chord.Open(path, chord.Options{})
	if err != nil {
		return "", err
	}
	defer m.Close()
	var b strings.Builder
	b.WriteString("Answer from these paragraphs alone. If they do not say it, say so.\n")
	for _, p := range found {
		fmt.Fprintf(&b, "\n%s\n", p.text)
	}
	messages, err := m.Reply(ctx, []chord.Message{
		{Role: "system", Content: b.String()},
		{Role: "user", Content: question},
	}, chord.ChatParams{Params: chord.Params{MaxTokens: tokens, Temperature: chord.Greedy}})
	if err != nil {
		return "", err
	}
	return messages[0].Content, nil
}
