package chord_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"math"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/tales"
)

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

// Logprobs gives each token's probability and the likeliest ones in its place.
func ExampleModel_Generate_logprobs() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	p := chord.Params{Temperature: chord.Greedy, MaxTokens: 2, Logprobs: 3}
	for tok, err := range m.Generate(context.Background(), "There was a little", p) {
		if err != nil {
			log.Fatal(err)
		}
		for _, t := range tok.Top {
			fmt.Printf("%q %.2f\n", t.Text, t.Logprob)
		}
	}
	// Output:
	// " girl" -1.20
	// " boy" -1.29
	// " little" -3.98
	// " named" -0.69
	// " who" -1.22
	// " called" -2.53
}

// The text at once instead of piece by piece.
func ExampleModel_Complete() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	r, err := m.Complete(context.Background(), "Once upon a time", chord.Params{Temperature: chord.Greedy, Stop: []string{"."}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Text)
	fmt.Println(r.Finish, r.Prompt, r.Generated)
	// Output:
	// , there was a little girl named Lily
	// stop 5 9
}

// How fast it was. A text of one token has no rate of tokens.
func ExampleResult_TokenRate() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	r, err := m.Complete(context.Background(), "Once upon a time", chord.Params{MaxTokens: 1})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.PromptRate() > 0, r.TokenRate())
	// Output: true 0
}

// In JSON a field that is absent stays as it is, and a 0 that is present is meant:
// temperature 0 is greedy.
func ExampleParams_UnmarshalJSON() {
	p := chord.Params{MaxTokens: 64, TopP: 0.9}
	err := json.Unmarshal([]byte(`{"temperature": 0, "top_k": 0, "max_tokens": 16, "stop": ["\n"]}`), &p)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(p.Temperature == chord.Greedy, p.TopK == chord.Off, p.TopP, p.MaxTokens)
	// Output: true true 0.9 16
}

// forbidden are tokens that are never chosen.
type forbidden []int32

func (f forbidden) Process(_ []int32, logits []float32) {
	for _, id := range f {
		logits[id] = float32(math.Inf(-1))
	}
}

// A Processor changes the logits of each token before it is chosen; this one
// forbids commas.
func ExampleProcessor() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	var commas forbidden
	for id := range int32(m.Tokenizer().Len()) {
		if m.Tokenizer().Piece(id) == "," {
			commas = append(commas, id)
		}
	}
	p := chord.Params{Temperature: chord.Greedy, MaxTokens: 12, Processor: commas}
	r, err := m.Complete(context.Background(), "Once upon a time", p)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Text)
	// Output: there was a little girl named Lily. She loved to play
}

// Which answer is the likeliest: the one with the highest logarithm.
func ExampleModel_Score() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	answers := []string{" play", " sing", " calculate integrals"}
	scores, err := m.Score(context.Background(), "The dog likes to", answers)
	if err != nil {
		log.Fatal(err)
	}
	for i, s := range scores {
		fmt.Printf("%q %.2f\n", answers[i], s.Logprob)
	}
	// Output:
	// " play" -1.88
	// " sing" -5.15
	// " calculate integrals" -47.13
}

// The token that is likeliest after each of the last three.
func ExampleModel_Logits() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	tok := m.Tokenizer()
	ids := tok.Encode(nil, "Once upon a time", bpe.EncodeOptions{})
	for logits, err := range m.Logits(context.Background(), ids, 3) {
		if err != nil {
			log.Fatal(err)
		}
		best := 0
		for id, x := range logits {
			if x > logits[best] {
				best = id
			}
		}
		fmt.Printf("%q\n", tok.Piece(int32(best)))
	}
	// Output:
	// " a"
	// " time"
	// ","
}

// Texts become tokens, and tokens text.
func ExampleModel_Tokenizer() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	tok := m.Tokenizer()
	ids := tok.Encode(nil, "Once upon a time", bpe.EncodeOptions{})
	fmt.Println(ids)
	fmt.Println(tok.Decode(ids, bpe.DecodeOptions{RemoveSpecial: true}))
	// Output:
	// [2045 686 533 258 464]
	// Once upon a time
}

// Where only the vocabulary is wanted, no weights are loaded.
func ExampleOpenTokenizer() {
	tok, err := chord.OpenTokenizer("tales/"+tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(tok.Len(), len(tok.Encode(nil, "Once upon a time", bpe.EncodeOptions{})))
	// Output: 2048 5
}

// GenerateAs returns a value of a Go type: the text is constrained to its JSON.
func ExampleGenerateAs() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	type character struct {
		Kind string `json:"kind" jsonschema:"enum=girl,enum=boy,enum=cat"`
		Big  bool   `json:"big"`
	}
	c, err := chord.GenerateAs[character](context.Background(), m, "Once upon a time there was a cat. ", chord.Params{Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(c.Kind == "girl" || c.Kind == "boy" || c.Kind == "cat")
	// Output: true
}

func ExampleChatAs() {
	type answer struct {
		Yes bool `json:"yes"`
	}
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	_, err = chord.ChatAs[answer](context.Background(), m, []chord.Message{{Role: "user", Content: "Was the cat big?"}}, chord.ChatParams{})
	fmt.Println(err)
	// Output: <nil>
}
