package bpe

import "math"

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
