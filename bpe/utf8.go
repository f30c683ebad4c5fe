package bpe

import "unicode/utf8"

// repair returns text as llama.cpp decodes it: invalid bytes become U+FFFD,
// overlong encodings the shortest one, surrogates stay as they are. A character
// above U+10FFFF, for which llama.cpp throws, becomes U+FFFD.
func repair(text string) string {
	out := make([]byte, 0, len(text)+16)
	for i := 0; i < len(text); {
		r, n := looseRune(text[i:])
		switch {
		case 0xD800 <= r && r <= 0xDFFF:
			out = append(out, text[i:i+n]...)
		default:
			out = utf8.AppendRune(out, r)
		}
		i += n
	}
	return string(out)
}

// looseRune decodes the first character of s, overlong encodings of up to four
// bytes included. A byte that does not begin a character is U+FFFD.
func looseRune(s string) (rune, int) {
	n, r := 0, rune(s[0])
	switch {
	case r < 0x80:
		return r, 1
	case r < 0xC0 || r >= 0xF8:
		return utf8.RuneError, 1
	case r < 0xE0:
		n, r = 2, r&0x1F
	case r < 0xF0:
		n, r = 3, r&0x0F
	default:
		n, r = 4, r&0x07
	}
	if len(s) < n {
		return utf8.RuneError, 1
	}
	for i := 1; i < n; i++ {
		if s[i]&0xC0 != 0x80 {
			return utf8.RuneError, 1
		}
		r = r<<6 | rune(s[i]&0x3F)
	}
	return r, n // AppendRune writes U+FFFD for r above U+10FFFF
}

// charLen returns the length of the character that begins with the byte lead, at
// most rest. It does not check that the bytes are valid UTF-8.
func charLen(lead byte, rest int) int {
	n := 1
	switch {
	case lead >= 0xF0:
		n = 4
	case lead >= 0xE0:
		n = 3
	case lead >= 0xC0:
		n = 2
	}
	return min(n, rest)
}
