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

// TestXTCChance counts how often XTC removes the likeliest tokens, and requires
// that it takes its random number whether it does or not.
func TestXTCChance(t *testing.T) {
	x := fromProbs([]float64{0.5, 0.4, 0.1})
	s := newSampler(t, Params{Samplers: []string{"xtc"}, XTCProbability: 0.3, XTCThreshold: 0.2, Seed: 5})
	n, removed := 20000, 0
	for range n {
		mustSample(t, s, x)
		if len(s.c.list) == 2 {
			removed++
		}
	}
	if got, sigma := float64(removed)/float64(n), math.Sqrt(0.3*0.7/float64(n)); math.Abs(got-0.3) > 5*sigma {
		t.Errorf("removed in %g of the cases, want 0.3", got)
	}
	for _, p := range []Params{{XTCProbability: 1e-9, Seed: 5}, {XTCProbability: 1, XTCThreshold: 0.5, Seed: 5}} {
		a, b := newSampler(t, Params{Seed: 5}), newSampler(t, p)
		a.c.Random()
		if p, q := mustSample(t, a, x), mustSample(t, b, x); p != q || a.c.Random() != b.c.Random() {
			t.Errorf("XTC takes another number of random numbers than one: %d, %d", p, q)
		}
	}
}

// TestXTCLimits has probabilities that are the threshold, and the least number of
// tokens to keep.
func TestXTCLimits(t *testing.T) {
	for _, c := range []struct {
		probs     []float64
		threshold float32
		minKeep   int
		want      []int32
	}{
		{[]float64{0.5, 0.5}, 0.5, 1, []int32{1}},
		{[]float64{0.5, 0.5}, 0.5, 2, []int32{0, 1}},
		{[]float64{0.4, 0.3, 0.2, 0.1}, 0.15, 2, []int32{2, 3}},
		{[]float64{0.4, 0.3, 0.2, 0.1}, 0.15, 3, []int32{0, 1, 2, 3}},
		{[]float64{0.1, 0.4, 0.1, 0.4}, 0.05, 1, []int32{2}},
		{[]float64{1}, 0.05, 1, []int32{0}},
	} {
		cands := candidates(fromProbs(c.probs))
		xtc{1, c.threshold, c.minKeep}.Apply(cands)
		if got := candIDs(cands); !slices.Equal(got, c.want) {
			t.Errorf("%v, threshold %g, at least %d: got %v, want %v", c.probs, c.threshold, c.minKeep, got, c.want)
		}
	}
}

// TestColdFirst has a temperature so low that the logits overflow, before other
// stages.
func TestColdFirst(t *testing.T) {
	for _, x := range [][]float32{{1, 2}, {-2, -1}, {-math.MaxFloat32, math.MaxFloat32}, {math.MaxFloat32 / 2, math.MaxFloat32}} {
		s := newSampler(t, Params{Samplers: []string{"temperature", "top_p"}, Temperature: math.SmallestNonzeroFloat32, Seed: 1})
		for range 20 {
			if got := mustSample(t, s, x); got != 1 || s.Picked() != 1 {
				t.Fatalf("%v: got %d with probability %g, want 1", x, got, s.Picked())
			}
		}
	}
}
