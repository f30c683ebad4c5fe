package bpe

import "unicode/utf8"

// A byte-level vocabulary spells every byte as a printable character: a printable
// byte of Latin-1 as itself, the others in order as U+0100 and following. byteRune
// and runeByte map bytes to this alphabet and back.
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

// appendRaw appends the bytes that text spells in the alphabet. Characters outside
// the alphabet stay as they are; then ok is false.
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

// byteOf returns the byte of a token of type [Byte], whose text is <0xHH>.
func byteOf(text string) (byte, bool) {
	if len(text) != 6 || text[:3] != "<0x" || text[5] != '>' {
		return 0, false
	}
	hi, ok1 := hexDigit(text[3])
	lo, ok2 := hexDigit(text[4])
	return hi<<4 | lo, ok1 && ok2
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}
