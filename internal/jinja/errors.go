package jinja

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// An Error says what is wrong with a template or its variables, and where.
type Error struct {
	Line, Column int    // from 1; the column counts characters
	What         string // for example "'x' is undefined"
	Raised       bool   // the template itself called raise_exception: What is its message
}

// Error returns "jinja: line 3, column 7: what".
func (e *Error) Error() string {
	return fmt.Sprintf("jinja: line %d, column %d: %s", e.Line, e.Column, e.What)
}

// errorAt returns an Error for the byte at pos of src.
func errorAt(src string, pos int, what string) *Error {
	before := src[:min(pos, len(src))]
	start := strings.LastIndexByte(before, '\n') + 1
	return &Error{
		Line:   strings.Count(before, "\n") + 1,
		Column: utf8.RuneCountInString(before[start:]) + 1,
		What:   what,
	}
}

// rescue turns the panic of an *Error into a returned error: this package leaves
// recursive functions by such a panic. Other panics continue.
func rescue(err *error) {
	switch p := recover().(type) {
	case nil:
	case *Error:
		*err = p
	default:
		panic(p)
	}
}

// maxQuoted is the most bytes of a template's text that an error quotes.
const maxQuoted = 80

// quoted returns s as Python's repr, shortened.
func quoted(s string) string {
	if len(s) > maxQuoted {
		cut := maxQuoted
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	return string(appendQuoted(nil, s))
}
