package sample

// [dry] P. E. Weidmann, DRY: A Modern Repetition Penalty, text-generation-webui 5677
// [z] D. Gusfield, Algorithms on Strings, Trees, and Sequences, 1997, 1.4

import (
	"math"

	"github.com/querent-ai/chord/simd"
)

// dry lowers the logits of tokens that would continue a repetition: if the last n
// tokens of the sequence, n ≥ allowed, have occurred before, followed by a token,
//
//	logit −= multiplier·base^(n − allowed)
//
// for that token and the greatest such n [dry]. A repetition does not reach back
// over a sequence breaker, and a token that has a breaker in it is not penalised.
type dry struct {
	history
	multiplier, base float64
	allowed          int
	breakers         *Breakers

	z []int32 // scratch
}

func (d *dry) Apply(c *Candidates) {
	recent := d.last()
	if len(recent) <= d.allowed {
		return
	}
	limit := d.breakers.since(recent)
	if limit < d.allowed {
		return
	}
	d.repeats(recent)
	longest := c.counts() // 1 + n of each token
	found := false
	for k := 1; k < len(recent); k++ {
		n := min(int(d.z[k]), limit)
		id := recent[len(recent)-k] // what followed the occurrence that ends before it
		if n >= d.allowed && uint(id) < uint(len(c.x)) && !d.breakers.has(id) {
			longest[id] = max(longest[id], int32(n)+1)
			found = true
		}
	}
	if !found {
		return
	}
	c.change(recent, func(id int32, v float32) float32 {
		penalty := d.multiplier * simd.Pow(d.base, float64(int(longest[id])-1-d.allowed))
		return v - float32(min(penalty, math.MaxFloat32))
	})
}

// repeats sets z[k], for k from 1, to the number of last tokens of ids that are
// also those before its last k. It is the Z function of ids backwards, made in
// O(len(ids)) [z]: [first, end) is the occurrence that reaches furthest so far.
func (d *dry) repeats(ids []int32) {
	last := len(ids) - 1
	d.z = d.z[:0]
	for range ids {
		d.z = append(d.z, 0)
	}
	first, end := 0, 0
	for k := 1; k < len(ids); k++ {
		n := 0
		if k < end {
			n = min(end-k, int(d.z[k-first]))
		}
		for k+n < len(ids) && ids[last-n] == ids[last-k-n] {
			n++
		}
		d.z[k] = int32(n)
		if k+n > end {
			first, end = k, k+n
		}
	}
}
