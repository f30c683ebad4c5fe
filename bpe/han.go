package bpe

import "unicode/utf8"

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
