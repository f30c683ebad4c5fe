package grammar

import (
	"strconv"
	"unicode"
	"unicode/utf8"
)

// repeat reads a repeat of a; nil if there is none.
func (p *gbnfParser) repeat(a *ruleNode) (*ruleNode, error) {
	n := &ruleNode{op: ruleRepeat, args: []*ruleNode{a}, max: unbounded, place: p.place()}
	switch {
	case p.has("*"):
	case p.has("+"):
		n.min = 1
	case p.has("?"):
		n.max = 1
	case p.at < len(p.src) && p.src[p.at] == '{':
		q := &patternParser{src: p.src, at: p.at}
		lo, hi, ok, err := q.braces()
		if err != nil || !ok {
			return nil, p.fail("bad repeat %q: {m}, {m,} or {m,n} with m ≤ n ≤ %d", p.rest(), maxRepeat)
		}
		n.min, n.max, p.at = lo, hi, q.at
	default:
		return nil, nil
	}
	return n, nil
}

// class reads what follows an opening bracket.
func (p *gbnfParser) class() (runeSet, error) {
	negated := p.has("^")
	var ranges []runeRange
	for !p.has("]") {
		lo, err := p.char()
		if err != nil {
			return nil, err
		}
		hi := lo
		if rest := p.src[p.at:]; len(rest) > 1 && rest[0] == '-' && rest[1] != ']' {
			p.at++
			if hi, err = p.char(); err != nil {
				return nil, err
			}
			if hi < lo {
				return nil, p.fail("range %q-%q is out of order", lo, hi)
			}
		}
		ranges = append(ranges, runeRange{lo, hi})
	}
	s := newRuneSet(ranges)
	if negated {
		s = s.complement()
	}
	return s, nil
}

// char reads a character or an escape.
func (p *gbnfParser) char() (rune, error) {
	if p.at >= len(p.src) {
		return 0, p.fail("a text or class without an end")
	}
	r, n := utf8.DecodeRuneInString(p.src[p.at:])
	p.at += n
	if r != '\\' {
		return r, nil
	}
	if p.at >= len(p.src) {
		return 0, p.fail("a backslash at the end")
	}
	c := p.src[p.at]
	p.at++
	switch c {
	case 'x', 'u', 'U':
		digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
		if len(p.src)-p.at >= digits {
			v, err := strconv.ParseUint(p.src[p.at:p.at+digits], 16, 32)
			if err == nil && v <= unicode.MaxRune && (v < 0xd800 || v > 0xdfff) {
				p.at += digits
				return rune(v), nil
			}
		}
		return 0, p.fail(`\%c without the %d digits of a character`, c, digits)
	case 't':
		return '\t', nil
	case 'r':
		return '\r', nil
	case 'n':
		return '\n', nil
	case '\\', '"', '[', ']', '-', '^', '\'', '/':
		return rune(c), nil
	}
	return 0, p.fail(`unknown escape \%c`, c)
}
