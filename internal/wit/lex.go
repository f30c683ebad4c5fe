package wit

import (
	"fmt"
	"strings"
)

// A lexer is the rest of a file.
type lexer struct {
	name, text string
	at, line   int
	token      string // the next one, "" at the end
	doc        string // comments with three slashes before it
}

// failure is what a lexer panics with; [Parse] returns it.
type failure struct{ error }

// fail ends the parse.
func (l *lexer) fail(format string, args ...any) {
	panic(failure{fmt.Errorf("wit: %s:%d: %s", l.name, l.line, fmt.Sprintf(format, args...))})
}

// inWord reports whether c belongs to a word: names, and ids of packages with their
// versions.
func inWord(c byte) bool {
	return c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// skip skips what is between tokens, and keeps the comment that describes the next one.
func (l *lexer) skip() {
	l.doc = ""
	for l.at < len(l.text) {
		rest := l.text[l.at:]
		switch {
		case rest[0] == '\n':
			l.line++
			l.at++
		case rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\r':
			l.at++
		case strings.HasPrefix(rest, "//"):
			line, _, _ := strings.Cut(rest, "\n")
			if text, ok := strings.CutPrefix(line, "///"); ok {
				l.doc = strings.TrimPrefix(l.doc+"\n"+strings.TrimSpace(text), "\n")
			}
			l.at += len(line)
		default:
			return
		}
	}
}

// next returns the token and reads the one after it.
func (l *lexer) next() string {
	last := l.token
	l.skip()
	start := l.at
	for l.at < len(l.text) && inWord(l.text[l.at]) && !strings.HasPrefix(l.text[l.at:], "->") {
		l.at++
	}
	switch {
	case l.at > start || l.at == len(l.text):
	case strings.HasPrefix(l.text[l.at:], "->"):
		l.at += 2
	default:
		l.at++
	}
	l.token = l.text[start:l.at]
	return last
}

// accept skips a token if it is the next one.
func (l *lexer) accept(token string) bool {
	if l.token != token {
		return false
	}
	l.next()
	return true
}

// want skips a token, which must be the next one.
func (l *lexer) want(token string) {
	if !l.accept(token) {
		l.fail("%q, want %q", l.token, token)
	}
}

// word is the next token, a name.
func (l *lexer) word() string {
	if l.token == "" || !inWord(l.token[0]) {
		l.fail("%q, want a name", l.token)
	}
	return l.next()
}

// until is the text up to one of the characters of end, such as the id of a package.
func (l *lexer) until(end string) string {
	var b strings.Builder
	for l.token != "" && !strings.Contains(end, l.token) {
		b.WriteString(l.next())
	}
	return b.String()
}
