package quant

// The search for a scale and a minimum: x ≈ a·l + b with levels l from 0 to top.

// lineSums are the sums that the best line follows from: Σ w, Σ w·x, Σ w·l,
// Σ w·l² and Σ w·x·l.
type lineSums struct{ w, x, l, ll, xl float64 }

// line returns the a and b that minimise Σ w·(x-a·l-b)², with b ≤ limit.
func (s lineSums) line(limit float64) (a, b float64) {
	det := float64(s.w*s.ll) - float64(s.l*s.l)
	if det > 0 {
		a = (float64(s.w*s.xl) - float64(s.x*s.l)) / det
		b = (float64(s.ll*s.x) - float64(s.l*s.xl)) / det
		if b <= limit {
			return a, b
		}
	}
	if s.ll > 0 {
		return (s.xl - float64(limit*s.l)) / s.ll, limit
	}
	return 0, min(limit, s.x/s.w)
}

// gainAt returns Σ w·x² minus the error of the line a·l + b.
func (s lineSums) gainAt(a, b float64) float64 {
	return float64(a*(2*s.xl-float64(a*s.ll))) + float64(b*(2*s.x-float64(b*s.w)-float64(2*a*s.l)))
}

// trial sets the sums with l for the levels nearest to (x-b)·ia, from 0 to top.
func (s *lineSums) trial(x, w []float64, ia, b, top float64) {
	var sl, sll, sxl float64
	w = w[:len(x)]
	for i, v := range x {
		l := level(float64((v-b)*ia), 0, top)
		wl := w[i] * l
		sl += wl
		sll += float64(wl * l)
		sxl += float64(wl * v)
	}
	s.l, s.ll, s.xl = sl, sll, sxl
}

// lineTrials are [trials] for lines.
var lineTrials = [...]float64{0, -0.9, -0.45, 0.5}

// bestLine returns the best a > 0 and b ≤ limit that it finds for levels from 0
// to top, and their sums.
func bestLine(x, w []float64, top, limit float64) (a, b float64, best lineSums) {
	lo, hi := x[0], x[0]
	var s lineSums
	for i, v := range x {
		lo, hi = min(lo, v), max(hi, v)
		s.w += w[i]
		s.x += float64(w[i] * v)
	}
	lo = min(lo, limit)
	best = s
	if !(hi > lo) {
		return 0, lo, best
	}
	most := 0.0
	try := func(ia, from float64) bool {
		s.trial(x, w, ia, from, top)
		na, nb := s.line(limit)
		gain := s.gainAt(na, nb)
		if !(gain > most) || !(na > 0) {
			return false
		}
		a, b, best, most = na, nb, s, gain
		return true
	}
	for _, step := range lineTrials {
		try((top+step)/(hi-lo), lo)
	}
	for range 4 {
		if !(a > 0) || !try(1/a, b) {
			break
		}
	}
	return a, b, best
}
