package bpe

import "strings"

// asian is the characters that afmoe's pattern keeps together: Chinese,
// Japanese, Korean, Thai, Lao, Khmer and Burmese.
const asian = "\u4E00-\u9FFF\u3400-\u4DBF\u8C48-\uFAFF\u3040-\u309F\u30A0-\u30FF\uFF65-\uFF9F\u2F00-\u2FDF" +
	"\u0E40-\u0E7F\u0E80-\u0EFF\u1780-\u17FF\u1000-\u109F\uAA60-\uAA7F\uA9E0-\uA9FF\uAC00-\uD7AF\u1100-\u11FF"

// youtuScripts is the first stage of Youtu: Korean, Chinese stops, Bopomofo,
// Chinese with Japanese.
func youtuScripts() stage {
	return runsOf(
		rangeSet("\uAC00-\uD7A3\u3131-\u318E"),
		rangeSet("\uFF01\u2026\u201C\u201D\u2018\u2019\u2014\uFF1A\uFF1B\uFF0C\u3001-\u303F\uFE30-\uFE4F"),
		rangeSet("\u3105-\u312F"),
		rangeSet(chinese),
	)
}

// punctuation is the stage [\p{P}$+<=>^~|]+, with more characters in the set.
func punctuation(more string) stage {
	signs := "$+<=>^~|" + more
	return runs(newSet(func(r rune) bool {
		return classOf(r) == punct || strings.ContainsRune(signs, r)
	}))
}

// isASCIISign reports whether r is in [\p{P}!-/:-@\[-`{-~].
func isASCIISign(r rune) bool {
	return classOf(r) == punct || r < 0x80 && classOf(r) == sign
}

// inSentence reports whether r is in [^(\s|.,!?…。，、।۔،)].
func inSentence(r rune) bool {
	return classOf(r) != space && !strings.ContainsRune("(|.,!?\u2026\u3002\uFF0C\u3001\u0964\u06D4\u060C)", r)
}
