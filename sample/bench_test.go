package sample

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

var benchChains = map[string]Params{
	"greedy":      {Temperature: Greedy},
	"default":     {Seed: 1},
	"penalties":   {RepeatPenalty: 1.1, FrequencyPenalty: 0.1, Seed: 1},
	"typical":     {TypicalP: 0.9, Seed: 1},
	"temp-all":    {TopK: Off, TopP: Off, MinP: Off, Seed: 1},
	"topp-all":    {TopK: Off, MinP: Off, Seed: 1},
	"minp-all":    {TopK: Off, TopP: Off, Seed: 1},
	"typical-all": {TopK: Off, TypicalP: 0.9, Seed: 1},
}

// BenchmarkSample picks and accepts a token. The logits are normal with standard
// deviation 3.
func BenchmarkSample(b *testing.B) {
	for _, vocab := range []int{32000, 128256} {
		x := randomLogits(rand.New(rand.NewPCG(1, 1)), vocab, 3, false)
		for _, chain := range slices.Sorted(maps.Keys(benchChains)) {
			b.Run(fmt.Sprintf("vocab=%d/chain=%s", vocab, chain), func(b *testing.B) {
				s := newSampler(b, benchChains[chain])
				b.ReportAllocs()
				for b.Loop() {
					s.Accept(s.Sample(x))
				}
			})
		}
	}
}
