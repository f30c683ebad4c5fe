package main

import (
	"bufio"
	"io"
	"os"
	"runtime"
	"strings"
)

// Terminals put what is pasted between these, if they are asked to.
const (
	askPastes   = "\x1b[?2004h"
	endPastes   = "\x1b[?2004l"
	pasteBegins = "\x1b[200~"
	pasteEnds   = "\x1b[201~"
)

// The editor edits one line. Line ends and tabs of what is pasted stand in it as these
// signs, so that a text of many lines is one message.
var (
	toSigns   = map[byte]string{'\r': "␊", '\n': "␊", '\t': "␉"}
	fromSigns = strings.NewReplacer("␊", "\n", "␉", "\t")
)

// A paster gives the editor what the terminal sends, with those signs.
type paster struct {
	r      *bufio.Reader
	w      *os.File // the editor's end is its stdin
	last   string   // what may be the beginning of a mark
	inside bool     // a text is being pasted
	cr     bool     // its last character was the CR of a CR LF
}

// newPaster returns a paster between a terminal and the editor, and the stdin of that,
// nil where terminals do not mark what is pasted.
func newPaster(terminal *os.File) (*paster, *os.File) {
	if runtime.GOOS == "windows" || os.Getenv("TERM") == "dumb" || os.Getenv("TERM") == "" {
		return nil, nil
	}
	in, w, err := os.Pipe()
	if err != nil {
		return nil, nil
	}
	return &paster{r: bufio.NewReader(terminal), w: w}, in
}

// line copies what is typed up to the end of a line. What follows waits for the next one,
// as the editor no longer has the terminal then.
func (p *paster) line() {
	for {
		b, err := p.r.ReadByte()
		if err != nil {
			p.w.Close()
			return
		}
		if _, err := io.WriteString(p.w, p.take(b)); err != nil || !p.inside && (b == '\r' || b == '\n' || b == ctrlCKey) {
			return
		}
	}
}

// ctrlCKey is what Ctrl-C sends in raw mode.
const ctrlCKey = 3

// take returns what the editor gets of a byte of the terminal. It knows the marks of a
// paste, as sequences without meaning.
func (p *paster) take(b byte) string {
	p.last += string([]byte{b})
	for p.last != "" && !strings.HasPrefix(pasteBegins, p.last) && !strings.HasPrefix(pasteEnds, p.last) {
		p.last = p.last[1:]
	}
	if b == ctrlCKey { // also where a terminal does not mark an end
		p.inside = false
	}
	switch p.last {
	case pasteBegins:
		p.inside, p.last = true, ""
	case pasteEnds:
		p.inside, p.last = false, ""
	}
	if !p.inside || p.last != "" {
		return string([]byte{b})
	}
	after := p.cr
	p.cr = b == '\r'
	sign, ok := toSigns[b]
	switch {
	case b == '\n' && after: // the second half of a line end
		return ""
	case ok:
		return sign
	case b < ' ' || b == 127: // the editor would obey it
		return ""
	}
	return string([]byte{b})
}
