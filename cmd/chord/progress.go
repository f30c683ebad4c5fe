package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// The characters of a bar: as many as fit beside the text, within these. With less
// room there is none.
const (
	leastBar = 10
	mostBar  = 30
)

// barTime is the least time between two redraws of a bar.
const barTime = 100 * time.Millisecond

// Work that is often quick shows nothing before quickTime.
const quickTime = 500 * time.Millisecond

// A liveLine is the last line of a terminal, which is replaced as work goes on and
// cleared before anything else is printed. The nil line shows nothing.
type liveLine struct {
	w       io.Writer
	columns func() int // of the terminal; 0 if that is not known

	mu      sync.Mutex
	longest int // characters of the longest text since the last clear
}

// newLine returns the line of w, nil if that is no terminal.
func newLine(w io.Writer) *liveLine {
	if !isTerminal(w) || os.Getenv("TERM") == "dumb" {
		return nil
	}
	return &liveLine{w: w, columns: func() int { return terminalWidth(w) }}
}

// room returns the characters that the line has.
func (l *liveLine) room() int {
	n := l.columns()
	if n <= 0 {
		n = plainWidth
	}
	return max(n-3, 1) // a full line would wrap, and so would one with ^C behind it
}

// set replaces the line by s, of which only what fits is shown. It ignores errors of
// the terminal.
func (l *liveLine) set(s string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s = shorten(s, l.room())
	n := width(s)
	l.longest = max(l.longest, n)
	text := "\r" + s
	if pad := min(l.longest, l.room()) - n; pad > 0 {
		text += strings.Repeat(" ", pad) + "\r" + s
	}
	_, _ = io.WriteString(l.w, text)
}

// clear removes the line.
func (l *liveLine) clear() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.longest > 0 {
		_, _ = io.WriteString(l.w, "\r"+strings.Repeat(" ", min(l.longest, l.room()))+"\r")
		l.longest = 0
	}
}

// shorten returns s, without its end if it has more than n characters.
func shorten(s string, n int) string {
	if width(s) <= n {
		return s
	}
	if n < 4 {
		return firstRunes(s, n)
	}
	return firstRunes(s, n-1) + "…"
}

// A bar shows on a live line how much of some work is done. The nil bar shows nothing.
type bar struct {
	line     *liveLine
	what     string
	total    int64
	text     func(n int64) string // a number of things
	rate     bool                 // whether things a second are shown
	quiet    time.Duration        // nothing is shown before
	now      func() time.Time
	start    time.Time
	last     time.Time // of the last redraw
	done     int64
	finished bool
}

// progress returns a function that shows how many of total bytes are done, if
// stderr is a terminal, and one that ends the display.
func (a *app) progress(what string, total int64) (show func(done int64), end func()) {
	b := a.bar(what, total, bytesText)
	if b != nil {
		b.rate = true
	}
	return func(done int64) { b.show(what, done) }, b.end
}

// bar returns a bar on a terminal, nil if there is no terminal.
func (a *app) bar(what string, total int64, text func(int64) string) *bar {
	if a.line == nil {
		return nil
	}
	return &bar{line: a.line, what: what, total: total, text: text, now: time.Now, start: time.Now()}
}

// show shows how many are done.
func (b *bar) show(what string, done int64) {
	if b == nil || b.finished {
		return
	}
	now := b.now()
	if now.Sub(b.last) < barTime || now.Sub(b.start) < b.quiet {
		return
	}
	b.what, b.done, b.last = what, done, now
	b.line.set(b.picture(now.Sub(b.start), b.line.room()))
}

// picture returns the line after a time, in at most n characters: what does not fit is
// left out, the least important first.
func (b *bar) picture(took time.Duration, n int) string {
	part := 0.0
	if b.total > 0 {
		part = min(max(float64(b.done)/float64(b.total), 0), 1)
	}
	what := b.what
	if most := max(n-30, n/3); width(what) > most {
		what = shorten(what, most)
	}
	head := strings.TrimLeft(fmt.Sprintf("%s %3.0f%%", what, 100*part), " ")
	var more []string
	if b.total > 0 {
		more = append(more, fmt.Sprintf("%s/%s", b.text(b.done), b.text(b.total)))
	}
	if part > 0 && part < 1 {
		left := time.Duration(float64(took) * (1 - part) / part)
		more = append(more, shortTime(left)+" left")
		if b.rate && took > 0 {
			more = append(more, b.text(int64(float64(b.done)/took.Seconds()))+"/s")
		}
	}
	for tail := len(more); ; tail-- {
		text := strings.Join(more[:tail], ", ")
		size := n - width(head) - width(text) - 4 // [], two spaces
		if size >= leastBar {
			size = min(size, mostBar)
			full := int(part * float64(size))
			return strings.TrimRight(fmt.Sprintf("%s [%s%s] %s", head, strings.Repeat("=", full), strings.Repeat(" ", size-full), text), " ")
		}
		if tail == 0 {
			return head
		}
	}
}

// end clears the bar.
func (b *bar) end() {
	if b == nil || b.finished {
		return
	}
	b.finished = true
	b.line.clear()
}

// loading returns a function that shows how much of a model is loaded, and one that
// ends the display.
func (a *app) loading(path string) (show func(done, total int64), end func()) {
	b := a.bar("", 0, bytesText)
	if b == nil {
		return nil, func() {}
	}
	if b.quiet = quickTime; path == "" {
		path = "the model"
	}
	name := printable(filepath.Base(path))
	return func(done, total int64) {
		b.total = total
		b.show("loading "+name, done)
	}, b.end
}

// reading returns a function that shows how much of a prompt is computed, nil if there
// is no terminal, and one that ends the display.
func (a *app) reading() (show func(done, total int), end func()) {
	b := a.bar("", 0, commaText)
	if b == nil {
		return nil, func() {}
	}
	b.quiet, b.rate = quickTime, true
	return func(done, total int) {
		b.total = int64(total)
		b.show("reading the prompt", int64(done))
	}, b.end
}

// commaText returns n with commas between thousands.
func commaText(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
