package sample

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestTopKMatchesReference(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 3, 7, 64, 1000, 5000} {
		for _, k := range []int{1, 2, 5, 40, 63, 64, 999, 4999} {
			p := chainOff()
			p.TopK = k
			s := newSampler(t, p)
			x := randomLogits(rng, n, 3, true)
			s.topK(x)
			got, want := candIDs(s), ids(refs(x)[:min(k, n)])
			if k >= n { // all, in order of id
				slices.Sort(want)
			}
			if !slices.Equal(got, want) {
				t.Errorf("n=%d k=%d: got %v, want %v", n, k, got, want)
			}
		}
	}
}

// TestProbabilityStages compares typical-p, top-p and min-p with the float64
// reference, after a top-k that sorts and after one that does not.
func TestProbabilityStages(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	stages := map[string]struct {
		set func(*Params, float32)
		run func(*Sampler)
		ref func(list []ref, p float64, keep int) ([]ref, float64)
	}{
		"top-p":   {func(p *Params, v float32) { p.TopP = v }, (*Sampler).topP, refTopP},
		"min-p":   {func(p *Params, v float32) { p.MinP = v }, (*Sampler).minP, refMinP},
		"typical": {func(p *Params, v float32) { p.TypicalP = v }, (*Sampler).typical, refTypical},
	}
	for _, name := range slices.Sorted(maps.Keys(stages)) {
		stage, close, total := stages[name], 0, 0
		for range 400 {
			n, keep := 1+rng.IntN(600), rng.IntN(8)
			v, sigma := float32(rng.Float64()), 0.3+4*rng.Float64()
			p := chainOff()
			p.MinKeep = keep
			stage.set(&p, v)
			if rng.IntN(2) == 0 {
				p.TopK = 1 + rng.IntN(n)
			}
			x := randomLogits(rng, n, sigma, name != "typical")
			s := newSampler(t, p)
			s.topK(x)
			list := refs(x)[:len(s.cands)]
			stage.run(s)
			want, margin := stage.ref(list, float64(v), keep)
			total++
			if margin < 1e-5 {
				close++
				continue
			}
			got, wantIDs := candIDs(s), ids(want)
			slices.Sort(got)
			slices.Sort(wantIDs)
			if !slices.Equal(got, wantIDs) {
				t.Errorf("%s %g n=%d k=%d keep=%d: got %v, want %v", name, v, n, p.TopK, keep, got, wantIDs)
			}
		}
		if close > total/20 {
			t.Errorf("%s: %d of %d cases are too close to a limit", name, close, total)
		}
	}
}

func refTopP(list []ref, p float64, keep int) ([]ref, float64) {
	refSoftmax(list, 1)
	n, margin := prefix(list, p, keep)
	return list[:n], margin
}

func refMinP(list []ref, p float64, keep int) ([]ref, float64) {
	refSoftmax(list, 1)
	margin := 1.0
	for i, r := range list {
		margin = min(margin, math.Abs(r.p/list[0].p-p))
		if r.p < p*list[0].p && i >= max(keep, 1) {
			return list[:i], margin
		}
	}
	return list, margin
}

// refTypical computes typical-p by its definition, with logarithms.
func refTypical(list []ref, p float64, keep int) ([]ref, float64) {
	refSoftmax(list, 1)
	h := 0.0
	for _, r := range list {
		h -= r.p * math.Log(r.p)
	}
	slices.SortStableFunc(list, func(a, b ref) int {
		if math.Abs(-math.Log(a.p)-h) < math.Abs(-math.Log(b.p)-h) {
			return -1
		}
		return 1
	})
	n, margin := prefix(list, p, keep)
	if n < len(list) { // the order of the last kept and the first dropped must be clear too
		a, b := math.Abs(-math.Log(list[n-1].p)-h), math.Abs(-math.Log(list[n].p)-h)
		margin = min(margin, b-a)
	}
	return list[:n], margin
}
