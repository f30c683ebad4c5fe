package bpe

import (
	"sync"
	"unicode"
	"unicode/utf8"
)

// A class is what the pre-tokenizers' patterns can see of a character.
type class uint8

// The order matters: what is below letter is [^\s\p{L}\p{N}].
const (
	other   class = iota // none of the following
	mark                 // \p{M}
	sign                 // \p{S}
	punct                // \p{P}
	control              // Cc, Cf, Co, Cs; no pattern names it, WordPiece drops it
	letter               // \p{L}
	number               // \p{N}
	space                // \s: White_Space
)

// later and laterSigns are the letters and symbols of Unicode 15.1 that
// 15.0, the version of package unicode, does not have. llama.cpp's tables are
// of 15.1.
var (
	later      = unicode.RangeTable{R32: []unicode.Range32{{Lo: 0x2EBF0, Hi: 0x2EE5D, Stride: 1}}}
	laterSigns = unicode.RangeTable{R16: []unicode.Range16{{Lo: 0x2FFC, Hi: 0x2FFF, Stride: 1}, {Lo: 0x31EF, Hi: 0x31EF, Stride: 1}}}
)

// pages holds the class of every character, 256 to a page; equal pages that
// hold one class only are shared.
var pages [(unicode.MaxRune + 1) >> 8]*[256]class

// ascii is pages' beginning.
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
		{unicode.L, letter}, {&later, letter}, {unicode.N, number}, {unicode.M, mark},
		{unicode.S, sign}, {&laterSigns, sign}, {unicode.P, punct},
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

// classAt returns the class of the character at s[i:] and its length in
// bytes. An invalid byte is U+FFFD.
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
