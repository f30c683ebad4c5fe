package sample

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestPenalties compares the three penalties over the last N tokens with the
// reference.
func TestPenalties(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, lastN := range []int{1, 3, 8, 64, Off} {
		p := Params{RepeatPenalty: 1.3, FrequencyPenalty: 0.25, PresencePenalty: -0.5, RepeatLastN: lastN, Temperature: Greedy}
		s := newSampler(t, p)
		var seq []int32
		for step := range 200 {
			x := randomLogits(rng, 20, 2, false)
			before := slices.Clone(x)
			recent := seq
			if lastN != Off {
				recent = seq[max(0, len(seq)-lastN):]
			}
			id, want := mustSample(t, s, x), refPenalties(x, recent, p)
			got := make([]float32, len(x))
			for i := range got {
				got[i] = s.c.logit(int32(i))
			}
			for i := range want {
				if d := math.Abs(float64(got[i]) - want[i]); d > 1e-5*(1+math.Abs(want[i])) {
					t.Fatalf("lastN=%d step=%d id=%d: got %g, want %g", lastN, step, i, got[i], want[i])
				}
			}
			if best := refs(got)[0].id; id != best {
				t.Fatalf("lastN=%d step=%d: picked %d, best is %d", lastN, step, id, best)
			}
			if !slices.Equal(x, before) {
				t.Fatalf("lastN=%d step=%d: the caller's logits changed", lastN, step)
			}
			id = int32(rng.IntN(24)) // some are outside the vocabulary
			s.Accept(id)
			seq = append(seq, id)
		}
	}
}

func refPenalties(x []float32, recent []int32, p Params) []float64 {
	count := map[int32]int{}
	for _, id := range recent {
		count[id]++
	}
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
		n := count[int32(i)]
		if n == 0 {
			continue
		}
		if v <= 0 {
			out[i] *= float64(p.RepeatPenalty)
		} else {
			out[i] /= float64(p.RepeatPenalty)
		}
		out[i] -= float64(n)*float64(p.FrequencyPenalty) + float64(p.PresencePenalty)
	}
	return out
}

// TestPenaltiesStayFinite has penalties that overflow, of logits and of a list: a
// token of the vocabulary then may be picked, and its probability is a number.
func TestPenaltiesStayFinite(t *testing.T) {
	const most = math.MaxFloat32
	for _, order := range [][]string{{"penalties", "top_k"}, {"top_k", "penalties"}} {
		for _, p := range []Params{
			{RepeatPenalty: most, FrequencyPenalty: -most, PresencePenalty: most}, {RepeatPenalty: most, FrequencyPenalty: most, PresencePenalty: most},
			{RepeatPenalty: math.SmallestNonzeroFloat32, FrequencyPenalty: -most, PresencePenalty: -most},
		} {
			p.Samplers, p.TopK, p.Seed = order, 2, 1
			s := newSampler(t, p)
			for range 4 {
				s.Accept(0)
				s.Accept(1)
			}
			id, ok := s.Sample([]float32{-2, 3, 1})
			if !ok || !(s.Picked() > 0 && s.Picked() <= 1) {
				t.Errorf("%q, %g %g %g: got %d, %t, probability %g", order, p.RepeatPenalty, p.FrequencyPenalty, p.PresencePenalty, id, ok, s.Picked())
			}
		}
	}
}

// TestHighestWithEdits compares the best token with that of a sort.
func TestHighestWithEdits(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for n := range 2000 {
		x := make([]float32, 1+rng.IntN(200))
		for i := range x {
			x[i] = float32(rng.IntN(6))
		}
		c := candidates(x)
		want := slices.Clone(x)
		for range rng.IntN(8) {
			id := int32(rng.IntN(len(x)))
			want[id] = float32(rng.IntN(7))
			c.set(id, want[id])
		}
		if got, best := c.highest(), refs(want)[0]; got.id != best.id || float64(got.logit) != best.logit {
			t.Fatalf("case %d: got %d at %g, want %d at %g", n, got.id, got.logit, best.id, best.logit)
		}
	}
}
