package grammar

import (
	"sync"
	"unicode"
)

// folded returns s with the other cases of its characters, if the flag i is set.
func (p *patternParser) folded(s runeSet) runeSet {
	if !p.rust.fold {
		return s
	}
	return s.fold()
}

// fold returns s with the other cases of its characters.
func (s runeSet) fold() runeSet {
	all := append([]runeRange(nil), s...)
	if single(s) {
		for c := unicode.SimpleFold(s[0].lo); c != s[0].lo; c = unicode.SimpleFold(c) {
			all = append(all, runeRange{c, c})
		}
		return newRuneSet(all)
	}
	for _, r := range foldable() {
		if s.has(r) {
			for c := unicode.SimpleFold(r); c != r; c = unicode.SimpleFold(c) {
				all = append(all, runeRange{c, c})
			}
		}
	}
	return newRuneSet(all)
}

func (s runeSet) has(r rune) bool {
	for _, x := range s {
		if r <= x.hi {
			return r >= x.lo
		}
	}
	return false
}

// foldable returns the characters that have other cases.
var foldable = sync.OnceValue(func() (list []rune) {
	for r := rune('A'); r <= 0x1ffff; r++ { // there are none above
		if unicode.SimpleFold(r) != r {
			list = append(list, r)
		}
	}
	return list
})

// unicodeClasses returns the classes \d, \s and \w of Unicode.
var unicodeClasses = sync.OnceValue(func() map[byte]runeSet {
	word := tableRunes(nil, unicode.L, unicode.M, unicode.Nd, unicode.Nl, unicode.Pc, unicode.Other_Alphabetic, unicode.Join_Control)
	return map[byte]runeSet{'d': tableRunes(nil, unicode.Nd), 's': tableRunes(nil, unicode.White_Space), 'w': word}
})

// tableRunes returns the characters of tables and those of s.
func tableRunes(s runeSet, tables ...*unicode.RangeTable) runeSet {
	for _, t := range tables {
		for _, r := range t.R16 {
			s = appendStride(s, rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range t.R32 {
			s = appendStride(s, rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
	}
	return newRuneSet(s)
}

// asciiClasses are the classes in brackets and colons.
var asciiClasses = map[string]runeSet{
	"alnum":  {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}},
	"alpha":  {{'A', 'Z'}, {'a', 'z'}},
	"ascii":  {{0, 0x7f}},
	"blank":  {{'\t', '\t'}, {' ', ' '}},
	"cntrl":  {{0, 0x1f}, {0x7f, 0x7f}},
	"digit":  digitRunes,
	"graph":  {{'!', '~'}},
	"lower":  {{'a', 'z'}},
	"print":  {{' ', '~'}},
	"punct":  {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}},
	"space":  {{'\t', '\r'}, {' ', ' '}},
	"upper":  {{'A', 'Z'}},
	"word":   wordRunes,
	"xdigit": {{'0', '9'}, {'A', 'F'}, {'a', 'f'}},
}

// patternSize returns about how many nodes p has as an expression.
func patternSize(p *pattern) int64 {
	size := int64(len(p.set) + 1)
	for _, a := range p.args {
		size += patternSize(a)
	}
	if p.op == opRepeat && p.max > 1 && countsInside(p.args[0]) {
		size *= int64(p.max)
	}
	return min(size, 1<<40)
}

// sizeRead returns about how many nodes and ranges p has as it is written.
func sizeRead(p *pattern) int64 {
	size := int64(len(p.set)/4 + 1)
	for _, a := range p.args {
		size += sizeRead(a)
	}
	return size
}
