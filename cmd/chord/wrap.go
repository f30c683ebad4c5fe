package main

import (
	"fmt"
	"strings"

	"github.com/mattn/go-runewidth"
)

// A wrapper breaks the lines of a text that comes in pieces between words, where a
// terminal would break them anywhere. A word is printed as it comes; if it turns out
// too long for its line, it is erased there and begins the next one. Lines between ```
// stay whole, so that code can be copied.
type wrapper struct {
	columns int // of the terminal, 0: lines are not broken
	column  int // that comes next
	word    strings.Builder
	wide    int    // columns of word
	mark    string // what the line began with, at most three characters
	code    bool
}

// text returns what shows the next piece of the text. The last column stays free:
// there terminals differ.
func (w *wrapper) text(piece string) string {
	if w.columns < 2 {
		return piece
	}
	var b strings.Builder
	for _, r := range piece {
		w.rune(&b, r)
	}
	return b.String()
}

// rune shows one character.
func (w *wrapper) rune(b *strings.Builder, r rune) {
	n := runewidth.RuneWidth(r)
	switch {
	case r == '\n':
		b.WriteRune(r)
		w.newLine()
		w.mark = ""
		return
	case r == '\t':
		n = 8 - w.column%8
	}
	if len(w.mark) < 3 && r != ' ' {
		if w.mark += string(r); w.mark == "```" {
			w.code = !w.code
		}
	}
	if w.column+n < w.columns || w.code {
		b.WriteRune(r)
		w.add(r, n)
		return
	}
	word, wide := w.word.String(), w.wide
	switch {
	case r == ' ' || r == '\t': // the end of the line takes its place
		b.WriteByte('\n')
		w.newLine()
		return
	case wide > 0 && wide < w.column:
		fmt.Fprintf(b, "\x1b[%dD\x1b[K", wide)
	default:
		word, wide = "", 0
	}
	b.WriteString("\n" + word + string(r))
	w.newLine()
	w.word.WriteString(word)
	w.column, w.wide = wide, wide
	w.add(r, n)
}

// add notes that r of n columns was printed.
func (w *wrapper) add(r rune, n int) {
	w.column += n
	if r == ' ' || r == '\t' || n > 1 { // wide characters make words of their own
		w.word.Reset()
		w.wide = 0
		return
	}
	w.word.WriteRune(r)
	w.wide += n
}

// newLine notes that the next character begins a line.
func (w *wrapper) newLine() {
	w.column, w.wide = 0, 0
	w.word.Reset()
}
