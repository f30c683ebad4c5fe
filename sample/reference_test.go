package sample

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// A ref is one token of the float64 reference, which is written for clarity, not
// speed.
type ref struct {
	id    int32
	logit float64
	p     float64
}

// refs returns logits as a list, the highest first, of equal ones the lowest id.
func refs(logits []float32) []ref {
	list := make([]ref, len(logits))
	for i, v := range logits {
		list[i] = ref{id: int32(i), logit: float64(v)}
	}
	slices.SortStableFunc(list, func(a, b ref) int {
		switch {
		case a.logit > b.logit:
			return -1
		case a.logit < b.logit:
			return 1
		}
		return 0
	})
	return list
}

// refSoftmax sets the probabilities for temperature t.
func refSoftmax(list []ref, t float64) {
	top := math.Inf(-1)
	for _, r := range list {
		top = max(top, r.logit)
	}
	sum := 0.0
	for i := range list {
		list[i].p = math.Exp((list[i].logit - top) / t)
		sum += list[i].p
	}
	for i := range list {
		list[i].p /= sum
	}
}

// prefix returns the number of tokens, at least keep, whose probabilities add up
// to p, and the smallest difference of a sum from p: if that is tiny, a float32
// implementation may keep another number.
func prefix(list []ref, p float64, keep int) (n int, margin float64) {
	sum, margin := 0.0, 1.0
	for i, r := range list {
		sum += r.p
		margin = min(margin, math.Abs(sum-p))
		if sum >= p && i+1 >= keep {
			return i + 1, margin
		}
	}
	return len(list), margin
}

func ids(list []ref, first ...int32) []int32 {
	var out []int32
	for _, r := range list {
		for _, f := range first {
			r.id += f
		}
		out = append(out, r.id)
	}
	return out
}

func candIDs(c *Candidates) []int32 {
	c.all()
	var out []int32
	for _, c := range c.list {
		out = append(out, c.id)
	}
	return out
}

// randomLogits returns n normal logits with standard deviation sigma. With ties,
// every third is equal to an earlier one.
func randomLogits(rng *rand.Rand, n int, sigma float64, ties bool) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64() * sigma)
		if ties && i > 0 && i%3 == 0 {
			x[i] = x[rng.IntN(i)]
		}
	}
	return x
}

func newSampler(t testing.TB, p Params) *Sampler {
	t.Helper()
	s, err := New(p, Config{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// candidates returns logits as candidates.
func candidates(x []float32) *Candidates {
	c := &Candidates{}
	c.reset(x)
	return c
}

// mustSample is Sample for logits of which a token must be found.
func mustSample(t testing.TB, s *Sampler, x []float32) int32 {
	t.Helper()
	id, ok := s.Sample(x)
	if !ok {
		t.Fatal("no token")
	}
	return id
}

// chainOff returns the chain with every stage off.
func chainOff() Params {
	return Params{Temperature: 1, TopK: Off, TopP: Off, MinP: Off, TypicalP: Off, Seed: 1}
}
