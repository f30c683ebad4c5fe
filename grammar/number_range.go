package grammar

import (
	"math/big"
	"strings"
)

// upTo returns one digit from lo to hi.
func (n *numbers) upTo(lo, hi byte) expr {
	var s byteSet
	if lo <= hi {
		s.addRange(lo, hi)
	}
	return n.x.set(s)
}

func (n *numbers) digits(k int) expr { return n.x.repeat(n.digit, k, k) }

// tail returns what may follow the digits before the point.
func (n *numbers) tail(whole bool) expr {
	if whole {
		return eps
	}
	return n.fraction
}

// atLeast returns the numbers without sign from l on.
func (n *numbers) atLeast(l *limit, whole bool) expr {
	x, w := n.x, l.whole
	alts := []expr{x.concat(n.positive, n.digits(len(w)), x.repeat(n.digit, 0, max(maxWhole-len(w)-1, 0)), n.tail(whole))}
	for k := range w {
		if len(w) == 1 || k > 0 || w[k] > '0' {
			alts = append(alts, x.concat(x.bytes(w[:k]), n.upTo(w[k]+1, '9'), n.digits(len(w)-k-1), n.tail(whole)))
		}
	}
	switch {
	case whole && l.frac == "" && !l.open:
		alts = append(alts, x.bytes(w))
	case !whole:
		alts = append(alts, x.concat(x.bytes(w), n.fracAbove(l.frac, l.open)))
	}
	return x.or(alts...)
}

// fracAbove returns the digits after the point of numbers above 0.f.
func (n *numbers) fracAbove(f string, open bool) expr {
	x := n.x
	more := x.repeat(n.digit, 0, maxFrac)
	var alts []expr
	for k := range f {
		alts = append(alts, x.concat(x.bytes("."+f[:k]), n.upTo(f[k]+1, '9'), more))
	}
	alts = append(alts, x.concat(x.bytes("."+f), x.repeat(x.byte('0'), 0, maxFrac), n.positive, more))
	if !open {
		alts = append(alts, n.fracEqual(f))
	}
	return x.or(alts...)
}

// fracEqual returns the digits after the point of 0.f.
func (n *numbers) fracEqual(f string) expr {
	if f == "" {
		return n.zeros
	}
	return n.x.concat(n.x.bytes("."+f), n.x.repeat(n.x.byte('0'), 0, maxFrac))
}

// atMost returns the numbers without sign up to l.
func (n *numbers) atMost(l *limit, whole bool) expr {
	x, w := n.x, l.whole
	var alts []expr
	if len(w) > 1 {
		alts = append(alts, x.concat(x.or(x.byte('0'), x.concat(n.positive, x.repeat(n.digit, 0, len(w)-2))), n.tail(whole)))
	}
	for k := range w {
		first := byte('0')
		if k == 0 && len(w) > 1 {
			first = '1'
		}
		alts = append(alts, x.concat(x.bytes(w[:k]), n.upTo(first, w[k]-1), n.digits(len(w)-k-1), n.tail(whole)))
	}
	switch {
	case whole && (l.frac != "" || !l.open):
		alts = append(alts, x.bytes(w))
	case !whole:
		alts = append(alts, x.concat(x.bytes(w), n.fracBelow(l.frac, l.open)))
	}
	return x.or(alts...)
}

// fracBelow returns the digits after the point of numbers below 0.f.
func (n *numbers) fracBelow(f string, open bool) expr {
	x := n.x
	var alts []expr
	for k := range f {
		if k == 0 {
			alts = append(alts, eps)
		} else {
			alts = append(alts, x.bytes("."+f[:k]))
		}
		alts = append(alts, x.concat(x.bytes("."+f[:k]), n.upTo('0', f[k]-1), x.repeat(n.digit, 0, maxFrac)))
	}
	if !open {
		alts = append(alts, n.fracEqual(f))
	}
	return x.or(alts...)
}

// wholeBetween returns the integers without sign from lo to hi.
func (n *numbers) wholeBetween(lo, hi *limit) expr {
	one := big.NewInt(1)
	a, _ := new(big.Int).SetString(lo.whole, 10)
	b, _ := new(big.Int).SetString(hi.whole, 10)
	if lo.open || lo.frac != "" {
		a.Add(a, one)
	}
	if hi.open && hi.frac == "" {
		b.Sub(b, one)
	}
	if a.Cmp(b) > 0 {
		return none
	}
	s, t := a.String(), b.String()
	var alts []expr
	for k := len(s); k < len(t); k++ {
		alts = append(alts, n.from(s))
		s = "1" + strings.Repeat("0", k)
	}
	return n.x.or(append(alts, n.span(s, t))...)
}

// from returns the digits from s on, as many as s has.
func (n *numbers) from(s string) expr {
	if s == "" {
		return eps
	}
	return n.x.or(
		n.x.concat(n.x.byte(s[0]), n.from(s[1:])),
		n.x.concat(n.upTo(s[0]+1, '9'), n.digits(len(s)-1)),
	)
}

// to returns the digits up to s, as many as s has.
func (n *numbers) to(s string) expr {
	if s == "" {
		return eps
	}
	return n.x.or(
		n.x.concat(n.x.byte(s[0]), n.to(s[1:])),
		n.x.concat(n.upTo('0', s[0]-1), n.digits(len(s)-1)),
	)
}

// span returns the digits from s to t, which are as long.
func (n *numbers) span(s, t string) expr {
	if s == "" {
		return eps
	}
	x := n.x
	if s[0] == t[0] {
		return x.concat(x.byte(s[0]), n.span(s[1:], t[1:]))
	}
	return x.or(
		x.concat(x.byte(s[0]), n.from(s[1:])),
		x.concat(n.upTo(s[0]+1, t[0]-1), n.digits(len(s)-1)),
		x.concat(x.byte(t[0]), n.to(t[1:])),
	)
}
