package jinja

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// name reads a name.
func (l *lexer) name() {
	start := l.pos
	for l.pos < len(l.src) {
		r, n := utf8.DecodeRuneInString(l.src[l.pos:])
		if !isNameStart(r) && !unicode.IsDigit(r) {
			break
		}
		l.pos += n
	}
	l.add(tokenName, l.src[start:l.pos], start)
}

// number reads an integer or a float; digits may have _ between them.
func (l *lexer) number() {
	start, kind := l.pos, tokenInt
	if rest := l.src[start:]; len(rest) > 2 && rest[0] == '0' && strings.IndexByte("xXoObB", rest[1]) >= 0 {
		l.pos += 2
		l.digits("0123456789abcdefABCDEF")
	} else {
		const decimal = "0123456789"
		l.digits(decimal)
		member := start > 0 && l.src[start-1] == '.' // x.0.1: an element of an element
		if rest := l.src[l.pos:]; !member && len(rest) > 1 && rest[0] == '.' && isDigit(rest[1]) {
			kind = tokenFloat
			l.pos++
			l.digits(decimal)
		}
		if n := exponent(l.src[l.pos:]); n > 0 && !member {
			kind = tokenFloat
			l.pos += n
			l.digits(decimal)
		}
	}
	l.add(kind, l.src[start:l.pos], start)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// digits reads characters of set, with single _ between them.
func (l *lexer) digits(set string) {
	in := func(i int) bool { return i < len(l.src) && strings.IndexByte(set, l.src[i]) >= 0 }
	for in(l.pos) || l.pos < len(l.src) && l.src[l.pos] == '_' && in(l.pos+1) {
		l.pos++
	}
}

// exponent returns how many bytes of s come before the digits of an exponent,
// 0 if s does not begin with one.
func exponent(s string) int {
	if s == "" || s[0]|0x20 != 'e' {
		return 0
	}
	n := 1
	if n < len(s) && (s[n] == '+' || s[n] == '-') {
		n++
	}
	if n < len(s) && isDigit(s[n]) {
		return n
	}
	return 0
}

// operators of two characters; all others have one.
var operators = []string{"//", "**", "==", "!=", ">=", "<="}

// operator reads an operator and keeps track of brackets.
func (l *lexer) operator() {
	start, rest := l.pos, l.src[l.pos:]
	for _, op := range operators {
		if strings.HasPrefix(rest, op) {
			l.pos += 2
			l.add(tokenOp, op, start)
			return
		}
	}
	c := rest[0]
	switch {
	case c == '(' || c == '[' || c == '{':
		l.open = append(l.open, c)
	case c == ')' || c == ']' || c == '}':
		l.close(c)
	case strings.IndexByte("+-/*%~><=.:|,;", c) < 0:
		r, _ := utf8.DecodeRuneInString(rest)
		l.fail(start, "unexpected character "+quoted(string(r)))
	}
	l.pos++
	l.add(tokenOp, rest[:1], start)
}

// close closes the bracket that was opened last.
func (l *lexer) close(c byte) {
	n := len(l.open)
	if n == 0 {
		l.fail(l.pos, "unexpected "+quoted(string(c)))
	}
	want := map[byte]byte{'(': ')', '[': ']', '{': '}'}[l.open[n-1]]
	if c != want {
		l.fail(l.pos, "unexpected "+quoted(string(c))+", expected "+quoted(string(want)))
	}
	l.open = l.open[:n-1]
}

// string reads a string with its escapes.
func (l *lexer) string(quote byte) {
	start := l.pos
	for i := start + 1; i < len(l.src); i++ {
		switch l.src[i] {
		case '\\':
			i++
		case quote:
			l.pos = i + 1
			l.add(tokenString, unescape(l.src[start+1:i]), start)
			return
		}
	}
	l.fail(start, "a string without end")
}

// escapes are Python's escapes of one character.
var escapes = map[byte]string{
	'n': "\n", 't': "\t", 'r': "\r", '\\': `\`, '\'': "'", '"': `"`,
	'a': "\a", 'b': "\b", 'f': "\f", 'v': "\v", '\n': "",
}

// unescape returns the value of the text between quotes. Escapes that Python does
// not know stay as they are.
func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for s != "" {
		i := strings.IndexByte(s, '\\')
		if i < 0 || i == len(s)-1 {
			b.WriteString(s)
			break
		}
		b.WriteString(s[:i])
		text, n := unescapeOne(s[i+1:])
		b.WriteString(text)
		s = s[i+1+n:]
	}
	return b.String()
}

// unescapeOne returns the value of the escape at the start of s, which is after the
// backslash, and its length in bytes.
func unescapeOne(s string) (string, int) {
	if text, ok := escapes[s[0]]; ok {
		return text, 1
	}
	if size := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[0]]; size > 0 && len(s) > size {
		if v, err := strconv.ParseUint(s[1:1+size], 16, 32); err == nil {
			return string(rune(v)), 1 + size
		}
	}
	n := 0
	for n < 3 && n < len(s) && s[n] >= '0' && s[n] <= '7' {
		n++
	}
	if n > 0 {
		v, _ := strconv.ParseUint(s[:n], 8, 32)
		return string(rune(v)), n
	}
	return `\`, 0
}
