package llama

import (
	"fmt"
	"math"

	"github.com/querent-ai/chord/simd"
)

// A Gating says how a router makes scores of experts of its logits.
type Gating uint8

// The kinds of gating, numbered as in files.
const (
	GatingSoftmax       Gating = 1 // softmax over all experts
	GatingSigmoid       Gating = 2 // the sigmoid of each logit
	GatingSoftmaxChosen Gating = 3 // the logits; softmax over the chosen experts makes their weights
)

// glmFlashVocab is the vocabulary of GLM-4.7-Flash, whose first files do not say
// that its gating is sigmoid.
const glmFlashVocab = 154880

// router reads how the router chooses and weights experts.
func (r *keyReader) router(c *Config) {
	c.ExpertGating, c.ExpertNorm = r.fam.router.defaults()
	if r.fam.fileRouter {
		c.ExpertNorm = r.flag("expert_weights_norm", c.ExpertNorm)
	}
	kind := Gating(r.countOrZero("expert_gating_func", 0))
	if kind == 0 && r.fam.mla && c.Vocab == glmFlashVocab && (r.layers == 47 || r.layers == 48) {
		kind = GatingSigmoid
	}
	switch {
	case kind == 0 || kind == c.ExpertGating:
	case r.fam.fileRouter && kind <= GatingSigmoid:
		c.ExpertGating = kind
	default:
		r.unsupported("expert_gating_func", "%d", kind)
	}
	c.ExpertGroups = r.countOrZero("expert_group_count", 0)
	c.ExpertGroupsUsed = r.countOrZero("expert_group_used_count", 0)
	switch n := c.ExpertGroups; {
	case n <= 1:
		c.ExpertGroups = 0
	case !r.fam.fileRouter:
		r.unsupported("expert_group_count", "%d", n)
	case c.Experts%n != 0 || c.Experts/n < 2:
		r.bad("expert_group_count", "%d, want a divisor of the %d experts, at most half of them", n, c.Experts)
	case c.ExpertGroupsUsed < 1 || c.ExpertGroupsUsed >= n || c.ExpertGroupsUsed*(c.Experts/n) < c.ExpertsUsed:
		r.bad("expert_group_used_count", "%d of %d groups, for %d experts of a token", c.ExpertGroupsUsed, n, c.ExpertsUsed)
	}
}

// defaults returns the gating of a kind of router, and whether the weights of the
// chosen experts are scaled to a sum of 1.
func (k routerKind) defaults() (g Gating, norm bool) {
	switch k {
	case routerUnnormalized:
		return GatingSoftmax, false
	case routerTopSoftmax:
		return GatingSoftmaxChosen, false
	case routerSigmoid:
		return GatingSigmoid, false
	case routerSigmoidNormalized:
		return GatingSigmoid, true
	}
	return GatingSoftmax, true
}

// routeFirst runs the router's product before attention, for families whose router
// has attention's input before its norm.
func (p *pass) routeFirst(w *mixture) {
	if p.fam.routerFirst && w != nil {
		p.routes.router = grow(p.routes.router, len(p.tokenOf)*p.c.Experts)
		p.mul(p.x, product{p.routes.router, &w.GateInp})
	}
}

type chooseJob pass

// choose runs the router: it sets the chosen experts and their weights for every
// row of n.
func (p *pass) choose(n []float32, rows int, w *mixture) {
	r, c := &p.routes, p.c
	r.router, r.score = grow(r.router, rows*c.Experts), grow(r.score, rows*c.Experts)
	r.chosen, r.weight = grow(r.chosen, rows*c.ExpertsUsed), grow(r.weight, rows*c.ExpertsUsed)
	if w.RouterNorm.W != nil {
		r.routed = grow(r.routed, len(n))
		n = p.norm(r.routed, p.x, w.RouterNorm)
	}
	if !p.fam.routerFirst {
		p.mul(n, product{r.router, &w.GateInp})
	}
	if p.ok() {
		p.mixtureWeights = w
		p.pool.Run(rows, rowStep, (*chooseJob)(p))
	}
}

func (p *chooseJob) Do(_, lo, hi int) {
	r, c := &p.routes, p.c
	for i := lo; i < hi; i++ {
		router := row(r.router, i, c.Experts)
		chosen, weight := row(r.chosen, i, c.ExpertsUsed), row(r.weight, i, c.ExpertsUsed)
		if p.fam.sigmoidChoice {
			score := row(r.score, i, c.Experts)
			for e, x := range router {
				score[e] = simd.Sigmoid(x)
			}
			topK(chosen, score)
		}
		switch c.ExpertGating {
		case GatingSoftmax:
			simd.Softmax(router)
		case GatingSigmoid:
			for e, x := range router {
				router[e] = simd.Sigmoid(x)
			}
		}
		if !p.fam.sigmoidChoice {
			topK(chosen, c.selection(row(r.score, i, c.Experts), router, p.mixtureWeights.ProbsBias))
		}
		for k, e := range chosen {
			weight[k] = router[e]
		}
		if c.ExpertGating == GatingSoftmaxChosen {
			simd.Softmax(weight)
		}
		if c.ExpertNorm {
			normalize(weight)
		}
		simd.Scale(weight, c.ExpertScale)
	}
}

// selection returns the scores by which experts are chosen: probs, plus a bias if
// there is one, and -∞ outside the best groups. It may use the memory of score.
func (c *Config) selection(score, probs, bias []float32) []float32 {
	if bias == nil && c.ExpertGroups == 0 {
		return probs
	}
	copy(score, probs)
	if bias != nil {
		simd.Add(score, bias)
	}
	if c.ExpertGroups > 0 {
		c.keepGroups(score)
	}
	return score
}

// keepGroups sets the scores of experts outside the ExpertGroupsUsed best groups
// to -∞. The score of a group is the sum of its two best experts; of equal groups
// the lower one is better.
func (c *Config) keepGroups(score []float32) {
	size := c.Experts / c.ExpertGroups
	var groups [maxExperts]float32
	for g := range c.ExpertGroups {
		groups[g] = bestTwo(row(score, g, size))
	}
	var kept [maxExperts]int
	best := kept[:c.ExpertGroupsUsed]
	topK(best, groups[:c.ExpertGroups])
	for g := range c.ExpertGroups {
		if len(best) > 0 && best[0] == g {
			best = best[1:]
			continue
		}
		for i := range size {
			score[g*size+i] = float32(math.Inf(-1))
		}
	}
}

// bestTwo returns the sum of the two largest elements of x, which has two or more.
func bestTwo(x []float32) float32 {
	var best [2]int
	topK(best[:], x)
	return x[best[0]] + x[best[1]]
}

// moeLayer reports whether layer i has a mixture of experts.
func (r *keyReader) moeLayer(c *Config, i int) bool {
	if c.Experts == 0 || i < c.DenseLayers {
		return false
	}
	switch {
	case r.fam.moeEvery:
		return i%r.count("moe_every_n_layers", 1) == 1
	case r.fam.moeByTensor:
		_, ok := r.f.Tensor(fmt.Sprintf("blk.%d.ffn_gate_inp.weight", i))
		return ok
	}
	return !r.fam.moeStep || (i+1)%r.count("interleave_moe_layer_step", 1) == 0
}
