package eval

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// logitsOf returns n logits with a standard deviation of s.
func logitsOf(n int, s float64, seed uint64) []float32 {
	r := rand.New(rand.NewPCG(seed, 2))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64()*s + 3)
	}
	return x
}

// logProbs is the logarithm of softmax in float64.
func logProbs(x []float32) []float64 {
	sum, most := 0.0, float64(slices.Max(x))
	for _, v := range x {
		sum += math.Exp(float64(v) - most)
	}
	l := make([]float64, len(x))
	for i, v := range x {
		l[i] = float64(v) - most - math.Log(sum)
	}
	return l
}

// TestCompare compares with float64, for vocabularies around a block's length:
// a row alone, and beside one of other logits that has been packed.
func TestCompare(t *testing.T) {
	var s Scorer
	for _, n := range []int{1, 2, 3, block - 1, block, block + 1, 3*block + 7} {
		for _, spread := range []float64{0.5, 4, 40} { // 40: beyond what a packed row covers
			t.Run(fmt.Sprintf("n=%d/spread=%g", n, spread), func(t *testing.T) {
				x, y := logitsOf(n, spread, 1), logitsOf(n, spread, 3)
				kept := slices.Clone(x)
				p, q, id := logProbs(x), logProbs(y), int32(n/2)
				b := make([]byte, RowBytes(n))
				near(t, "NLL", s.Score(x, id).NLL, -p[id], 1e-5)
				near(t, "packed NLL", s.Pack(b, y, id).NLL, -q[id], 1e-5)
				r := s.Compare(b, x, id)
				near(t, "compared NLL", r.NLL, -p[id], 1e-5)
				if q[id] > slices.Max(q)-packRange {
					near(t, "base's NLL", r.BaseNLL, -q[id], 2e-4)
					near(t, "Δp", r.DeltaP, math.Exp(p[id])-math.Exp(q[id]), 2e-4)
				}
				kl := 0.0
				for i := range q {
					kl += math.Exp(q[i]) * (q[i] - p[i])
				}
				near(t, "divergence", r.KL, kl, 1e-3*(1+kl))
				if want := slices.Index(x, slices.Max(x)) == slices.Index(y, slices.Max(y)); r.SameTop != want {
					t.Errorf("same top: got %v, want %v", r.SameTop, want)
				}
				if !slices.Equal(x, kept) {
					t.Error("the logits have changed")
				}
			})
		}
	}
}

func near(t *testing.T, what string, got, want, limit float64) {
	t.Helper()
	if !(math.Abs(got-want) <= limit) {
		t.Errorf("%s: got %g, want %g within %g", what, got, want, limit)
	}
}

// TestPackBytes pins the layout: scale, least, steps, and zeros up to a
// multiple of four.
func TestPackBytes(t *testing.T) {
	b := slices.Repeat([]byte{0xEE}, RowBytes(3))
	var s Scorer
	s.Pack(b, []float32{0, 1, 1}, 0) // steps of 1/65535
	near(t, "least", float64(unpack(b).least), -math.Log(1+2*math.E), 1e-6)
	clear(b[4:8])
	if want := []byte{0x80, 0x00, 0x80, 0x37, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0}; !slices.Equal(b, want) {
		t.Errorf("got  % x\nwant % x", b, want)
	}
	s.Pack(b, []float32{0, 100, 99}, 0)
	near(t, "scale of a wide row", float64(unpack(b).scale), 16./65535, 1e-9)
	s.Pack(b, []float32{5, 5, 5}, 1)
	if want := make([]byte, 8); !slices.Equal(b[8:], want) {
		t.Errorf("all alike: steps % x, want zeros", b[8:])
	}
}

// TestSummary checks figures of rows against what can be told beforehand.
func TestSummary(t *testing.T) {
	rows := Rows{{NLL: 1, BaseNLL: 2, KL: 0.5, DeltaP: 0.1, SameTop: true}, {NLL: 3, BaseNLL: 2, KL: 1.5, DeltaP: -0.1}, {NLL: 2, BaseNLL: 2, KL: 1}}
	s := rows.Summary()
	rows.Quantiles(&s)
	near(t, "PPL", s.PPL.Value, math.Exp(2), 1e-12)
	near(t, "its error", s.PPL.Error, math.Exp(2)*math.Sqrt(2./3/2), 1e-12)
	near(t, "ratio", s.Ratio.Value, 1, 1e-12)
	near(t, "ratio's error", s.LogRatio.Error, math.Sqrt(2./3/2), 1e-12)
	near(t, "divergence", s.KL.Value, 1, 1e-12)
	near(t, "root mean square", s.RMSDeltaP.Value, math.Sqrt(0.02/3), 1e-12)
	near(t, "same top", s.SameTop.Value, 1./3, 1e-12)
	near(t, "its error", s.SameTop.Error, math.Sqrt(2./9/2), 1e-12)
	near(t, "median", s.KLQuantiles[6], 1, 1e-12)
	near(t, "75 %", s.KLQuantiles[7], 1.25, 1e-12)
	near(t, "minimum", s.DeltaPQuantiles[0], -0.1, 1e-12)
	near(t, "maximum", s.DeltaPQuantiles[12], 0.1, 1e-12)
	if len(s.KLQuantiles) != len(Fractions) {
		t.Errorf("%d quantiles", len(s.KLQuantiles))
	}
}
