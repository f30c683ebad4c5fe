package llama

import "github.com/querent-ai/chord/simd"

// [grove] Wu et al., Grove MoE, 2025, arXiv:2508.07785

// adjugates reads the sizes of the experts that groups of others share [grove].
func (r *keyReader) adjugates(c *Config) {
	if !r.fam.adjugate || r.err != nil {
		return
	}
	if c.Experts == 0 {
		r.bad("expert_count", "missing")
		return
	}
	c.ExpertsShare = r.mustCount("experts_per_group")
	c.AdjugateDim = r.count("expert_chunk_feed_forward_length", c.Layer[0].KeyDim)
	c.AdjugateScale = float32(r.float("expert_group_scale", 0))
	if c.ExpertsShare > 0 && c.Experts%c.ExpertsShare != 0 {
		r.bad("experts_per_group", "%d, want a divisor of the %d experts", c.ExpertsShare, c.Experts)
	}
}

type adjugateJob pass

// adjugate adds to dst, the output of a mixture, what the experts that groups of its
// experts share make of it, times AdjugateScale. It is what llama.cpp computes: the
// weight of a shared expert is the probability of the expert with its number, and an
// expert that two chosen ones share is counted twice.
func (p *pass) adjugate(dst []float32, rows int, w *mixture) {
	r := &p.routes
	r.experts, r.dim = len(w.Expert), p.c.AdjugateDim
	r.used = min(p.c.ExpertsUsed, r.experts)
	r.chosen, r.weight = grow(r.chosen, rows*r.used), grow(r.weight, rows*r.used)
	p.forRows((*adjugateJob)(p))
	p.runRoutes(dst, rows, w)
	r.beside = grow(r.beside, len(dst))
	p.combine(r.beside, dst, w)
	p.scale(r.beside, p.adjugateScale)
	p.add(dst, r.beside)
}

// Do chooses the shared experts of every row. The scores and probabilities are those
// of the mixture.
func (p *adjugateJob) Do(_, lo, hi int) {
	r, c := &p.routes, p.c
	for i := lo; i < hi; i++ {
		chosen, weight := row(r.chosen, i, r.used), row(r.weight, i, r.used)
		topK(chosen, row(r.score, i, c.Experts))
		for k, e := range chosen {
			chosen[k] = min(int(float32(e)*(1/float32(c.ExpertsShare))), r.experts-1)
			weight[k] = row(r.router, i, c.Experts)[chosen[k]]
		}
		normalize(weight)
		simd.Scale(weight, c.ExpertScale)
	}
}
