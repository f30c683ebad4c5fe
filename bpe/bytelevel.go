package bpe

import "unicode/utf8"

// Byte-level vocabularies write every byte as a printable character: the
// printable ones of Latin-1 as themselves, the others, in order, as U+0100
// and on. The tables are of that alphabet.
var (
	byteRune [256]rune
	runeByte [256 + 68]int16 // -1: no byte
)

func init() {
	for i := range runeByte {
		runeByte[i] = -1
	}
	hidden := rune(0x100)
	for b := range byteRune {
		r := rune(b)
		if b <= 0x20 || 0x7F <= b && b <= 0xA0 || b == 0xAD {
			r = hidden
			hidden++
		}
		byteRune[b] = r
		runeByte[r] = int16(b)
	}
}

// appendRaw appends the bytes that text, written in the alphabet, stands
// for. Characters outside it stand for themselves; then ok is false.
func appendRaw(dst []byte, text string) (raw []byte, ok bool) {
	ok = true
	for i := 0; i < len(text); {
		r, n := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(text[i:])
		}
		if int(r) < len(runeByte) && runeByte[r] >= 0 {
			dst = append(dst, byte(runeByte[r]))
		} else {
			dst, ok = append(dst, text[i:i+n]...), false
		}
		i += n
	}
	return dst, ok
}

// repair returns text as llama.cpp reads it: bytes that are not UTF-8 are
// U+FFFD, characters in more bytes than they need get the bytes they need,
// surrogates stay as they are. Characters above U+10FFFF, of which llama.cpp
// throws, are one U+FFFD.
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

// looseRune decodes the first character of s whatever number of bytes, up to
// four, it is written in. A byte that begins none is U+FFFD.
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
	return r, n // above U+10FFFF AppendRune writes U+FFFD
}
