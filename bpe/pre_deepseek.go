package bpe

// casedLetters are the letters of alphabets with upper and lower case, as in
// DeepSeek's tokenizer.
const casedLetters = "A-Za-z\u00B5\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u01BA\u01BC-\u01BF\u01C4-\u0293\u0295-\u02AF" +
	"\u0370-\u0373\u0376\u0377\u037B-\u037D\u037F\u0386\u0388-\u038A\u038C\u038E-\u03A1" +
	"\u03A3-\u03F5\u03F7-\u0481\u048A-\u052F\u0531-\u0556\u10A0-\u10C5\u13A0-\u13F5\u13F8-\u13FD" +
	"\u1C90-\u1CBA\u1CBD-\u1CBF\u1D00-\u1D2B\u1D6B-\u1D77\u1D79-\u1D9A\u1E00-\u1F15\u1F18-\u1F1D" +
	"\u1F20-\u1F45\u1F48-\u1F4D\u1F50-\u1F57\u1F59\u1F5B\u1F5D\u1F5F-\u1F7D\u1F80-\u1FB4" +
	"\u1FB6-\u1FBC\u1FBE\u1FC2-\u1FC4\u1FC6-\u1FCC\u1FD0-\u1FD3\u1FD6-\u1FDB\u1FE0-\u1FEC" +
	"\u1FF2-\u1FF4\u1FF6-\u1FFC\u2102\u2107\u210A-\u2113\u2115\u2119-\u211D\u2124\u2126\u2128" +
	"\u212A-\u212D\u212F-\u2134\u2139\u213C-\u213F\u2145-\u2149\u214E\u2183\u2184\u2C00-\u2C7B" +
	"\u2C7E-\u2CE4\u2CEB-\u2CEE\u2CF2\u2CF3\uA640-\uA66D\uA680-\uA69B\uA722-\uA76F\uA771-\uA787" +
	"\uA78B-\uA78E\uAB70-\uABBF\uFB00-\uFB06\uFB13-\uFB17\uFF21-\uFF3A\uFF41-\uFF5A" +
	"\U00010400-\U0001044F\U000104B0-\U000104D3\U000104D8-\U000104FB\U00010C80-\U00010CB2" +
	"\U00010CC0-\U00010CF2\U000118A0-\U000118DF\U0001E900-\U0001E943"

// deepseekSigns are symbols and punctuation of ASCII (the ranges include letters,
// which an earlier stage matches), quotation marks, Chinese punctuation and
// full-width forms.
const deepseekSigns = "!-/:-~\u2018-\u201F\u3000-\u3002\uFF01-\uFF0F\uFF1A-\uFF5E"

// han are the characters that DeepSeek's pattern counts as Chinese and Korean: all
// from U+0800 on.
const han = "\u0800-\u9FA5\uAC00-\uD7FF"

// deepseekLLM returns the stages of DeepSeek LLM:
//
//	[\r\n], \s?[casedLetters]+, \s?[deepseekSigns]+, \s+$, [han]+, \p{N}+
func deepseekLLM() []stage {
	return []stage{
		each(rangeSet("\n\r")),
		spaced(rangeSet(casedLetters)),
		spaced(rangeSet(deepseekSigns)),
		trailingSpaces,
		runs(rangeSet(han)),
		runs(classSet(number)),
	}
}

// deepseekCoder returns the stages of DeepSeek Coder:
//
//	[\r\n], \s?\p{L}+, \s?\p{P}+, [han]+, \p{N}
func deepseekCoder() []stage {
	return []stage{
		each(rangeSet("\n\r")),
		spaced(classSet(letter)),
		spaced(classSet(punct)),
		runs(rangeSet(han)),
		each(classSet(number)),
	}
}

// chinese are the Chinese and Japanese characters of DeepSeek V3's pattern.
const chinese = "\u3040-\u309F\u30A0-\u30FF\u4E00-\u9FA5"

// deepseekV3 matches the pattern of DeepSeek V3's last stage:
//
//	[!-/:-@\[-`{-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
func deepseekV3(s string) int {
	k, n := classAt(s, 0)
	switch {
	case k == punct || k == sign:
		if end := asciiLetters(s, 1); s[0] < 0x80 && end > 1 {
			return end
		}
		return newlines(s, punctAndSigns(s, n))
	case s[0] == '\r' || s[0] == '\n':
		return whiteSpaceLines(s)
	case k == letter || k == mark:
		return lettersAndMarks(s, n)
	}
	if end := lettersAndMarks(s, n); end > n {
		return end
	}
	if s[0] == ' ' {
		if end := punctAndSigns(s, 1); end > 1 {
			return newlines(s, end)
		}
	}
	if k == space {
		return whiteSpaceLines(s)
	}
	return 0
}

// asciiLetters returns the end of [A-Za-z]* at s[i:].
func asciiLetters(s string, i int) int {
	for i < len(s) && 'a' <= s[i]|0x20 && s[i]|0x20 <= 'z' {
		i++
	}
	return i
}

// punctAndSigns returns the end of [\p{P}\p{S}]* at s[i:].
func punctAndSigns(s string, i int) int {
	for i < len(s) {
		k, n := classAt(s, i)
		if k != punct && k != sign {
			break
		}
		i += n
	}
	return i
}
