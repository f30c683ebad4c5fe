package jinja

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokenEOF tokenKind = iota
	tokenData
	tokenPrint    // {{
	tokenPrintEnd // }}
	tokenBlock    // {%
	tokenBlockEnd // %}
	tokenName
	tokenString // text is its value
	tokenInt
	tokenFloat
	tokenOp
)

// A token is a token of a template, with the byte it begins at.
type token struct {
	kind tokenKind
	text string
	pos  int
}

// A lexer cuts a template into tokens.
type lexer struct {
	src    string
	pos    int
	tokens []token
	open   []byte // brackets of the current tag that are not closed
}

// normalize makes all line ends of src \n and removes one at the end, as jinja2
// does.
func normalize(src string) string {
	if strings.Contains(src, "\r") {
		src = strings.ReplaceAll(strings.ReplaceAll(src, "\r\n", "\n"), "\r", "\n")
	}
	return strings.TrimSuffix(src, "\n")
}

// lex returns the tokens of src, which is normalized; the last is tokenEOF.
func lex(src string) []token {
	l := &lexer{src: src}
	for l.pos < len(src) {
		l.data()
	}
	l.add(tokenEOF, "", len(src))
	return l.tokens
}

func (l *lexer) fail(pos int, what string) { panic(errorAt(l.src, pos, what)) }

func (l *lexer) add(kind tokenKind, text string, pos int) {
	l.tokens = append(l.tokens, token{kind, text, pos})
}

// data reads text up to the next tag, and the start of the tag.
func (l *lexer) data() {
	start := l.pos
	tag := indexTag(l.src[start:])
	if tag < 0 {
		l.add(tokenData, l.src[start:], start)
		l.pos = len(l.src)
		return
	}
	tag += start
	kind := l.src[tag+1]
	l.pos = tag + 2
	sign := l.sign()
	if text := l.lstrip(start, tag, sign, kind); text != "" {
		l.add(tokenData, text, start)
	}
	switch {
	case kind == '#':
		l.comment(tag)
	case kind == '{':
		l.add(tokenPrint, "", tag)
		l.inside("}}", tokenPrintEnd)
	case l.raw(tag):
	default:
		l.add(tokenBlock, "", tag)
		l.inside("%}", tokenBlockEnd)
	}
}

// indexTag returns where the first tag of s begins, -1 if it has none.
func indexTag(s string) int {
	for i := 0; ; {
		j := strings.IndexByte(s[i:], '{')
		if j < 0 || i+j+1 >= len(s) {
			return -1
		}
		i += j
		if c := s[i+1]; c == '%' || c == '{' || c == '#' {
			return i
		}
		i++
	}
}

// sign reads the whitespace control at the start of a tag, 0 if there is none.
func (l *lexer) sign() byte {
	if l.pos < len(l.src) && (l.src[l.pos] == '-' || l.src[l.pos] == '+') {
		l.pos++
		return l.src[l.pos-1]
	}
	return 0
}

// lstrip returns the text from start to the tag without the white space that the
// tag removes: all of it for -, else, for tags that print nothing, that from the
// start of their line.
func (l *lexer) lstrip(start, tag int, sign, kind byte) string {
	text := l.src[start:tag]
	switch {
	case sign == '-':
		return strings.TrimRightFunc(text, isSpace)
	case sign == '+' || kind == '{':
		return text
	}
	line := strings.LastIndexByte(text, '\n') + 1
	if (line > 0 || start == 0 || l.src[start-1] == '\n') && strings.TrimLeftFunc(text[line:], isSpace) == "" {
		return text[:line]
	}
	return text
}

// isSpace reports whether Python's str.isspace is true for a character.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// end reads the end of a tag, %} or #} or }}, with its whitespace control, if
// it is next.
func (l *lexer) end(mark string) bool {
	rest := l.src[l.pos:]
	sign := byte(0)
	if rest != "" && (rest[0] == '-' || rest[0] == '+' && mark != "}}") {
		sign = rest[0]
		rest = rest[1:]
	}
	rest, ok := strings.CutPrefix(rest, mark)
	if !ok {
		return false
	}
	switch {
	case sign == '-':
		rest = strings.TrimLeftFunc(rest, isSpace)
	case sign == 0 && mark != "}}":
		rest = strings.TrimPrefix(rest, "\n")
	}
	l.pos = len(l.src) - len(rest)
	return true
}

// inside reads the tokens of a tag up to its end.
func (l *lexer) inside(mark string, end tokenKind) {
	l.open = l.open[:0]
	for l.pos < len(l.src) {
		if at := l.pos; len(l.open) == 0 && l.end(mark) {
			l.add(end, "", at)
			return
		}
		r, n := utf8.DecodeRuneInString(l.src[l.pos:])
		switch {
		case isSpace(r):
			l.pos += n
		case r >= '0' && r <= '9':
			l.number()
		case r == '"' || r == '\'':
			l.string(byte(r))
		case isNameStart(r):
			l.name()
		default:
			l.operator()
		}
	}
}

func isNameStart(r rune) bool { return r == '_' || unicode.IsLetter(r) }
