package grammar

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

type patternOp uint8

const (
	opEmpty patternOp = iota
	opSet
	opConcat
	opOr
	opRepeat
	opBegin
	opEnd
	opAhead
	opNotAhead
)

// A pattern is a regular expression as it is written.
type pattern struct {
	op       patternOp
	set      runeSet
	args     []*pattern
	min, max int
	zero     bool // has an anchor or a look-ahead
	begins   bool // has a ^
}

func newPattern(op patternOp, args ...*pattern) *pattern {
	p := &pattern{op: op, args: args, zero: op >= opBegin, begins: op == opBegin}
	for _, a := range args {
		p.zero = p.zero || a.zero
		p.begins = p.begins || a.begins
	}
	return p
}

// A patternParser reads a regular expression in ECMAScript's notation, as far as
// it says a regular language: no back references, no look-behind.
type patternParser struct {
	src   string
	at    int
	depth int

	ranges int        // of characters, in all classes
	rust   *rustFlags // in the notation of Rust's crate regex instead
}

// maxPatternDepth is how deep groups may lie in one another.
const maxPatternDepth = 200

// maxPattern bounds the length of an expression.
const maxPattern = 64 << 10

// maxPatternRepeat bounds what nested counted repeats may multiply to.
const maxPatternRepeat = 100_000

func parsePattern(src string) (*pattern, error) {
	return (&patternParser{src: src}).parse()
}

// parse reads the whole expression.
func (p *patternParser) parse() (*pattern, error) {
	src := p.src
	if len(src) > maxPattern {
		return nil, fmt.Errorf("a regular expression of %d bytes, at most %d", len(src), maxPattern)
	}
	if !utf8.ValidString(src) {
		return nil, fmt.Errorf("regular expression %.100q: invalid UTF-8", src)
	}
	r, err := p.alternation()
	if err == nil && p.at < len(src) {
		err = p.fail("unexpected %q", src[p.at:p.at+1])
	}
	if err != nil {
		return nil, err
	}
	if unrolled(r) > maxPatternRepeat {
		return nil, fmt.Errorf("regular expression %.100q: the repeats are too large", src)
	}
	return r, nil
}

// unrolled returns about how many states repeats within repeats may have.
func unrolled(p *pattern) int64 {
	n, inner := int64(1), int64(0)
	for _, a := range p.args {
		inner += unrolled(a)
	}
	n += inner
	if p.op == opRepeat && p.max > 1 && countsInside(p.args[0]) {
		n = inner * int64(p.max)
	}
	return min(n, 1<<40)
}

// countsInside reports whether p has a repeat with different bounds.
func countsInside(p *pattern) bool {
	if p.op == opRepeat && p.max > 1 && p.max != p.min {
		return true
	}
	for _, a := range p.args {
		if countsInside(a) {
			return true
		}
	}
	return false
}

func (p *patternParser) fail(format string, args ...any) error {
	return fmt.Errorf("regular expression %.100q: at byte %d: %s", p.src, p.at, fmt.Sprintf(format, args...))
}

func (p *patternParser) has(s string) bool {
	if strings.HasPrefix(p.src[p.at:], s) {
		p.at += len(s)
		return true
	}
	return false
}

func (p *patternParser) alternation() (*pattern, error) {
	if p.depth++; p.depth > maxPatternDepth {
		return nil, p.fail("groups too deep")
	}
	defer func() { p.depth-- }()
	var alts []*pattern
	for {
		var seq []*pattern
		for p.at < len(p.src) && p.src[p.at] != '|' && p.src[p.at] != ')' {
			t, err := p.term()
			if err != nil {
				return nil, err
			}
			seq = append(seq, t)
		}
		alts = append(alts, newPattern(opConcat, seq...))
		if !p.has("|") {
			break
		}
	}
	if len(alts) == 1 {
		return alts[0], nil
	}
	if s, ok := union(alts); ok {
		return &pattern{op: opSet, set: s}, nil
	}
	return newPattern(opOr, alts...), nil
}

// union returns the characters of alternatives that are one character each.
func union(alts []*pattern) (runeSet, bool) {
	var all []runeRange
	for _, a := range alts {
		if a.op != opConcat || len(a.args) != 1 || a.args[0].op != opSet {
			return nil, false
		}
		all = append(all, a.args[0].set...)
	}
	return newRuneSet(all), true
}

// term reads an atom and its quantifier.
func (p *patternParser) term() (*pattern, error) {
	a, err := p.atom()
	if err != nil {
		return nil, err
	}
	lo, hi, ok, err := p.quantifier()
	if err != nil || !ok {
		return a, err
	}
	if a.op >= opBegin {
		return nil, p.fail("nothing to repeat")
	}
	r := newPattern(opRepeat, a)
	r.min, r.max = lo, hi
	if p.at < len(p.src) && strings.IndexByte("*+", p.src[p.at]) >= 0 {
		return nil, p.fail("a quantifier of a quantifier")
	}
	return r, nil
}

func (p *patternParser) quantifier() (lo, hi int, ok bool, err error) {
	switch {
	case p.has("*"):
		lo, hi = 0, unbounded
	case p.has("+"):
		lo, hi = 1, unbounded
	case p.has("?"):
		lo, hi = 0, 1
	case p.at < len(p.src) && p.src[p.at] == '{':
		lo, hi, ok, err = p.braces()
		if err != nil || !ok {
			return 0, 0, false, err
		}
	default:
		return 0, 0, false, nil
	}
	if p.has("?") && p.rust != nil { // elsewhere what it matches is the same
		return 0, 0, false, p.fail("a lazy quantifier: use [lazy] for the whole rule")
	}
	return lo, hi, true, nil
}

// braces reads {m}, {m,} or {m,n}; ok is false if { stands for itself.
func (p *patternParser) braces() (lo, hi int, ok bool, err error) {
	start := p.at
	p.at++
	lo, ok = p.number()
	hi = lo
	if ok && p.has(",") {
		var bounded bool
		if hi, bounded = p.number(); !bounded {
			hi = unbounded
		}
	}
	if !ok || !p.has("}") {
		if p.at = start; p.rust != nil {
			return 0, 0, false, p.fail(`a quantifier without numbers, or \{ is meant`)
		}
		return 0, 0, false, nil
	}
	if hi >= 0 && hi < lo {
		return 0, 0, false, p.fail("{%d,%d}: the first is larger", lo, hi)
	}
	if max(lo, hi) > maxRepeat {
		return 0, 0, false, p.fail("a repeat of more than %d", maxRepeat)
	}
	return lo, hi, true, nil
}

// maxRepeat bounds the numbers in {m,n}.
const maxRepeat = 1 << 30

func (p *patternParser) number() (int, bool) {
	n, start := 0, p.at
	for p.at < len(p.src) && p.src[p.at] >= '0' && p.src[p.at] <= '9' {
		n = min(n*10+int(p.src[p.at]-'0'), maxRepeat+1)
		p.at++
	}
	return n, p.at > start
}
