package sample

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

var benchChains = map[string]Params{
	"greedy":           {Temperature: Greedy},
	"default":          {Seed: 1},
	"penalties":        {RepeatPenalty: 1.1, FrequencyPenalty: 0.1, Seed: 1},
	"penalties-greedy": {RepeatPenalty: 1.1, FrequencyPenalty: 0.1, Temperature: Greedy},
	"dry":              {DRYMultiplier: 0.8, Seed: 1},
	"dry-all":          {DRYMultiplier: 0.8, DRYPenaltyLastN: Off, Seed: 1},
	"xtc":              {XTCProbability: 0.5, Seed: 1},
	"sigma":            {TopNSigma: 1, Seed: 1},
	"dynatemp":         {DynatempRange: 0.5, Seed: 1},
	"typical":          {TypicalP: 0.9, Seed: 1},
	"mirostat1":        {Mirostat: 1, Seed: 1},
	"mirostat2":        {Mirostat: 2, Seed: 1},
	"adaptive":         {AdaptiveTarget: 0.5, Seed: 1},
	"whole":            {DRYMultiplier: 0.8, RepeatPenalty: 1.1, FrequencyPenalty: 0.1, PresencePenalty: 0.1, XTCProbability: 0.5, TypicalP: 0.95, DynatempRange: 0.3, Seed: 1},
	"temp-all":         {TopK: Off, TopP: Off, MinP: Off, Seed: 1},
	"topp-all":         {TopK: Off, MinP: Off, Seed: 1},
	"minp-all":         {TopK: Off, TopP: Off, Seed: 1},
	"typical-all":      {TopK: Off, TypicalP: 0.9, Seed: 1},
}

// BenchmarkSample picks and accepts a token. The logits are normal with standard
// deviation 3.
func BenchmarkSample(b *testing.B) {
	for _, vocab := range []int{32000, 128256} {
		for _, chain := range slices.Sorted(maps.Keys(benchChains)) {
			b.Run(fmt.Sprintf("vocab=%d/chain=%s", vocab, chain), func(b *testing.B) { bench(b, vocab, chain) })
		}
	}
}

// BenchmarkChain is BenchmarkSample for a large vocabulary, of the default chain and
// of the whole one: penalties, DRY with the default breakers, which every 50th token
// has, and all other stages but top-n-sigma, which needs the deviation of all logits.
func BenchmarkChain(b *testing.B) {
	for _, chain := range []string{"default", "whole"} {
		b.Run("vocab=128256/chain="+chain, func(b *testing.B) { bench(b, 128256, chain) })
	}
}

func bench(b *testing.B, vocab int, chain string) {
	x := randomLogits(rand.New(rand.NewPCG(1, 1)), vocab, 3, false)
	s, err := New(benchChains[chain], Config{Breakers: NewBreakers(nil, everyNth{vocab, 50}), EndTokens: []int32{2}})
	if err != nil {
		b.Fatal(err)
	}
	warm(s, x)
	b.ReportAllocs()
	for b.Loop() {
		id, _ := s.Sample(x)
		s.Accept(id)
	}
}

// everyNth is a vocabulary in which every nth token is a line feed.
type everyNth struct{ size, n int }

func (v everyNth) Len() int { return v.size }

func (v everyNth) Piece(id int32) string {
	if int(id)%v.n == 0 {
		return "\n"
	}
	return "a"
}

func (v everyNth) Tokenize(string) []int32 { return nil }

// warm fills the histories of s.
func warm(s *Sampler, x []float32) {
	for range 2000 {
		id, _ := s.Sample(x[:min(100, len(x))])
		s.Accept(id)
	}
	s.Sample(x)
}

// TestSampleAllocatesNothing counts the allocations of every chain, after the
// first tokens.
func TestSampleAllocatesNothing(t *testing.T) {
	x := randomLogits(rand.New(rand.NewPCG(1, 1)), 32000, 2, false)
	for name, p := range benchChains {
		s, err := New(p, Config{Breakers: NewBreakers(nil, everyNth{32000, 50})})
		if err != nil {
			t.Fatal(err)
		}
		warm(s, x)
		n := testing.AllocsPerRun(20, func() {
			id, _ := s.Sample(x)
			s.Accept(id)
		})
		if n != 0 {
			t.Errorf("%s: %g allocations per token", name, n)
		}
	}
}
