package eval

import "math"

// Summary returns the summary of rows made by Compare, without Window, Windows and
// quantiles.
func (rows Rows) Summary() Summary {
	nll := rows.Mean(func(r *Row) float64 { return r.NLL })
	base := rows.Mean(func(r *Row) float64 { return r.BaseNLL })
	cov := rows.covariance(nll.Value, base.Value)
	s := Summary{Tokens: len(rows), PPL: exp(nll), BasePPL: exp(base), Cor: ratio(cov, nll.Error*base.Error)}
	s.LogRatio = Estimate{nll.Value - base.Value, spread(nll.Error, base.Error, cov)}
	s.Ratio = exp(s.LogRatio)
	s.Diff = Estimate{s.PPL.Value - s.BasePPL.Value, spread(s.PPL.Error, s.BasePPL.Error, s.PPL.Value*s.BasePPL.Value*cov)}
	s.KL = rows.Mean(func(r *Row) float64 { return r.KL })
	s.DeltaP = rows.Mean(func(r *Row) float64 { return r.DeltaP })
	square := rows.Mean(func(r *Row) float64 { return r.DeltaP * r.DeltaP })
	s.RMSDeltaP.Value = math.Sqrt(square.Value)
	s.RMSDeltaP.Error = ratio(square.Error/2, s.RMSDeltaP.Value)
	s.SameTop = rows.Mean(func(r *Row) float64 {
		if r.SameTop {
			return 1
		}
		return 0
	})
	return s
}

// Quantiles sets the quantiles of s.
func (rows Rows) Quantiles(s *Summary) {
	kl, dp := make([]float64, len(rows)), make([]float64, len(rows))
	for i, r := range rows {
		kl[i], dp[i] = r.KL, r.DeltaP
	}
	s.KLQuantiles, s.DeltaPQuantiles = quantiles(kl), quantiles(dp)
}

// covariance returns the covariance of the means of NLL and BaseNLL, a and b.
func (rows Rows) covariance(a, b float64) float64 {
	sum, n := 0.0, float64(len(rows))
	for i := range rows {
		sum += rows[i].NLL * rows[i].BaseNLL
	}
	return ratio(sum/n-a*b, n-1)
}

// spread returns the standard error of a difference.
func spread(a, b, cov float64) float64 { return math.Sqrt(max(a*a+b*b-2*cov, 0)) }

// ratio returns a/b, or 0 if b is 0.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
