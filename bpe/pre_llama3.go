package bpe

import (
	"math"
	"unicode/utf8"
)

// A wordStage is the stage of Llama 3 and its many relatives:
//
//	(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
//
// The functions are what differs in some: each is given s and a place in it
// and returns where its part of the pattern ends, that place if it does not
// match.
type wordStage struct {
	word     func(s string, i int) int // \p{L}+
	signs    func(s string, i int) int // [^\s\p{L}\p{N}]+
	end      func(s string, i int) int // [\r\n]*
	spaces   func(s string) int        // the last three alternatives
	digits   int
	unsuffix bool // there is no first alternative
}

// words is the stage with nothing different; digits 0 means no limit.
func words(digits int) wordStage {
	if digits == 0 {
		digits = math.MaxInt
	}
	return wordStage{word: letters, signs: signs, end: newlines, spaces: lines, digits: digits}
}

func (w wordStage) cut(s string) int {
	if !w.unsuffix {
		if n := suffix(s, 0x20); n > 0 {
			return n
		}
	}
	k, n := classAt(s, 0)
	switch k {
	case letter, mark:
		if end := w.word(s, 0); end > 0 {
			return end
		}
	case number:
		return numbers(s, n, w.digits)
	}
	if n < len(s) && s[0] != '\r' && s[0] != '\n' {
		if end := w.word(s, n); end > n {
			return end
		}
	}
	i := 0
	if s[0] == ' ' {
		i = 1
	}
	if end := w.signs(s, i); end > i {
		return w.end(s, end)
	}
	return w.spaces(s)
}

// letters returns where the letters that begin at s[i:] end.
func letters(s string, i int) int { return runOf(s, i, letter) }

// marked returns where the letters and marks that begin at s[i:] end.
func marked(s string, i int) int {
	for i < len(s) {
		k, n := classAt(s, i)
		if k != letter && k != mark {
			break
		}
		i += n
	}
	return i
}

// unmarked is [signs] without marks.
func unmarked(s string, i int) int {
	for i < len(s) {
		k, n := classAt(s, i)
		if k >= letter || k == mark {
			break
		}
		i += n
	}
	return i
}

// phrase returns where words begin at s[i:] end that have one space between
// each and the next, the pattern (?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+.
func phrase(s string, i int) int {
	if k, _ := classAt(s, i); k != letter {
		return i
	}
	for {
		i = marked(s, i)
		if i+1 >= len(s) || s[i] != ' ' {
			return i
		}
		if k, _ := classAt(s, i+1); k != letter {
			return i
		}
		i++
	}
}

// kimi is the stage of Kimi K2, as llama.cpp has it, in which letters have no
// case:
//
//	[Han]+|[^\r\n\p{L}\p{N}]?[\p{L}--Han]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
func kimi() stage {
	w := words(3)
	w.word, w.unsuffix = unHan, true
	han := run{in: newSet(isHan)}
	return func(s string) int {
		if n := han.count(s); n > 0 {
			return n
		}
		return w.cut(s)
	}
}

// unHan returns where the letters but Chinese ones that begin at s[i:] end,
// with an English suffix.
func unHan(s string, i int) int {
	start := i
	for i < len(s) {
		if s[i] >= 0xE3 { // U+3000
			if r, _ := utf8.DecodeRuneInString(s[i:]); isHan(r) {
				break
			}
		}
		k, n := classAt(s, i)
		if k != letter {
			break
		}
		i += n
	}
	if i > start {
		i += suffix(s[i:], 0x20)
	}
	return i
}

// isHan reports whether r is in one of the blocks of Chinese characters.
func isHan(r rune) bool {
	return 0x4E00 <= r && r <= 0x9FFF || 0x3400 <= r && r <= 0x4DBF || 0xF900 <= r && r <= 0xFAFF ||
		0x20000 <= r && r <= 0x2A6DF || 0x2A700 <= r && r <= 0x2EBEF || 0x2F800 <= r && r <= 0x2FA1F
}
