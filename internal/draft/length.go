package draft

// margin is what a draft must be expected to gain, so that errors of the estimates
// cost nothing.
const margin = 1.05

// Length returns how many tokens of d pay and the expected gain: tokens per time of
// the pass with the draft, relative to that without. The tokens are those of all
// sequences in the pass, others of them of other sequences; the time includes paid,
// that which the draft has taken. 0 tokens gain 1.
func (d *Draft) Length(o *Odds, c *Curve, others int, paid float64) (n int, gain float64) {
	expected, p := float64(others+1), 1.0
	plain := expected / (c[0] + paid)
	best := margin
	for i, class := range d.Class[:min(len(d.Class), Max)] {
		p *= o.Right(class)
		expected += p
		if g := expected / (c[i+1] + paid) / plain; g > best {
			n, best = i+1, g
		}
	}
	if n == 0 {
		return 0, 1
	}
	return n, best
}

// Pays reports whether it pays to draft one more token, which is right with
// probability next and takes the time cost, as each of d did.
func (d *Draft) Pays(o *Odds, c *Curve, others int, next, cost float64) bool {
	expected, p := float64(others+1), 1.0
	for _, class := range d.Class {
		p *= o.Right(class)
		expected += p
	}
	k := len(d.IDs)
	return k < Max && (expected+p*next)/(c[k+1]+float64(k+1)*cost) > expected/(c[k]+float64(k)*cost)
}

// Gain returns the expected gain of the best draft of at most n tokens, each right with
// probability right and drafted in the time cost; 1 if none pays.
func (c *Curve) Gain(others, n int, right, cost float64) float64 {
	expected, p := float64(others+1), 1.0
	plain, best := expected/c[0], margin
	for k := 1; k <= min(n, Max); k++ {
		p *= right
		expected += p
		best = max(best, expected/(c[k]+float64(k)*cost)/plain)
	}
	if best == margin {
		return 1
	}
	return best
}
