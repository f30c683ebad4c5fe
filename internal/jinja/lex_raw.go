package jinja

import "strings"

// comment skips a comment, whose start has been read.
func (l *lexer) comment(tag int) {
	i := strings.Index(l.src[l.pos:], "#}")
	if i < 0 {
		l.fail(tag, "a comment without end")
	}
	if c := l.src[l.pos+i-1]; i > 0 && (c == '-' || c == '+') {
		i--
	}
	l.pos += i
	l.end("#}")
}

// raw reads a raw block, if that is what the tag is.
func (l *lexer) raw(tag int) bool {
	before := l.pos
	if !l.word("raw") || l.pos < len(l.src) && l.src[l.pos] == '+' || !l.end("%}") {
		l.pos = before
		return false
	}
	if l.src[l.pos-1] == '\n' && !strings.Contains(l.src[before:l.pos], "-%}") {
		l.pos-- // keep the line end after {% raw %}
	}
	start := l.pos
	for at := start; ; {
		i := strings.Index(l.src[at:], "{%")
		if i < 0 {
			l.fail(tag, "a raw block without end")
		}
		at += i + 2
		l.pos = at
		sign := l.sign()
		if l.word("endraw") && l.end("%}") {
			if text := l.lstrip(start, at-2, sign, '%'); text != "" {
				l.add(tokenData, text, start)
			}
			return true
		}
	}
}

// word reads a word with white space around it, if it is next.
func (l *lexer) word(w string) bool {
	rest, ok := strings.CutPrefix(strings.TrimLeftFunc(l.src[l.pos:], isSpace), w)
	if !ok {
		return false
	}
	l.pos = len(l.src) - len(strings.TrimLeftFunc(rest, isSpace))
	return true
}
