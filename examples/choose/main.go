// Command choose says which of some answers a model finds the likeliest: to
// classify a text, to answer a question with a choice of answers, or to compare
// spellings. Nothing is generated.
//
//	go run ./examples/choose "The dog likes to" " play" " sing" " calculate integrals"
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"math"

	"github.com/querent-ai/chord"
)

func main() {
	log.SetFlags(0)
	model := flag.String("m", "tales/chord-tales-q4_0.gguf", "GGUF `file`")
	flag.Parse()
	if flag.NArg() < 3 {
		log.Fatal("usage: choose [flags] PROMPT ANSWER ANSWER...")
	}
	m, err := chord.Open(*model, chord.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	answers := flag.Args()[1:]
	scores, err := m.Score(context.Background(), flag.Arg(0), answers)
	if err != nil {
		log.Fatal(err)
	}
	for i, p := range shares(scores) {
		fmt.Printf("%5.1f %%  perplexity %8.1f %q\n", 100*p, perplexity(scores[i]), answers[i])
	}
}

// shares returns how likely each answer is if one of them must be it.
func shares(scores []chord.Score) []float64 {
	best := math.Inf(-1)
	for _, s := range scores {
		best = max(best, s.Logprob)
	}
	p := make([]float64, len(scores))
	sum := 0.0
	for i, s := range scores {
		p[i] = math.Exp(s.Logprob - best) // the best is 1, so that the sum is not 0
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// perplexity returns among how many tokens, equally likely, the model would have
// had to choose each token of the answer. It does not grow with the length.
func perplexity(s chord.Score) float64 { return math.Exp(-s.Logprob / float64(s.Tokens)) }
