package grammar

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// A runeRange is the characters from lo to hi.
type runeRange struct{ lo, hi rune }

// A runeSet is a set of characters: ranges in order that do not touch.
type runeSet []runeRange

var anyRune = runeSet{{0, unicode.MaxRune}}

// newRuneSet puts ranges in order.
func newRuneSet(ranges []runeRange) runeSet {
	slices.SortFunc(ranges, func(a, b runeRange) int { return int(a.lo - b.lo) })
	var s runeSet
	for _, r := range ranges {
		if r.lo > r.hi {
			continue
		}
		if n := len(s); n > 0 && r.lo <= s[n-1].hi+1 {
			s[n-1].hi = max(s[n-1].hi, r.hi)
			continue
		}
		s = append(s, r)
	}
	return s
}

// complement returns the characters that are not in s.
func (s runeSet) complement() runeSet {
	var out runeSet
	next := rune(0)
	for _, r := range s {
		if r.lo > next {
			out = append(out, runeRange{next, r.lo - 1})
		}
		next = r.hi + 1
	}
	if next <= unicode.MaxRune {
		out = append(out, runeRange{next, unicode.MaxRune})
	}
	return out
}

// intersect returns the characters in s and in t.
func (s runeSet) intersect(t runeSet) runeSet {
	var out []runeRange
	for _, a := range s {
		for _, b := range t {
			if lo, hi := max(a.lo, b.lo), min(a.hi, b.hi); lo <= hi {
				out = append(out, runeRange{lo, hi})
			}
		}
	}
	return newRuneSet(out)
}

// safeRunes are the characters that the precomputed parts of a [Vocab] are made
// of: all that stand for themselves in a JSON string, without U+007F.
var safeRunes = runeSet{{0x20, 0x21}, {0x23, 0x5b}, {0x5d, 0x7e}, {0x80, 0xd7ff}, {0xe000, unicode.MaxRune}}

// isSafe reports whether s has all safe characters.
func (s runeSet) isSafe() bool { return slices.Equal(s.intersect(safeRunes), safeRunes) }

// An encoder writes characters as bytes.
type encoder interface {
	rune(x *exprs, c rune) expr
	set(x *exprs, s runeSet) expr
}

// plain writes characters in UTF-8.
type plain struct{}

func (plain) rune(x *exprs, c rune) expr { return x.bytes(string(c)) }

func (plain) set(x *exprs, s runeSet) expr {
	var seqs [][]byteRange
	for _, r := range s {
		seqs = appendUTF8(seqs, r.lo, min(r.hi, 0xd7ff))
		seqs = appendUTF8(seqs, max(r.lo, 0xe000), r.hi)
	}
	e := x.sequences(seqs)
	if s.isSafe() {
		x.nodes[e].level = levelSafe
	}
	return e
}

type byteRange struct{ lo, hi byte }

// appendUTF8 appends the sequences of byte ranges that encode lo to hi.
func appendUTF8(out [][]byteRange, lo, hi rune) [][]byteRange {
	if lo > hi {
		return out
	}
	for _, last := range []rune{0x7f, 0x7ff, 0xffff} {
		if lo <= last && last < hi {
			return appendUTF8(appendUTF8(out, lo, last), last+1, hi)
		}
	}
	if hi > 0x7f {
		for shift := 6; shift <= 18; shift += 6 {
			m := rune(1)<<shift - 1
			if lo&^m == hi&^m {
				break
			}
			if lo&m != 0 {
				return appendUTF8(appendUTF8(out, lo, lo|m), (lo|m)+1, hi)
			}
			if hi&m != m {
				return appendUTF8(appendUTF8(out, lo, hi&^m-1), hi&^m, hi)
			}
		}
	}
	a, b := utf8.AppendRune(nil, lo), utf8.AppendRune(nil, hi)
	seq := make([]byteRange, len(a))
	for i := range a {
		seq[i] = byteRange{a[i], b[i]}
	}
	return append(out, seq)
}

// sequences returns the expression of any of seqs, those that begin alike
// together.
func (x *exprs) sequences(seqs [][]byteRange) expr {
	var alts []expr
	for len(seqs) > 0 {
		head, n := seqs[0][0], 1
		for n < len(seqs) && seqs[n][0] == head && len(seqs[n]) == len(seqs[0]) {
			n++
		}
		var s byteSet
		s.addRange(head.lo, head.hi)
		rest := eps
		if len(seqs[0]) > 1 {
			tails := make([][]byteRange, n)
			for i := range tails {
				tails[i] = seqs[i][1:]
			}
			rest = x.sequences(tails)
		}
		alts = append(alts, x.concat(x.set(s), rest))
		seqs = seqs[n:]
	}
	return x.or(alts...)
}
