package chord_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path"
	"sync"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/tales"
)

// A whole program: open a model, stream what it says to standard output until
// it has finished or Ctrl-C is pressed.
func Example() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	for tok, err := range m.Generate(ctx, "Once upon a time", chord.Params{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(tok.Text)
	}
}

// Many goroutines use one model. Those that ask at the same time share forward
// passes, and each gets the text that it would get alone.
func Example_goroutines() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	prompts := []string{"Once upon a time", "The king said", "The sun was"}
	texts := make([]string, len(prompts))
	var wg sync.WaitGroup
	for i, prompt := range prompts {
		wg.Go(func() {
			r, err := m.Complete(context.Background(), prompt, chord.Params{Temperature: chord.Greedy, MaxTokens: 12})
			if err != nil {
				log.Print(err)
				return
			}
			texts[i] = prompt + r.Text
		})
	}
	wg.Wait()
	for _, text := range texts {
		fmt.Println(text)
	}
	// Output:
	// Once upon a time, there was a little girl named Lily. She loved to
	// The king said, "I am a poor man, and I have been
	// The sun was shining brightly and the sun was shining brightly
}

// A file on disk, or the first part of a split one.
func ExampleOpen() {
	m, err := chord.Open("model.gguf", chord.Options{Context: 8192, CacheTypeK: "q8_0", CacheTypeV: "q8_0"})
	if err != nil {
		log.Fatal(err) // it says which file, key or tensor is at fault
	}
	defer m.Close()
	fmt.Println(m.Info().Name)
}

// The embedded model needs no file and no download.
func ExampleOpenFS() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{Threads: 2})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	i := m.Info()
	fmt.Println(i.Name, i.Arch, "layers", i.Layers, "width", i.Dim, "context", i.Context)
	// Output: chord-tales llama layers 5 width 256 context 512
}

// A model in memory, or wherever else bytes can be read from.
func ExampleOpenReaderAt() {
	b, err := tales.FS.ReadFile(tales.Name)
	if err != nil {
		log.Fatal(err)
	}
	m, err := chord.OpenReaderAt(bytes.NewReader(b), int64(len(b)), chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	fmt.Println(m.Info().Name)
	// Output: chord-tales
}

// What a model needs is known before it is loaded.
func ExampleFits() {
	fit, err := chord.Fits(path.Join("tales", tales.Name), chord.Options{Context: 256})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("weights of %d bytes, caches of %d tokens\n", fit.Weights, fit.Context)
	if !fit.Fits {
		fmt.Println("too large for this machine")
	}
	// Output: weights of 2518016 bytes, caches of 256 tokens
}

func ExampleModel_Info() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{Context: 256, Threads: 1})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	i := m.Info()
	fmt.Printf("%d tokens in the vocabulary; context %d of %d; %d thread\n", i.Vocab, i.Context, i.Trained, i.Threads)
	// Output: 2048 tokens in the vocabulary; context 256 of 512; 1 thread
}

// Figures since the model was opened. The second prompt begins as the first did,
// and that is not computed again.
func ExampleModel_Metrics() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	for _, prompt := range []string{"Once upon a time there was a cat", "Once upon a time there was a dog"} {
		if _, err := m.Complete(context.Background(), prompt, chord.Params{MaxTokens: 1}); err != nil {
			log.Fatal(err)
		}
	}
	now := m.Metrics()
	fmt.Println(now.Rows, "tokens computed,", now.PrefixHits, "found")
	// Output: 10 tokens computed, 8 found
}

// OnStep is told of forward passes. It may be slow: it then misses some.
func ExampleOptions_onStep() {
	steps := make(chan chord.Step, 1)
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{
		OnStep: func(s chord.Step) {
			select {
			case steps <- s:
			default:
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	if _, err := m.Complete(context.Background(), "The cat", chord.Params{MaxTokens: 8}); err != nil {
		log.Fatal(err)
	}
	s := <-steps
	fmt.Println("texts:", s.Sequences)
	// Output: texts: 1
}

// A reranker sorts what a search has found.
func ExampleModel_Rerank() {
	m, err := chord.Open("bge-reranker-v2-m3.gguf", chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	docs := []string{"Hi.", "The giant panda is a bear of China.", "Bears hibernate."}
	scores, err := m.Rerank(context.Background(), "what is a panda?", docs)
	if err != nil {
		log.Fatal(err)
	}
	best := 0
	for i := range docs {
		if scores[i] > scores[best] {
			best = i
		}
	}
	fmt.Println(docs[best])
}

// The vectors of texts have the length 1, so their dot product says how alike
// the texts are. Models made for it do this better than one that tells stories.
func ExampleModel_Embed() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	texts := []string{"The cat sat on the mat.", "A cat sat on a rug.", "He drove a fast red car."}
	v, err := m.Embed(context.Background(), texts, chord.EmbedOptions{Pooling: "mean"})
	if err != nil {
		log.Fatal(err)
	}
	for i, text := range texts {
		dot := 0.0
		for j, x := range v[0] {
			dot += float64(x) * float64(v[i][j])
		}
		fmt.Printf("%.2f %s\n", dot, text)
	}
	// Output:
	// 1.00 The cat sat on the mat.
	// 0.77 A cat sat on a rug.
	// 0.60 He drove a fast red car.
}
