package bpe

import (
	"math"
	"unicode/utf8"
)

// A llama3Stage matches the pattern of Llama 3 and its variants:
//
//	(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
//
// The functions are parts of the pattern that differ in some variants. They return
// the end of their match at s[i:], i if nothing matches.
type llama3Stage struct {
	word          func(s string, i int) int // \p{L}+
	signs         func(s string, i int) int // [^\s\p{L}\p{N}]+
	end           func(s string, i int) int // [\r\n]*
	whiteSpace    func(s string) int        // the last three alternatives
	digits        int
	noContraction bool // the first alternative is absent
}

// llama3Pattern returns the stage of Llama 3 itself, for numbers of at most digits
// digits; 0 means no limit.
func llama3Pattern(digits int) llama3Stage {
	if digits == 0 {
		digits = math.MaxInt
	}
	return llama3Stage{word: letters, signs: signs, end: newlines, whiteSpace: whiteSpaceLines, digits: digits}
}

func (w llama3Stage) cut(s string) int {
	if !w.noContraction {
		if n := contraction(s, 0x20); n > 0 {
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
	return w.whiteSpace(s)
}

// letters matches \p{L}*.
func letters(s string, i int) int { return classRun(s, i, letter) }

// lettersAndMarks matches [\p{L}\p{M}]*.
func lettersAndMarks(s string, i int) int {
	for i < len(s) {
		k, n := classAt(s, i)
		if k != letter && k != mark {
			break
		}
		i += n
	}
	return i
}

// signsButMarks matches [^\s\p{L}\p{N}\p{M}]*.
func signsButMarks(s string, i int) int {
	for i < len(s) {
		k, n := classAt(s, i)
		if k >= letter || k == mark {
			break
		}
		i += n
	}
	return i
}

// phrase matches words with single spaces between them:
// (?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+.
func phrase(s string, i int) int {
	if k, _ := classAt(s, i); k != letter {
		return i
	}
	for {
		i = lettersAndMarks(s, i)
		if i+1 >= len(s) || s[i] != ' ' {
			return i
		}
		if k, _ := classAt(s, i+1); k != letter {
			return i
		}
		i++
	}
}

// kimiK2 returns the stage of Kimi K2 as in llama.cpp, where letters have no case:
//
//	[Han]+|[^\r\n\p{L}\p{N}]?[\p{L}--Han]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
func kimiK2() stage {
	w := llama3Pattern(3)
	w.word, w.noContraction = nonHanLetters, true
	han := run{in: newSet(isHan)}
	return func(s string) int {
		if n := han.count(s); n > 0 {
			return n
		}
		return w.cut(s)
	}
}

// nonHanLetters matches letters that are not Chinese, and a contraction after
// them.
func nonHanLetters(s string, i int) int {
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
		i += contraction(s[i:], 0x20)
	}
	return i
}

// isHan reports whether r is in a block of Chinese characters.
func isHan(r rune) bool {
	return 0x4E00 <= r && r <= 0x9FFF || 0x3400 <= r && r <= 0x4DBF || 0xF900 <= r && r <= 0xFAFF ||
		0x20000 <= r && r <= 0x2A6DF || 0x2A700 <= r && r <= 0x2EBEF || 0x2F800 <= r && r <= 0x2FA1F
}
