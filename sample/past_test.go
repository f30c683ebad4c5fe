package sample

import (
	"math/rand/v2"
	"testing"
)

// TestRewind takes tokens back: what comes next is as likely as if they had never been
// sampled.
func TestRewind(t *testing.T) {
	const vocab = 60
	for name, p := range map[string]Params{
		"penalties":      {RepeatPenalty: 1.3, FrequencyPenalty: 0.2, RepeatLastN: 8},
		"DRY":            {DRYMultiplier: 0.8, DRYPenaltyLastN: -1},
		"mirostat 1":     {Mirostat: 1},
		"mirostat 2":     {Mirostat: 2, Temperature: 1.2},
		"adaptive":       {AdaptiveTarget: 0.3},
		"a forced token": {Mirostat: 2, LogitBias: map[int32]float32{7: 3}},
		"min tokens":     {MinTokens: 45, MinP: Off},
	} {
		p.Seed = 1
		c := Config{EndTokens: []int32{3}, Breakers: nil}
		a, err := New(p, c)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := New(p, c)
		rng := rand.New(rand.NewPCG(1, 2))
		logits := func(n int) []float32 {
			r := rand.New(rand.NewPCG(3, uint64(n)))
			x := make([]float32, vocab)
			for i := range x {
				x[i] = float32(4 * r.NormFloat64())
			}
			return x
		}
		for n := range 3000 {
			if n%7 == 3 { // a way of a that is taken back
				k := 1 + rng.IntN(20)
				for i := range k {
					id, _ := a.Sample(logits(n + 10000 + i))
					a.Accept(id)
				}
				a.Rewind(k)
			}
			x := logits(n)
			a.Sample(x)
			id, _ := b.Sample(x)
			if got, want := a.Top(nil, 5), b.Top(nil, 5); len(got) != len(want) || got[0] != want[0] || got[len(got)-1] != want[len(want)-1] {
				t.Fatalf("%s: token %d: %v, want %v", name, n, got, want)
			}
			a.Rewind(0)
			if a.Accept(id); a.sampled != b.sampled {
				t.Fatalf("%s: %d tokens, want %d", name, a.sampled, b.sampled)
			}
			b.Accept(id)
			if m, ok := a.picker.(*mirostat2); ok { // each has learned from its own draw
				m.mu = b.picker.(*mirostat2).mu
			}
			if m, ok := a.picker.(*mirostat1); ok {
				m.mu = b.picker.(*mirostat1).mu
			}
			if m, ok := a.picker.(*adaptiveP); ok {
				*m = *b.picker.(*adaptiveP)
				m.before = append(m.before[:0:0], m.before...)
			}
		}
	}
}
