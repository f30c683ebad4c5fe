package jinja

import (
	"unicode"
	"unicode/utf8"
)

// appendQuoted appends Python's repr of a string.
func appendQuoted(b []byte, s string) []byte {
	quote := byte('\'')
	for i := range len(s) {
		if s[i] == '"' {
			quote = '\''
			break
		}
		if s[i] == '\'' {
			quote = '"'
		}
	}
	b = append(b, quote)
	for i := 0; i < len(s); {
		c, n := utf8.DecodeRuneInString(s[i:])
		b = appendQuotedRune(b, c, quote)
		i += n
	}
	return append(b, quote)
}

func appendQuotedRune(b []byte, c rune, quote byte) []byte {
	const hex = "0123456789abcdef"
	switch {
	case c == rune(quote) || c == '\\':
		return append(b, '\\', byte(c))
	case c == '\n':
		return append(b, `\n`...)
	case c == '\r':
		return append(b, `\r`...)
	case c == '\t':
		return append(b, `\t`...)
	case unicode.IsPrint(c):
		return utf8.AppendRune(b, c)
	case c < 0x100:
		return append(b, '\\', 'x', hex[c>>4], hex[c&15])
	}
	digits, kind := 4, byte('u')
	if c >= 0x10000 {
		digits, kind = 8, 'U'
	}
	b = append(b, '\\', kind)
	for i := digits - 1; i >= 0; i-- {
		b = append(b, hex[c>>(4*i)&15])
	}
	return b
}
