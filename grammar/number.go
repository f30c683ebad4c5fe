package grammar

import (
	"fmt"
	"strconv"
	"strings"
)

// A decimal is a number as its digits: whole without zeros before it, at least
// one digit; frac without zeros after it.
type decimal struct {
	neg         bool
	whole, frac string
}

// maxDigits bounds the digits of the numbers in a schema.
const maxDigits = 400

// parseDecimal reads a JSON number.
func parseDecimal(s string) (decimal, error) {
	var d decimal
	rest, neg := strings.CutPrefix(s, "-")
	mantissa, exp, _ := strings.Cut(strings.ToLower(rest), "e")
	whole, frac, _ := strings.Cut(mantissa, ".")
	e := 0
	if exp != "" {
		var err error
		if e, err = strconv.Atoi(exp); err != nil {
			return d, fmt.Errorf("number %s is too large", s)
		}
	}
	if strings.Trim(whole+frac, "0") == "" {
		return decimal{whole: "0"}, nil
	}
	if len(whole)+len(frac)+max(e, -e) > maxDigits {
		return d, fmt.Errorf("number %.40s has more than %d digits", s, maxDigits)
	}
	if e > 0 {
		frac += strings.Repeat("0", max(e-len(frac), 0))
		whole, frac = whole+frac[:e], frac[e:]
	} else if e < 0 {
		whole = strings.Repeat("0", max(-e-len(whole), 0)) + whole
		whole, frac = whole[:len(whole)+e], whole[len(whole)+e:]+frac
	}
	d = decimal{neg, strings.TrimLeft(whole, "0"), strings.TrimRight(frac, "0")}
	if d.whole == "" {
		d.whole = "0"
	}
	return d, nil
}

func (d decimal) isZero() bool { return d.whole == "0" && d.frac == "" }

// compareSize compares two decimals without their signs.
func (d decimal) compareSize(o decimal) int {
	if len(d.whole) != len(o.whole) {
		return len(d.whole) - len(o.whole)
	}
	if c := strings.Compare(d.whole, o.whole); c != 0 {
		return c
	}
	return strings.Compare(d.frac, o.frac)
}

func (d decimal) compare(o decimal) int {
	switch {
	case d.isZero() && o.isZero():
		return 0
	case d.neg != o.neg:
		if d.neg {
			return -1
		}
		return 1
	case d.neg:
		return -d.compareSize(o)
	}
	return d.compareSize(o)
}

// A limit is one end of a range of numbers.
type limit struct {
	decimal
	open bool // the number itself is outside
}

// A numberRange is the numbers from lo to hi; nil is no limit.
type numberRange struct{ lo, hi *limit }

// tighten takes what both ranges have.
func (r *numberRange) tighten(lo, hi *limit) {
	if lo != nil {
		if c := 1; r.lo != nil {
			if c = lo.compare(r.lo.decimal); c < 0 || c == 0 && !lo.open {
				lo = r.lo
			}
		}
		r.lo = lo
	}
	if hi != nil {
		if c := -1; r.hi != nil {
			if c = hi.compare(r.hi.decimal); c > 0 || c == 0 && !hi.open {
				hi = r.hi
			}
		}
		r.hi = hi
	}
}

// Bounds on the digits of numbers without a limit: a model that goes on with
// digits forever must stop.
const (
	maxWhole = 60
	maxFrac  = 40
)

// numbers makes the expressions of numbers.
type numbers struct {
	x               *exprs
	digit, positive expr
	fraction        expr // a point and digits, or nothing
	zeros           expr // a point and zeros, or nothing
	whole           expr // digits without zeros before them
	plain, any, int expr // all numbers, without exponent, with; integers
	long            expr // integers of any number of digits
}

func newNumbers(x *exprs) *numbers {
	n := &numbers{x: x}
	var d, p byteSet
	d.addRange('0', '9')
	p.addRange('1', '9')
	n.digit, n.positive = x.set(d), x.set(p)
	n.fraction = x.optional(x.concat(x.byte('.'), x.repeat(n.digit, 1, maxFrac)))
	n.zeros = x.optional(x.concat(x.byte('.'), x.repeat(x.byte('0'), 1, maxFrac)))
	n.whole = x.or(x.byte('0'), x.concat(n.positive, x.repeat(n.digit, 0, maxWhole-1)))
	n.int = x.concat(x.optional(x.byte('-')), n.whole)
	n.plain = x.concat(n.int, n.fraction)
	n.long = x.concat(x.optional(x.byte('-')), x.or(x.byte('0'), x.concat(n.positive, x.star(n.digit))))
	n.any = x.or(n.plain, x.concat(n.plain, n.exponent(239)), x.concat(x.optional(x.byte('-')), n.digit, n.fraction, n.exponent(307)))
	return n
}

// exponent returns an exponent of at most most, below 1000, and of any three digits if
// it is negative. With 239 after 60 digits, or 307 after one, the number is below the
// largest float64, so that all programs can read it.
func (n *numbers) exponent(most int) expr {
	x := n.x
	var e byteSet
	e.add('e')
	e.add('E')
	text := fmt.Sprintf("%03d", most)
	upTo := []expr{x.bytes(text)}
	for k := range text {
		upTo = append(upTo, x.concat(x.bytes(text[:k]), n.upTo('0', text[k]-1), n.digits(len(text)-k-1)))
	}
	few := x.repeat(n.digit, 1, 2)
	positive := x.concat(x.optional(x.byte('+')), x.or(append(upTo, few)...))
	return x.concat(x.set(e), x.or(positive, x.concat(x.byte('-'), x.repeat(n.digit, 1, 3))))
}

// between returns the expression of the numbers of r, integers alone if whole.
func (n *numbers) between(r numberRange, whole bool) expr {
	x := n.x
	if r.lo == nil && r.hi == nil {
		if whole {
			return n.int
		}
		return n.any
	}
	zero := &limit{}
	zero.whole = "0"
	lo, hi := r.lo, r.hi // of the numbers that are not negative
	if lo == nil || lo.neg && !lo.isZero() {
		lo = zero
	}
	e := none
	if hi == nil || !hi.neg || hi.isZero() {
		e = n.sizes(lo, hi, whole)
	}
	small, large := zero, (*limit)(nil) // of the sizes of the negative numbers
	if r.hi != nil && (r.hi.neg || r.hi.isZero()) {
		small = r.hi
	}
	if r.lo != nil {
		large = r.lo
	}
	// -0 is an integer of 0 and more, but many programs cannot read it into one
	// without a sign.
	if r.lo == nil || r.lo.neg && !r.lo.isZero() || r.lo.isZero() && !whole {
		e = x.or(e, x.concat(x.byte('-'), n.sizes(small, large, whole)))
	}
	return e
}

// sizes returns the expression of the numbers without sign from lo to hi.
func (n *numbers) sizes(lo, hi *limit, whole bool) expr {
	if hi != nil {
		if c := lo.compareSize(hi.decimal); c > 0 || c == 0 && (lo.open || hi.open) {
			return none
		}
	}
	e := n.atLeast(lo, whole)
	if hi == nil {
		return e
	}
	if lo.isZero() && !lo.open {
		return n.atMost(hi, whole)
	}
	if whole {
		return n.wholeBetween(lo, hi)
	}
	return n.x.and(e, n.atMost(hi, whole))
}
