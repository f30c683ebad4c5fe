package bpe

import (
	"sync"
	"unicode"
	"unicode/utf8"
)

// A class is a character class of the pre-tokenizers' patterns.
type class uint8

// The order matters: classes below letter are [^\s\p{L}\p{N}].
const (
	other   class = iota // none of the following
	mark                 // \p{M}
	sign                 // \p{S}
	punct                // \p{P}
	control              // Cc, Cf, Co, Cs; not in patterns; WordPiece drops it
	letter               // \p{L}
	number               // \p{N}
	space                // \s: White_Space
)

// addedLetters and addedSymbols are the letters and symbols that Unicode 15.1 adds
// to 15.0. Package unicode has 15.0, llama.cpp's tables have 15.1.
var (
	addedLetters = unicode.RangeTable{R32: []unicode.Range32{{Lo: 0x2EBF0, Hi: 0x2EE5D, Stride: 1}}}
	addedSymbols = unicode.RangeTable{R16: []unicode.Range16{{Lo: 0x2FFC, Hi: 0x2FFF, Stride: 1}, {Lo: 0x31EF, Hi: 0x31EF, Stride: 1}}}
)

// pages has the class of every character, in pages of 256. Pages without a
// classified character are one shared page.
var pages [(unicode.MaxRune + 1) >> 8]*[256]class

// ascii is the beginning of the first page.
var ascii [utf8.RuneSelf]class

var loadClasses = sync.OnceFunc(func() {
	var none [256]class
	for i := range pages {
		pages[i] = &none
	}
	for _, t := range []struct {
		table *unicode.RangeTable
		class class
	}{
		{unicode.L, letter}, {&addedLetters, letter}, {unicode.N, number}, {unicode.M, mark},
		{unicode.S, sign}, {&addedSymbols, sign}, {unicode.P, punct},
		{unicode.Cc, control}, {unicode.Cf, control}, {unicode.Co, control}, {unicode.Cs, control},
		{unicode.White_Space, space},
	} {
		for _, r := range t.table.R16 {
			setClass(&none, rune(r.Lo), rune(r.Hi), rune(r.Stride), t.class)
		}
		for _, r := range t.table.R32 {
			setClass(&none, rune(r.Lo), rune(r.Hi), rune(r.Stride), t.class)
		}
	}
	copy(ascii[:], pages[0][:])
})

func setClass(none *[256]class, lo, hi, stride rune, c class) {
	for r := lo; r <= hi; r += stride {
		page := &pages[r>>8]
		if *page == none {
			*page = new([256]class)
		}
		(*page)[r&0xFF] = c
	}
}

// classOf returns the class of r, a valid rune.
func classOf(r rune) class { return pages[r>>8][r&0xFF] }

// classAt returns the class of the character at s[i:] and its length in bytes. An
// invalid byte counts as U+FFFD.
func classAt(s string, i int) (class, int) {
	if c := s[i]; c < utf8.RuneSelf {
		return ascii[c], 1
	}
	return wideClass(s[i:])
}

func wideClass(s string) (class, int) {
	r, n := utf8.DecodeRuneInString(s)
	return classOf(r), n
}
