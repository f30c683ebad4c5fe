package chord_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/tales"
)

// Each request has its own adapters, and requests with different ones share passes.
func ExampleModel_LoadAdapter() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path, err := adapterFile(dir, 1) // of random weights
	if err != nil {
		log.Fatal(err)
	}
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	a, err := m.LoadAdapter(path)
	if err != nil {
		log.Fatal(err)
	}
	defer a.Close()
	for _, scale := range []float32{0.01, 2} {
		r, err := m.Complete(context.Background(), "Once upon a time", chord.Params{
			Temperature: chord.Greedy, MaxTokens: 8, Adapters: []chord.AdapterScale{{Adapter: a, Scale: scale}},
		})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%.2f: %q\n", scale, r.Text)
	}
	// Output:
	// 0.01: ", there was a little girl named Lily"
	// 2.00: ".ftree story washth story"
}

func ExampleAdapter_Info() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path, err := adapterFile(dir, 1)
	if err != nil {
		log.Fatal(err)
	}
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	a, err := m.LoadAdapter(path)
	if err != nil {
		log.Fatal(err)
	}
	defer a.Close()
	info := a.Info()
	fmt.Printf("%s: rank %d, %d tensors\n", info.Name, info.Rank, info.Tensors)
	// Output: random adapter: rank 8, 35 tensors
}

// A session computes its text again with other adapters.
func ExampleSession_SetAdapters() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path, err := adapterFile(dir, 1)
	if err != nil {
		log.Fatal(err)
	}
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	a, err := m.LoadAdapter(path)
	if err != nil {
		log.Fatal(err)
	}
	defer a.Close()
	s := m.NewSession()
	defer s.Close()
	if err := s.SetAdapters(chord.AdapterScale{Adapter: a, Scale: 0.5}); err != nil {
		log.Fatal(err)
	}
	if err := s.Append(context.Background(), "Once upon a time"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Len(), "tokens")
	// Output: 5 tokens
}
