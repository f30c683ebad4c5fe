package sample

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/querent-ai/chord/simd"
)

// fromProbs returns the logits ln p of probabilities.
func fromProbs(p []float64) []float32 {
	x := make([]float32, len(p))
	for i := range p {
		x[i] = float32(simd.Log(p[i]))
	}
	return x
}

// left returns the probabilities of the candidates at temperature 1, in the order
// of the ids.
func left(c *Candidates) map[int32]float64 {
	c.all()
	c.softmax(c.temp)
	got := map[int32]float64{}
	for _, k := range c.list {
		got[k.id] = float64(k.prob)
	}
	return got
}

// TestLlamaTables has the cases of llama.cpp's tests/test-sampling.cpp: what is
// left, by id, of the probabilities 0.1 to 0.4 or others after one stage.
func TestLlamaTables(t *testing.T) {
	rising, falling := []float64{0.1, 0.2, 0.3, 0.4}, []float64{0.4, 0.3, 0.2, 0.1}
	xtcOf := func(threshold float32) Params { return Params{XTCProbability: 0.999999, XTCThreshold: threshold} }
	for i, c := range []struct {
		probs []float64
		stage string
		p     Params
		want  map[int32]float64
	}{
		{rising, "temperature", Params{Temperature: 1}, map[int32]float64{0: 0.1, 1: 0.2, 2: 0.3, 3: 0.4}},
		{rising, "temperature", Params{Temperature: 1, DynatempRange: 0}, map[int32]float64{0: 0.1, 1: 0.2, 2: 0.3, 3: 0.4}},
		{rising, "top_k", Params{TopK: 1}, map[int32]float64{3: 1}},
		{rising, "top_k", Params{TopK: 3}, map[int32]float64{3: 0.44444, 2: 0.33333, 1: 0.22222}},
		{rising, "top_k", Params{TopK: 4}, map[int32]float64{3: 0.4, 2: 0.3, 1: 0.2, 0: 0.1}},
		{rising, "top_k", Params{TopK: Off}, map[int32]float64{3: 0.4, 2: 0.3, 1: 0.2, 0: 0.1}},
		{rising, "top_p", Params{TopP: math.SmallestNonzeroFloat32}, map[int32]float64{3: 1}},
		{rising, "top_p", Params{TopP: 0.7}, map[int32]float64{3: 0.571429, 2: 0.428571}},
		{rising, "top_p", Params{TopP: 0.8}, map[int32]float64{3: 0.44444, 2: 0.33333, 1: 0.22222}},
		{rising, "top_p", Params{TopP: 1}, map[int32]float64{3: 0.4, 2: 0.3, 1: 0.2, 0: 0.1}},
		{rising, "min_p", Params{MinP: Off}, map[int32]float64{3: 0.4, 2: 0.3, 1: 0.2, 0: 0.1}},
		{rising, "min_p", Params{MinP: 0.24}, map[int32]float64{3: 0.4, 2: 0.3, 1: 0.2, 0: 0.1}},
		{rising, "min_p", Params{MinP: 0.26}, map[int32]float64{3: 4. / 9, 2: 3. / 9, 1: 2. / 9}},
		{rising, "min_p", Params{MinP: 0.49}, map[int32]float64{3: 4. / 9, 2: 3. / 9, 1: 2. / 9}},
		{rising, "min_p", Params{MinP: 0.51}, map[int32]float64{3: 4. / 7, 2: 3. / 7}},
		{rising, "min_p", Params{MinP: 0.74}, map[int32]float64{3: 4. / 7, 2: 3. / 7}},
		{rising, "min_p", Params{MinP: 0.76}, map[int32]float64{3: 1}},
		{rising, "min_p", Params{MinP: 1}, map[int32]float64{3: 1}},
		{falling, "xtc", xtcOf(0.09), map[int32]float64{3: 1}},
		{falling, "xtc", xtcOf(0.19), map[int32]float64{2: 2. / 3, 3: 1. / 3}},
		{falling, "xtc", xtcOf(0.29), map[int32]float64{1: 0.5, 2: 2. / 6, 3: 1. / 6}},
		{falling, "xtc", xtcOf(0.39), map[int32]float64{0: 0.4, 1: 0.3, 2: 0.2, 3: 0.1}},
		{[]float64{0.97, 0.01, 0.01, 0.01}, "typ_p", Params{TypicalP: 0.5}, map[int32]float64{0: 1}},
		{[]float64{0.4, 0.2, 0.2, 0.2}, "typ_p", Params{TypicalP: 0.5}, map[int32]float64{1: 1. / 3, 2: 1. / 3, 3: 1. / 3}},
		{rising, "top_n_sigma", Params{TopNSigma: 1}, map[int32]float64{3: 0.571429, 2: 0.428571}},
		{rising, "top_n_sigma", Params{TopNSigma: Off}, map[int32]float64{3: 0.4, 2: 0.3, 1: 0.2, 0: 0.1}},
		{rising, "top_n_sigma", Params{TopNSigma: 3}, map[int32]float64{3: 0.4, 2: 0.3, 1: 0.2, 0: 0.1}},
	} {
		c.p.Samplers, c.p.Seed = []string{c.stage}, 1
		for _, list := range []bool{false, true} {
			s := newSampler(t, c.p)
			s.c.reset(fromProbs(c.probs))
			if list {
				s.c.all()
			}
			for _, stage := range s.chain {
				stage.Apply(&s.c)
			}
			compare(t, fmt.Sprintf("%d, %s, list %t", i, c.stage, list), left(&s.c), c.want)
		}
	}
}

// compare wants the same tokens with probabilities that differ by at most 1e-5.
func compare(t *testing.T, name string, got, want map[int32]float64) {
	t.Helper()
	for id, p := range want {
		if g, ok := got[id]; !ok && p > 0 || math.Abs(g-p) > 1e-5 {
			t.Errorf("%s: token %d: got %g (left: %t), want %g", name, id, g, ok, p)
		}
	}
	for id := range got {
		if _, ok := want[id]; !ok {
			t.Errorf("%s: token %d is left", name, id)
		}
	}
}

// TestLlamaPenalties has the cases of penalties and DRY in the same file.
func TestLlamaPenalties(t *testing.T) {
	fifths, quarters := []float64{0.2, 0.2, 0.2, 0.2, 0.2}, []float64{0.25, 0.25, 0.25, 0.25}
	repeat := Params{RepeatPenalty: 50}
	both := Params{RepeatPenalty: 1, FrequencyPenalty: 5, PresencePenalty: 5}
	dry := func(multiplier float32, allowed, lastN int) Params {
		return Params{DRYMultiplier: multiplier, DRYBase: 1.1, DRYAllowedLength: allowed, DRYPenaltyLastN: lastN}
	}
	for i, c := range []struct {
		probs    []float64
		accepted []int32
		p        Params
		breaker  int32 // 0: none
		want     []float64
	}{
		{fifths, []int32{0}, repeat, 0, []float64{0, 0.25, 0.25, 0.25, 0.25}},
		{fifths, []int32{0, 1, 2}, repeat, 0, []float64{0, 0, 0, 0.5, 0.5}},
		{fifths, []int32{0, 1, 2, 0, 0}, repeat, 0, []float64{0, 0, 0, 0.5, 0.5}},
		{fifths, []int32{0}, both, 0, []float64{0.000011, 0.249997, 0.249997, 0.249997, 0.249997}},
		{fifths, []int32{0, 1, 2}, both, 0, []float64{0.000023, 0.000023, 0.000023, 0.499966, 0.499966}},
		{fifths, []int32{0, 1, 2, 0, 0}, both, 0, []float64{0, 0.000023, 0.000023, 0.499977, 0.499977}},
		{quarters, []int32{0, 1}, dry(1, 2, 4), 0, quarters},
		{quarters, []int32{0, 1, 2, 0, 1}, dry(1, 2, 5), 0, []float64{0.296923, 0.296923, 0.109232, 0.296923}},
		{fifths, []int32{0, 1, 3, 4, 0, 1}, dry(1, 2, 6), 3, fifths},
		{fifths, []int32{0, 1, 2, 0, 1}, dry(2, 2, 5), 0, []float64{0.241818, 0.241818, 0.032727, 0.241818, 0.241818}},
		{fifths, []int32{0, 1, 2, 3, 4, 0, 1}, dry(1, 4, 7), 0, fifths},
	} {
		for _, list := range []bool{false, true} {
			c.p.Samplers = []string{"penalties", "dry"}
			s, err := New(c.p, Config{Breakers: breakersOf(5, c.breaker)})
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range c.accepted {
				s.Accept(id)
			}
			s.c.reset(fromProbs(c.probs))
			if list {
				s.c.all()
			}
			for _, stage := range s.chain {
				stage.Apply(&s.c)
			}
			want := map[int32]float64{}
			for id, p := range c.want {
				want[int32(id)] = p
			}
			compare(t, fmt.Sprintf("%d, list %t", i, list), left(&s.c), want)
		}
	}
}

// breakersOf returns breakers of a vocabulary in which one token is a line feed,
// none if that is 0.
func breakersOf(size int, id int32) *Breakers {
	pieces := slices.Repeat([]string{"a"}, size)
	if id != 0 {
		pieces[id] = "\n"
	}
	return NewBreakers(nil, pieceList(pieces))
}

// pieceList is a vocabulary. A text has the token of each of its bytes.
type pieceList []string

func (v pieceList) Len() int              { return len(v) }
func (v pieceList) Piece(id int32) string { return v[id] }
func (v pieceList) Tokenize(text string) (ids []int32) {
	for i := range len(text) {
		ids = append(ids, int32(slices.Index(v, text[i:i+1])))
	}
	return ids
}

// TestLlamaQueues has the queues of stages of the same file: the logits ln id of
// 10000 tokens, and the tokens that are left after each, the highest ids.
func TestLlamaQueues(t *testing.T) {
	const n = 10000
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(simd.Log(float64(i)))
	}
	for _, c := range []struct {
		order      string
		k          int
		topP, minP float64
	}{
		{"k", n, 1, 1}, {"k", 1, 1, 1}, {"p", n, 1, 1}, {"p", n, 0, 1}, {"m", n, 1, 1}, {"m", n, 1, 1e-12},
		{"k", 100, 1, 1}, {"p", n, 0.0003, 1}, {"p", n, 0.8, 1}, {"m", n, 1, 9997.9 / 9999}, {"m", n, 1, 0.1},
		{"kp", 100, 0.8, 0.1}, {"km", 100, 0.8, 0.1}, {"pk", 100, 0.8, 0.1}, {"pm", 100, 0.8, 0.1}, {"mk", 100, 0.8, 0.1},
		{"mp", 100, 0.8, 9997.9 / 9999}, {"mp", 100, 0.8, 0.1},
		{"kpm", 100, 0.8, 0.1}, {"kmp", 100, 0.8, 0.1}, {"pkm", 100, 0.8, 0.1}, {"pmk", 100, 0.8, 0.1}, {"mkp", 100, 0.8, 0.1}, {"mpk", 100, 0.8, 0.1},
	} {
		cands, lowest := candidates(x), 1 // token 0 has logit -Inf
		for _, stage := range c.order {
			switch stage {
			case 'k':
				topK{c.k}.Apply(cands)
				lowest = max(lowest, n-c.k)
			case 'p':
				topP{max(c.topP, math.SmallestNonzeroFloat32), 1}.Apply(cands)
				sum, whole := 0, 0
				for id := lowest; id < n; id++ {
					whole += id
				}
				if c.topP < 1 {
					for id := n - 1; ; id-- {
						if sum += id; float64(sum) >= c.topP*float64(whole) {
							lowest = id
							break
						}
					}
				}
			case 'm':
				newMinP(float32(c.minP), 1).Apply(cands)
				lowest = max(lowest, int(math.Ceil(c.minP*(n-1)-1e-4)))
			}
		}
		got := candIDs(cands)
		slices.Sort(got)
		if len(got) != n-lowest || int(got[0]) != lowest || got[len(got)-1] != n-1 {
			t.Errorf("%s k=%d p=%g m=%g: %d tokens from %d, want %d from %d", c.order, c.k, c.topP, c.minP, len(got), got[0], n-lowest, lowest)
		}
	}
}
