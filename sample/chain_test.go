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

// TestMirostatAlone requires that other stages than temperature have no effect on
// mirostat.
func TestMirostatAlone(t *testing.T) {
	x := randomLogits(rand.New(rand.NewPCG(6, 4)), 300, 3, false)
	for version := 1; version <= 2; version++ {
		a := newSampler(t, Params{Mirostat: version, Seed: 3})
		b := newSampler(t, Params{Mirostat: version, Seed: 3, DynatempRange: 0.5, TopK: 1, XTCProbability: 1, PresencePenalty: 9, Samplers: []string{}})
		c := newSampler(t, Params{Mirostat: version, Seed: 3, Temperature: Greedy})
		for range 30 {
			p, q := mustSample(t, a, x), mustSample(t, b, x)
			if best := mustSample(t, c, x); p != q || best != refs(x)[0].id {
				t.Fatalf("version %d: got %d and %d, greedy %d", version, p, q, best)
			}
			a.Accept(p)
			b.Accept(p)
		}
	}
}

// TestMirostatHoldsSurprise requires that the mean surprise comes to tau, which
// the logits alone would not have.
func TestMirostatHoldsSurprise(t *testing.T) {
	x := randomLogits(rand.New(rand.NewPCG(4, 4)), 2000, 1.2, false) // about 10 bits
	for _, version := range []int{1, 2} {
		for _, tau := range []float32{3, 6} {
			s := newSampler(t, Params{Mirostat: version, MirostatTau: tau, Temperature: 1, Seed: 9})
			sum, n := 0.0, 2000
			for range n {
				mustSample(t, s, x)
				sum -= math.Log2(float64(s.Picked()))
			}
			if got := sum / float64(n); math.Abs(got-float64(tau)) > 0.2 {
				t.Errorf("version %d: mean surprise %.2f, want %g", version, got, tau)
			}
		}
	}
}

// TestAdaptivePForgets requires that only accepted tokens move the target.
func TestAdaptivePForgets(t *testing.T) {
	s := newSampler(t, Params{AdaptiveTarget: 0.5, Seed: 2})
	a := s.picker.(*adaptiveP)
	id := mustSample(t, s, []float32{1, 2, 3})
	weight, sum := a.weight, a.sum
	s.Accept(id + 1)
	if a.weight != weight || a.sum != sum {
		t.Error("another token than the picked one counts")
	}
	id = mustSample(t, s, []float32{1, 2, 3})
	p := a.prob
	if s.Accept(id); math.Abs(a.sum-(p+0.9*sum)) > 1e-6 || math.Abs(a.weight-(1+0.9*weight)) > 1e-6 {
		t.Errorf("sum %g, weight %g", a.sum, a.weight)
	}
	if s.Accept(id); math.Abs(a.sum-(p+0.9*sum)) > 1e-6 {
		t.Error("a token counts twice")
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

// FuzzSample requires that no logits and no parameters panic, and that the sampled
// token is an allowed one.
func FuzzSample(f *testing.F) {
	floats := func(v ...float32) (b []byte) {
		for _, x := range v {
			u := math.Float32bits(x)
			b = append(b, byte(u), byte(u>>8), byte(u>>16), byte(u>>24))
		}
		return b
	}
	f.Add(floats(1, 2, nan), floats(), []byte{}, "")
	f.Add(floats(negInf, inf), floats(-1, 1, 0.5, 0.5, 3), []byte{255}, "kt")
	f.Add(floats(1, 2, 3, 4), floats(0.8, 0, 0.9, 0.1, 0.9, 1, 0.5, 0.1, 1.1, 0.5, 0.5, 1, 2, 0, 5, 0.1), []byte{2, 1, 1, 0, 0, 0, 1, 2}, "edskypmxta")
	f.Fuzz(func(t *testing.T, raw, params, small []byte, order string) {
		x, values := fromBytes(raw), fromBytes(params)
		names, err := ParseSamplers(order)
		if err != nil || len(x) == 0 {
			return
		}
		p := Params{Samplers: names, Seed: 1}
		if order == "" {
			p.Samplers = nil
		}
		fuzzParams(&p, values, small)
		s, err := New(p, Config{EndTokens: []int32{0}, Breakers: breakersOf(3, 1)})
		if err != nil {
			return
		}
		for i := range 6 {
			id, ok := s.Sample(x)
			finite := slices.ContainsFunc(x, func(v float32) bool { return v > negInf })
			switch {
			case ok && (id < 0 || int(id) >= len(x) || !(x[id] > negInf)):
				t.Fatalf("id %d of %d", id, len(x))
			case ok && !(s.Picked() >= 0 && s.Picked() <= 1):
				t.Fatalf("probability %g", s.Picked())
			case !ok && finite && slices.Max(x) < 1e30 && p.check():
				t.Fatalf("no token: %+v", p)
			}
			s.Accept(id)
			s.Accept(int32(i % 2))
		}
	})
}

// check reports whether no penalty of p is so great that it makes -Inf of logits.
func (p *Params) check() bool {
	for _, v := range []float32{p.RepeatPenalty, p.FrequencyPenalty, p.PresencePenalty, p.DRYMultiplier, p.DRYBase} {
		if v != 0 && !(v > 1e-6 && v < 1e6) {
			return false
		}
	}
	return p.LogitBias == nil
}

// fromBytes returns the floats that b has.
func fromBytes(b []byte) []float32 {
	x := make([]float32, len(b)/4)
	for i := range x {
		x[i] = math.Float32frombits(uint32(b[4*i]) | uint32(b[4*i+1])<<8 | uint32(b[4*i+2])<<16 | uint32(b[4*i+3])<<24)
	}
	return x
}

// fuzzParams sets the fields of p, numbers in their order, as long as there are
// values.
func fuzzParams(p *Params, values []float32, small []byte) {
	for i := range fields {
		v := fields[i].get(p)
		switch {
		case fields[i].Name == "Seed":
		case v.CanFloat() && len(values) > 0:
			v.SetFloat(float64(values[0]))
			values = values[1:]
		case v.CanInt() && len(small) > 0:
			v.SetInt(int64(int8(small[0])))
			small = small[1:]
		}
	}
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
