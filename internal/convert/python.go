package convert

import (
	"strconv"
	"strings"
)

// pythonLiteral returns the bytes of a literal of Python, a string or bytes, as its
// repr writes them; of a string those of UTF-8.
func pythonLiteral(s string) (string, bool) {
	inner, isBytes := strings.CutPrefix(s, "b")
	if len(inner) < 2 || inner[0] != inner[len(inner)-1] || inner[0] != '\'' && inner[0] != '"' {
		return "", false
	}
	inner = inner[1 : len(inner)-1]
	var b strings.Builder
	for i := 0; i < len(inner); i++ {
		if inner[i] != '\\' {
			b.WriteByte(inner[i])
			continue
		}
		if i++; i == len(inner) {
			return "", false
		}
		c := inner[i]
		if plain := strings.IndexByte(`\'"tnr`, c); plain >= 0 {
			b.WriteByte("\\'\"\t\n\r"[plain])
			continue
		}
		digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
		if digits == 0 || i+digits >= len(inner) || isBytes && c != 'x' {
			return "", false
		}
		code, err := strconv.ParseUint(inner[i+1:i+1+digits], 16, 31)
		if err != nil {
			return "", false
		}
		if i += digits; isBytes {
			b.WriteByte(byte(code))
		} else {
			b.WriteRune(rune(code))
		}
	}
	return b.String(), true
}

// pythonBytes returns what Python's repr of bytes has between its quotes.
func pythonBytes(s string) string {
	both := strings.Contains(s, "'") && strings.Contains(s, `"`)
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\\', c == '\'' && both:
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\t':
			b.WriteString(`\t`)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c < ' ' || c > '~':
			b.WriteString(`\x` + strconv.FormatInt(0x100|int64(c), 16)[1:])
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
