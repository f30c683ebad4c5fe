package eval

import (
	"math"
	"slices"
)

// An Estimate is a value computed from means, with its standard error.
type Estimate struct {
	Value float64 `json:"value"`
	Error float64 `json:"error"`
}

// exp returns e to the power of x.
func exp(x Estimate) Estimate {
	v := math.Exp(x.Value)
	return Estimate{v, v * x.Error}
}

// A Summary says how far a model is from the base.
type Summary struct {
	Window  int `json:"window"`  // windows computed
	Windows int `json:"windows"` // windows in all
	Tokens  int `json:"tokens"`  // tokens that count

	PPL      Estimate `json:"ppl"`          // the model's perplexity
	BasePPL  Estimate `json:"ppl_base"`     // the base's
	LogRatio Estimate `json:"ln_ppl_ratio"` // log(PPL/BasePPL)
	Ratio    Estimate `json:"ppl_ratio"`    // PPL/BasePPL
	Diff     Estimate `json:"ppl_diff"`     // PPL - BasePPL
	Cor      float64  `json:"cor"`          // correlation of the logarithms of PPL and BasePPL

	KL        Estimate `json:"kld"`      // mean divergence of a token, in nats
	DeltaP    Estimate `json:"dp"`       // mean of a token's probability less the base's
	RMSDeltaP Estimate `json:"dp_rms"`   // the root of the mean of its square
	SameTop   Estimate `json:"same_top"` // share of tokens where the likeliest one is the base's

	// Quantiles, only once Window is Windows.
	KLQuantiles     Quantiles `json:"kld_quantiles,omitempty"`
	DeltaPQuantiles Quantiles `json:"dp_quantiles,omitempty"`
}

// Fractions are those of the quantiles, in the order of [Quantiles].
var Fractions = []float64{0, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1}

// Quantiles are the quantiles at [Fractions].
type Quantiles []float64

// quantiles returns those of values, which it sorts.
func quantiles(values []float64) Quantiles {
	slices.Sort(values)
	q := make(Quantiles, len(Fractions))
	for i, f := range Fractions {
		p := f * float64(len(values)-1)
		lo := int(p)
		p -= float64(lo)
		q[i] = (1-p)*values[lo] + p*values[min(lo+1, len(values)-1)]
	}
	return q
}

// Rows are all rows so far.
type Rows []Row

// Mean returns the mean of of(row) over all rows.
func (rows Rows) Mean(of func(*Row) float64) Estimate {
	sum, sum2, n := 0.0, 0.0, float64(len(rows))
	for i := range rows {
		x := of(&rows[i])
		sum += x
		sum2 += x * x
	}
	mean := sum / n
	e := Estimate{Value: mean}
	if v := sum2/n - mean*mean; v > 0 && n > 1 {
		e.Error = math.Sqrt(v / (n - 1))
	}
	return e
}

// PPL returns the perplexity: e to the power of the mean NLL.
func (rows Rows) PPL() Estimate { return exp(rows.Mean(func(r *Row) float64 { return r.NLL })) }
