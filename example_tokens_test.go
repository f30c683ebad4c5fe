package chord_test

import (
	"context"
	"fmt"
	"log"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/tales"
)

// A prompt in tokens, taken as it is.
func ExampleModel_GenerateTokens() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	ids := m.Tokenizer().Encode(nil, "Once upon a time", bpe.EncodeOptions{})
	p := chord.Params{MaxTokens: 8, Temperature: chord.Greedy}
	for tok, err := range m.GenerateTokens(context.Background(), ids, p) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(tok.Text)
	}
	// Output:
	// , there was a little girl named Lily
}

// How likely each word of a text is after those before it.
func ExampleModel_Logprobs() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	ids := m.Tokenizer().Encode(nil, "Once upon a time", bpe.EncodeOptions{})
	for tok, err := range m.Logprobs(context.Background(), ids, 1) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%q %.2f %d\n", tok.Text, tok.Logprob, len(tok.Top))
	}
	// Output:
	// "<|endoftext|>" 0.00 0
	// "Once" -1.15 1
	// " upon" -0.08 1
	// " a" -0.01 1
	// " time" -0.01 1
}

// The vector of a text in tokens is that of the text, if its special tokens are there.
func ExampleModel_EmbedTokens() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	ids := m.Tokenizer().Encode(nil, "a dragon", bpe.EncodeOptions{})
	a, err := m.EmbedTokens(context.Background(), [][]int32{ids}, chord.EmbedOptions{})
	if err != nil {
		log.Fatal(err)
	}
	b, err := m.Embed(context.Background(), []string{"a dragon"}, chord.EmbedOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(a[0]), a[0][0] == b[0][0])
	// Output:
	// 256 true
}
