package sample

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
)

// TestOrderMatters has chains of the same stages in other orders.
func TestOrderMatters(t *testing.T) {
	x := fromProbs([]float64{0.5, 0.2, 0.15, 0.1, 0.05})
	for _, c := range []struct {
		order string
		want  int // candidates left
	}{
		{"kp", 2}, // of 0.5, 0.2 and 0.15, the first two have 0.82
		{"pk", 3}, // 0.5, 0.2 and 0.15 have 0.85
		{"tm", 2}, // squared: 0.25, 0.04, ...; 0.04 ≥ 0.15·0.25
		{"mt", 4}, // 0.1 ≥ 0.15·0.5
		{"", 5}, {"t", 5},
	} {
		p := Params{TopK: 3, TopP: 0.8, MinP: 0.15, Temperature: 0.5, Seed: 1}
		var err error
		if p.Samplers, err = ParseSamplers(c.order); err != nil {
			t.Fatal(err)
		}
		s := newSampler(t, p)
		mustSample(t, s, x)
		if len(s.c.list) != c.want {
			t.Errorf("%q: %d candidates, want %d", c.order, len(s.c.list), c.want)
		}
	}
}

// TestGreedyOrder requires that greedy sampling sees penalties, DRY and the
// caller's stages, if the order has them, and no other stage.
func TestGreedyOrder(t *testing.T) {
	x := []float32{1, 2, 5, 4, 3}
	cold := Params{Temperature: Greedy, PresencePenalty: 4, XTCProbability: 1, XTCThreshold: 0.01, TypicalP: 0.1}
	own := map[string]Stage{"own": update(func(id int32, logit float32) float32 {
		if id == 3 {
			return negInf
		}
		return logit
	})}
	for _, c := range []struct {
		order []string
		want  int32
	}{
		{nil, 3}, {[]string{"top_k"}, 2}, {[]string{"penalties", "own"}, 4}, {[]string{"own"}, 2}, {[]string{}, 2},
	} {
		cold.Samplers = c.order
		s, err := New(cold, Config{Stages: own})
		if err != nil {
			t.Fatal(err)
		}
		s.Accept(2)
		if got := mustSample(t, s, x); got != c.want {
			t.Errorf("%q: got %d, want %d", c.order, got, c.want)
		}
	}
}

// update is a caller's stage.
type update func(id int32, logit float32) float32

func (u update) Apply(c *Candidates) { c.Update(u) }

// A counter is a caller's stage that forbids what it has seen.
type counter struct{ seen map[int32]bool }

func (s *counter) Accept(id int32) { s.seen[id] = true }

func (s *counter) Apply(c *Candidates) {
	for i := range c.Len() {
		if id, logit := c.At(i); math.IsNaN(float64(logit)) || id < 0 {
			panic("a candidate that is none")
		}
	}
	c.Update(func(id int32, logit float32) float32 {
		if s.seen[id] {
			return nan
		}
		return logit
	})
}

// TestOwnStages has a caller's stages, whose names Samplers must know.
func TestOwnStages(t *testing.T) {
	x := []float32{1, 2, 3, 4, negInf, 5}
	p := Params{Samplers: []string{"unseen", "top_k"}, Seed: 1}
	s, err := New(p, Config{Stages: map[string]Stage{"unseen": &counter{map[int32]bool{}}}})
	if err != nil {
		t.Fatal(err)
	}
	var got []int32
	for range 6 {
		id, ok := s.Sample(x)
		if ok {
			got = append(got, id)
			s.Accept(id)
		}
	}
	if slices.Sort(got); !slices.Equal(got, []int32{0, 1, 2, 3, 5}) {
		t.Errorf("got %v, want each token once", got)
	}
	force := Config{Stages: map[string]Stage{"unseen": update(func(id int32, _ float32) float32 {
		if id%2 == 1 {
			return inf
		}
		return 0
	})}}
	if s, err = New(p, force); err != nil || mustSample(t, s, x) != 1 || s.Picked() != 1 {
		t.Errorf("+Inf of a stage: %v, %d, probability %g, want the lowest id", err, s.c.list[0].id, s.Picked())
	}
	if _, err := New(p, Config{}); err == nil || !strings.Contains(err.Error(), `Samplers[0]: "unseen", want penalties, `) {
		t.Errorf("a stage that nobody has: %v", err)
	}
	if err := p.Check(0); err == nil {
		t.Error("Check knows the stages of a Config")
	}
}

// TestMinTokens forbids the end until there are enough tokens, unless nothing else
// is allowed.
func TestMinTokens(t *testing.T) {
	for name, p := range map[string]Params{"greedy": {Temperature: Greedy}, "sampled": {TopK: 1}, "mirostat": {Mirostat: 2, MirostatTau: 1e-3}} {
		p.MinTokens = 3
		s, err := New(p, Config{EndTokens: []int32{2, 99, -1}})
		if err != nil {
			t.Fatal(err)
		}
		for n, want := range []int32{1, 1, 1, 2, 2} {
			if got := mustSample(t, s, []float32{1, 20, 90}); got != want {
				t.Errorf("%s: token %d: got %d, want %d", name, n, got, want)
			}
		}
		s, err = New(p, Config{EndTokens: []int32{2}})
		if got := mustSample(t, s, []float32{negInf, nan, 9}); err != nil || got != 2 {
			t.Errorf("%s: nothing but the end: got %d, %v", name, got, err)
		}
	}
}

// TestTop compares the probabilities after the chain with the definition.
func TestTop(t *testing.T) {
	x := fromProbs([]float64{0.1, 0.4, 0.3, 0.2})
	s := newSampler(t, Params{Samplers: []string{"top_k", "temperature"}, TopK: 3, Temperature: 0.5, Seed: 3})
	sum := 0.16 + 0.09 + 0.04
	for range 20 {
		id := mustSample(t, s, x)
		got := s.Top([]Prob{{7, 7}}, 2)
		if len(got) != 3 || got[0] != (Prob{7, 7}) || got[1].ID != 1 || got[2].ID != 2 ||
			math.Abs(float64(got[1].Prob)-0.16/sum) > 1e-6 || math.Abs(float64(got[2].Prob)-0.09/sum) > 1e-6 {
			t.Fatalf("got %v", got)
		}
		p := []float64{1: 0.16, 2: 0.09, 3: 0.04}[id] / sum
		if math.Abs(float64(s.Picked())-p) > 1e-6 || len(s.Top(nil, 0)) != 0 || len(s.Top(nil, 9)) != 3 {
			t.Fatalf("token %d: probability %g, want %g; %v", id, s.Picked(), p, s.Top(nil, 9))
		}
	}
	if _, ok := s.Sample([]float32{nan}); ok || s.Picked() != 0 || len(s.Top(nil, 1)) != 0 {
		t.Error("probabilities of no token")
	}
}

// TestChainSeeds requires the same tokens for a seed on every machine and in every
// version, of each stage and picker.
func TestChainSeeds(t *testing.T) {
	rng, x := rand.New(rand.NewPCG(1, 1)), make([]float32, 500)
	for i := range x { // exact on every machine
		x[i] = float32(rng.IntN(4096)-2048) / 512
	}
	for _, name := range slices.Sorted(maps.Keys(chainSeeds)) {
		c := chainSeeds[name]
		c.p.Seed = 42
		s := newSampler(t, c.p)
		var got []int32
		for range len(c.want) {
			id := mustSample(t, s, x)
			s.Accept(id)
			got = append(got, id)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

// TestConcurrent runs samplers that share logits, breakers and parameters, each
// with the tokens of its seed.
func TestConcurrent(t *testing.T) {
	x := randomLogits(rand.New(rand.NewPCG(1, 1)), 3000, 3, false)
	config := Config{Breakers: NewBreakers(nil, everyNth{3000, 20}), EndTokens: []int32{5}}
	run := func(seed int64) (ids []int32) {
		p := benchChains["whole"]
		p.Seed, p.LogitBias, p.MinTokens = seed, map[int32]float32{1: 2}, 4
		s, err := New(p, config)
		if err != nil {
			t.Error(err)
			return nil
		}
		for range 50 {
			id, _ := s.Sample(x)
			s.Accept(id)
			ids = append(ids, id)
		}
		return ids
	}
	var want [8][]int32
	for i := range want {
		want[i] = run(int64(i + 1))
	}
	var wg sync.WaitGroup
	for i := range want {
		wg.Go(func() {
			if got := run(int64(i + 1)); !slices.Equal(got, want[i]) {
				t.Errorf("seed %d: got %v, want %v", i+1, got, want[i])
			}
		})
	}
	wg.Wait()
}

var chainSeeds = map[string]struct {
	p    Params
	want []int32
}{
	"adaptive-p":  {Params{AdaptiveTarget: 0.2, TopP: Off}, []int32{273, 458, 212, 212, 192, 111, 101, 458}},
	"dry":         {Params{DRYMultiplier: 2, DRYAllowedLength: Off, TopK: 10}, []int32{78, 0, 451, 110, 217, 336, 78, 333}},
	"dynatemp":    {Params{DynatempRange: 0.5, DynatempExponent: 1.5}, []int32{273, 450, 212, 212, 411, 426, 101, 450}},
	"mirostat 1":  {Params{Mirostat: 1, MirostatTau: 4}, []int32{451, 212, 110, 110, 155, 333, 212, 90}},
	"mirostat 2":  {Params{Mirostat: 2, MirostatTau: 4}, []int32{163, 451, 78, 78, 334, 484, 101, 450}},
	"temp first":  {Params{Samplers: []string{"temperature", "min_p", "typ_p"}, TypicalP: 0.8}, []int32{485, 496, 101, 101, 185, 232, 217, 244}},
	"top-n-sigma": {Params{TopNSigma: 1.3, MinP: Off, TopK: Off}, []int32{236, 225, 383, 78, 123, 285, 0, 124}},
	"xtc":         {Params{XTCProbability: 0.5, XTCThreshold: 0.02}, []int32{122, 122, 426, 122, 122, 122, 122, 122}},
}
