package grammar

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	digitRunes = runeSet{{'0', '9'}}
	wordRunes  = runeSet{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}
	spaceRunes = runeSet{{'\t', '\r'}, {' ', ' '}, {0xa0, 0xa0}, {0x1680, 0x1680}, {0x2000, 0x200a},
		{0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}, {0xfeff, 0xfeff}}
	lineRunes = runeSet{{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}}
)

// atom reads what a quantifier may follow.
func (p *patternParser) atom() (*pattern, error) {
	c, n := utf8.DecodeRuneInString(p.src[p.at:])
	if p.rust != nil {
		return p.rustAtom(c, n)
	}
	switch c {
	case '^':
		p.at++
		return newPattern(opBegin), nil
	case '$':
		p.at++
		return newPattern(opEnd), nil
	case '(':
		p.at++
		return p.group()
	case '.':
		p.at++
		return &pattern{op: opSet, set: lineRunes.complement()}, nil
	case '[':
		p.at++
		s, err := p.class()
		return &pattern{op: opSet, set: s}, err
	case '\\':
		p.at++
		s, err := p.escape(false)
		return &pattern{op: opSet, set: s}, err
	case '*', '+', '?':
		return nil, p.fail("nothing to repeat")
	}
	p.at += n
	return &pattern{op: opSet, set: runeSet{{c, c}}}, nil
}

// group reads what follows an opening parenthesis.
func (p *patternParser) group() (*pattern, error) {
	op := opEmpty
	switch {
	case p.has("?:"):
	case p.has("?="):
		op = opAhead
	case p.has("?!"):
		op = opNotAhead
	case p.has("?<="), p.has("?<!"):
		return nil, p.fail("look-behind cannot be enforced")
	case p.has("?<"), p.has("?P<"):
		end := strings.IndexByte(p.src[p.at:], '>')
		if end <= 0 {
			return nil, p.fail("a group's name without an end")
		}
		p.at += end + 1
	case p.has("?"):
		return nil, p.fail("unknown kind of group")
	}
	a, err := p.alternation()
	if err != nil {
		return nil, err
	}
	if !p.has(")") {
		return nil, p.fail("a group without an end")
	}
	if op != opEmpty {
		return newPattern(op, a), nil
	}
	return a, nil
}

// class reads what follows an opening bracket.
func (p *patternParser) class() (runeSet, error) {
	negated := p.has("^")
	var ranges []runeRange
	for !p.has("]") {
		lo, err := p.classAtom()
		if err != nil {
			return nil, err
		}
		rest := p.src[p.at:]
		if len(rest) < 2 || rest[0] != '-' || rest[1] == ']' {
			ranges = append(ranges, lo...)
			continue
		}
		p.at++
		hi, err := p.classAtom()
		if err != nil {
			return nil, err
		}
		if !single(lo) || !single(hi) { // a minus beside a class stands for itself
			ranges = append(append(append(ranges, lo...), hi...), runeRange{'-', '-'})
			continue
		}
		if hi[0].lo < lo[0].lo {
			return nil, p.fail("range %q-%q is out of order", lo[0].lo, hi[0].lo)
		}
		ranges = append(ranges, runeRange{lo[0].lo, hi[0].lo})
	}
	s := newRuneSet(ranges)
	if negated {
		s = s.complement()
	}
	return s, nil
}

func single(s runeSet) bool { return len(s) == 1 && s[0].lo == s[0].hi }

func (p *patternParser) classAtom() (runeSet, error) {
	if p.at >= len(p.src) {
		return nil, p.fail("a class without an end")
	}
	if p.has(`\`) {
		return p.escape(true)
	}
	c, n := utf8.DecodeRuneInString(p.src[p.at:])
	p.at += n
	return runeSet{{c, c}}, nil
}

// escape reads what follows a backslash.
func (p *patternParser) escape(inClass bool) (runeSet, error) {
	if p.at >= len(p.src) {
		return nil, p.fail("a backslash at the end")
	}
	c, n := utf8.DecodeRuneInString(p.src[p.at:])
	p.at += n
	switch c {
	case 'd':
		return digitRunes, nil
	case 'D':
		return digitRunes.complement(), nil
	case 'w':
		return wordRunes, nil
	case 'W':
		return wordRunes.complement(), nil
	case 's':
		return spaceRunes, nil
	case 'S':
		return spaceRunes.complement(), nil
	case 'p', 'P':
		return p.property(c == 'P')
	case 'b':
		if inClass {
			return runeSet{{'\b', '\b'}}, nil
		}
		return nil, p.fail(`\b cannot be enforced`)
	}
	r, err := p.escapeRune(c)
	return runeSet{{r, r}}, err
}

// escapeRune reads an escape that stands for one character.
func (p *patternParser) escapeRune(c rune) (rune, error) {
	switch c {
	case 't', 'n', 'v', 'f', 'r':
		return map[rune]rune{'t': '\t', 'n': '\n', 'v': '\v', 'f': '\f', 'r': '\r'}[c], nil
	case '0':
		if p.at >= len(p.src) || p.src[p.at] < '0' || p.src[p.at] > '9' {
			return 0, nil
		}
	case 'c':
		if p.at < len(p.src) && unicode.IsLetter(rune(p.src[p.at])) {
			p.at++
			return rune(p.src[p.at-1] & 31), nil
		}
	case 'x':
		return p.hex(2)
	case 'u':
		if p.has("{") {
			end := strings.IndexByte(p.src[p.at:], '}')
			if end < 1 || end > 6 {
				return 0, p.fail(`bad \u{}`)
			}
			r, err := p.hex(end)
			p.at++
			return r, err
		}
		r, err := p.hex(4)
		if err == nil && r >= 0xd800 && r < 0xdc00 && p.has(`\u`) {
			low, err := p.hex(4)
			return (r-0xd800)<<10 + (low - 0xdc00) + 0x10000, err
		}
		return r, err
	}
	if c >= '0' && c <= '9' || c == 'k' {
		return 0, p.fail("a back reference cannot be enforced")
	}
	if unicode.IsLetter(c) {
		return 0, p.fail(`unknown escape \%c`, c)
	}
	return c, nil
}

func (p *patternParser) hex(n int) (rune, error) {
	if len(p.src)-p.at < n {
		return 0, p.fail("too few hexadecimal digits")
	}
	v, err := strconv.ParseUint(p.src[p.at:p.at+n], 16, 32)
	if err != nil || v > unicode.MaxRune {
		return 0, p.fail("bad hexadecimal digits")
	}
	p.at += n
	return rune(v), nil
}
