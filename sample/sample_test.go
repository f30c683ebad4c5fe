package sample

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

var (
	nan    = float32(math.NaN())
	inf    = float32(math.Inf(1))
	negInf = float32(math.Inf(-1))
)

func TestGreedy(t *testing.T) {
	for name, c := range map[string]struct {
		logits []float32
		want   int32 // -1: no token
	}{
		"one":          {[]float32{-3}, 0},
		"highest":      {[]float32{1, 5, 2}, 1},
		"tie":          {[]float32{1, 5, 5, 5}, 1},
		"NaN first":    {[]float32{nan, 1, 2, nan}, 2},
		"all NaN":      {[]float32{nan, nan}, -1},
		"all -Inf":     {[]float32{negInf, negInf}, -1},
		"-Inf and NaN": {[]float32{nan, negInf, nan}, -1},
		"+Inf":         {[]float32{9, inf, inf}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSampler(t, Params{Temperature: Greedy})
			got, ok := s.Sample(c.logits)
			if ok != (c.want >= 0) || ok && (got != c.want || s.Picked() != 1) {
				t.Errorf("got %d, %t, probability %g, want %d", got, ok, s.Picked(), c.want)
			}
		})
	}
}

// TestNonFiniteLogits samples with every stage from logits of which few or none
// are finite.
func TestNonFiniteLogits(t *testing.T) {
	chains := map[string]Params{
		"default":    {Seed: 1},
		"off":        chainOff(),
		"typical":    {TopK: Off, TypicalP: 0.5, MinKeep: 9, Seed: 1},
		"tiny t":     {Temperature: math.SmallestNonzeroFloat32, TopK: Off, TopP: Off, Seed: 1},
		"huge t":     {Temperature: math.MaxFloat32, Seed: 1},
		"xtc":        {TopK: Off, XTCProbability: 1, XTCThreshold: 0.01, Seed: 1},
		"sigma":      {TopNSigma: 1, Seed: 1},
		"dynatemp":   {DynatempRange: math.MaxFloat32, Temperature: 1, Seed: 1},
		"cold first": {Samplers: []string{"temperature", "min_p", "xtc"}, Temperature: math.SmallestNonzeroFloat32, Seed: 1},
		"mirostat 1": {Mirostat: 1, Seed: 1},
		"mirostat 2": {Mirostat: 2, Seed: 1},
		"adaptive":   {AdaptiveTarget: 0.3, Seed: 1},
	}
	for name, c := range map[string]struct {
		logits []float32
		want   []int32 // tokens that may be picked
	}{
		"NaN is never picked":   {[]float32{nan, 1, nan, 1, nan}, []int32{1, 3}},
		"-Inf is never picked":  {[]float32{negInf, 0, negInf}, []int32{1}},
		"lowest +Inf":           {[]float32{nan, 3e38, inf, inf}, []int32{2}},
		"all NaN":               {[]float32{nan, nan, nan}, nil},
		"all -Inf":              {[]float32{negInf, negInf}, nil},
		"the widest difference": {[]float32{-math.MaxFloat32, math.MaxFloat32}, []int32{0, 1}},
	} {
		for chain, p := range chains {
			s := newSampler(t, p)
			for range 50 {
				if got, ok := s.Sample(c.logits); ok != (c.want != nil) || ok && !slices.Contains(c.want, got) {
					t.Errorf("%s, chain %s: got %d, %t, want one of %v", name, chain, got, ok, c.want)
				}
			}
		}
	}
}

func TestNoLogitsPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	newSampler(t, Params{}).Sample(nil)
}

// TestSeeds requires the same tokens for a seed on every machine and in every
// version.
func TestSeeds(t *testing.T) {
	rng, x := rand.New(rand.NewPCG(1, 1)), make([]float32, 500)
	for i := range x { // exact on every machine; NormFloat64 may not be
		x[i] = float32(rng.IntN(4096)-2048) / 512
	}
	draw := func(p Params) []int32 {
		s := newSampler(t, p)
		var out []int32
		for range 12 {
			id := mustSample(t, s, x)
			s.Accept(id)
			out = append(out, id)
		}
		return out
	}
	for name, c := range map[string]struct {
		p    Params
		want []int32
	}{
		"default":  {Params{Seed: 42}, wantDefault},
		"no top-k": {Params{Seed: 42, TopK: Off, TypicalP: 0.9, RepeatPenalty: 1.1, FrequencyPenalty: 0.1}, wantNoTopK},
		"negative": {Params{Seed: -42}, wantNegative},
	} {
		if got := draw(c.p); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
	fresh := newSampler(t, Params{})
	if fresh.Seed() == 0 || fresh.Seed() == newSampler(t, Params{Seed: -1}).Seed() {
		t.Errorf("seed 0 and seed -1 are both %d", fresh.Seed())
	}
	if a, b := draw(Params{Seed: fresh.Seed()}), draw(Params{Seed: fresh.Seed()}); !slices.Equal(a, b) {
		t.Errorf("one seed gives %v and %v", a, b)
	}
}

var (
	wantDefault  = []int32{311, 9, 212, 212, 81, 426, 383, 450, 155, 334, 101, 18}
	wantNoTopK   = []int32{344, 359, 383, 78, 327, 56, 311, 23, 120, 90, 155, 447}
	wantNegative = []int32{240, 0, 120, 458, 485, 110, 273, 90, 426, 217, 407, 344}
)

func TestLogitBias(t *testing.T) {
	x := []float32{1, 2, 3, 4}
	for name, c := range map[string]struct {
		bias map[int32]float32
		want int32
	}{
		"none":              {nil, 3},
		"up":                {map[int32]float32{0: 3.5}, 0},
		"forbidden":         {map[int32]float32{3: negInf}, 2},
		"forced":            {map[int32]float32{1: inf}, 1},
		"beyond vocabulary": {map[int32]float32{4: 100, math.MaxInt32: 100}, 3},
		"all forbidden":     {map[int32]float32{0: negInf, 1: negInf, 2: negInf, 3: negInf}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			for chain, p := range map[string]Params{"greedy": {Temperature: Greedy}, "top-k 1": {TopK: 1}, "min-p 1": {TopK: Off, MinP: 1}} {
				p.LogitBias = c.bias
				if got, ok := newSampler(t, p).Sample(x); ok != (c.want >= 0) || ok && got != c.want {
					t.Errorf("%s: got %d, %t, want %d", chain, got, ok, c.want)
				}
			}
		})
	}
}
