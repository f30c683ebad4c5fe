package sample

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestTopKMatchesReference compares top-k of logits and of a list, with and
// without edits, with a sort.
func TestTopKMatchesReference(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 3, 7, 64, 1000, 5000, 70001} {
		for _, k := range []int{1, 2, 5, 40, 63, 64, 999, 4999} {
			for _, edits := range []int{0, 1, 50} {
				x := randomLogits(rng, n, 3, true)
				c := candidates(x)
				want, best := slices.Clone(x), refs(x)[:min(n, k)]
				for range edits { // of the best tokens, as a penalty's are
					id := best[rng.IntN(len(best))].id
					v := want[id] + float32(rng.IntN(5)-3)
					c.set(id, v)
					want[id] = v
				}
				topK{k}.Apply(c)
				got, ref := candIDs(c), ids(refs(want)[:min(k, n)])
				if k >= n { // all, in order of id
					slices.Sort(ref)
				}
				if !slices.Equal(got, ref) {
					t.Errorf("n=%d k=%d edits=%d: got %v, want %v", n, k, edits, got, ref)
				}
				c.reset(want)
				c.all()
				topK{k}.Apply(c)
				if !slices.Equal(candIDs(c), ref) {
					t.Errorf("n=%d k=%d, list: got %v, want %v", n, k, candIDs(c), ref)
				}
			}
		}
	}
}

// TestTopKOfFew has fewer finite logits than k, all in one place, as a grammar
// leaves them.
func TestTopKOfFew(t *testing.T) {
	x := make([]float32, 100000)
	for _, finite := range []int{0, 1, 39, 40, 41, 3000} {
		for i := range x {
			x[i] = negInf
			if i%7 == 0 {
				x[i] = nan
			}
		}
		for i := range finite {
			x[50000+i] = float32(i * i % 1009)
		}
		c := candidates(x)
		topK{40}.Apply(c)
		if got := candIDs(c); len(got) != min(40, finite) || !slices.Equal(got, ids(refs(x[50000 : 50000+finite])[:len(got)], 50000)) {
			t.Errorf("%d finite: got %v", finite, got)
		}
		if (c.end == none) != (finite == 0) {
			t.Errorf("%d finite: end %d", finite, c.end)
		}
	}
}

// TestProbabilityStages compares typical-p, top-p, min-p and top-n-sigma with the
// float64 reference: of the vocabulary, after a top-k that sorts, and of a list.
func TestProbabilityStages(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	stages := map[string]struct {
		stage func(v float32, keep int) Stage
		ref   func(list []ref, p float64, keep int) ([]ref, float64)
	}{
		"top-p":   {func(v float32, keep int) Stage { return topP{float64(v), keep} }, refTopP},
		"min-p":   {func(v float32, keep int) Stage { return newMinP(v, keep) }, refMinP},
		"typical": {func(v float32, keep int) Stage { return typical{float64(v), keep} }, refTypical},
		"sigma":   {func(v float32, _ int) Stage { return topNSigma{3 * float64(v)} }, refSigma},
	}
	for _, name := range slices.Sorted(maps.Keys(stages)) {
		stage, close, total := stages[name], 0, 0
		for range 600 {
			n, keep := 1+rng.IntN(600), 1+rng.IntN(8)
			v, sigma := float32(rng.Float64()), 0.3+4*rng.Float64()
			x := randomLogits(rng, n, sigma, name != "typical")
			c, k := candidates(x), n
			switch rng.IntN(3) {
			case 0:
				k = 1 + rng.IntN(n)
				topK{k}.Apply(c)
			case 1:
				c.all()
			}
			list := refs(x)[:k]
			stage.stage(v, keep).Apply(c)
			want, margin := stage.ref(list, float64(v), keep)
			total++
			if margin < 1e-5 {
				close++
				continue
			}
			got, wantIDs := candIDs(c), ids(want)
			slices.Sort(got)
			slices.Sort(wantIDs)
			if !slices.Equal(got, wantIDs) {
				t.Errorf("%s %g n=%d k=%d keep=%d: got %v, want %v", name, v, n, k, keep, got, wantIDs)
			}
		}
		if close > total/20 {
			t.Errorf("%s: %d of %d cases are too close to a limit", name, close, total)
		}
	}
}

// refSigma computes top-n-sigma for n = 3p.
func refSigma(list []ref, p float64, _ int) ([]ref, float64) {
	mean, variance := 0.0, 0.0
	for _, r := range list {
		mean += r.logit / float64(len(list))
	}
	for _, r := range list {
		variance += (r.logit - mean) * (r.logit - mean) / float64(len(list))
	}
	floor, margin := list[0].logit-3*p*math.Sqrt(variance), 1.0
	for i, r := range list {
		if i > 0 {
			margin = min(margin, math.Abs(r.logit-floor))
		}
		if i > 0 && r.logit < floor {
			return list[:i], margin
		}
	}
	return list, margin
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
