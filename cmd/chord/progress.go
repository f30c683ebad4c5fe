package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// barWidth is how many characters a bar has.
const barWidth = 30

// barTime is the least time between two redraws of a bar.
const barTime = 100 * time.Millisecond

// A bar is a line on a terminal that shows progress. The nil bar shows nothing.
type bar struct {
	w        io.Writer
	what     string
	total    int64
	text     func(n int64) string // a number of things
	now      func() time.Time
	start    time.Time
	last     time.Time // of the last redraw
	done     int64
	longest  int // characters of the longest line so far
	finished bool
}

// progress returns a function that shows how many of total bytes are done, if
// stderr is a terminal, and one that ends the display.
func (a *app) progress(what string, total int64) (show func(done int64), end func()) {
	b := a.bar(what, total, bytesText)
	return func(done int64) { b.show(what, done) }, b.end
}

// bar returns a bar on a terminal, nil if there is no terminal.
func (a *app) bar(what string, total int64, text func(int64) string) *bar {
	if !isTerminal(a.err) || os.Getenv("TERM") == "dumb" {
		return nil
	}
	return &bar{w: a.err, what: what, total: total, text: text, now: time.Now, start: time.Now()}
}

// show shows how many are done.
func (b *bar) show(what string, done int64) {
	if b == nil || b.finished {
		return
	}
	now := b.now()
	if now.Sub(b.last) < barTime {
		return
	}
	b.what, b.done, b.last = what, done, now
	b.draw(b.picture(now.Sub(b.start)))
}

// picture returns the line after a time.
func (b *bar) picture(took time.Duration) string {
	part := 0.0
	if b.total > 0 {
		part = min(max(float64(b.done)/float64(b.total), 0), 1)
	}
	full := int(part * barWidth)
	s := fmt.Sprintf("%s %3.0f%% [%s%s] %s/%s", b.what, 100*part,
		strings.Repeat("=", full), strings.Repeat(" ", barWidth-full), b.text(b.done), b.text(b.total))
	if part > 0 && part < 1 {
		left := time.Duration(float64(took) * (1 - part) / part)
		s += ", " + left.Round(time.Second).String() + " left"
	}
	return s
}

// draw replaces the last line by s. It ignores errors of the terminal.
func (b *bar) draw(s string) {
	b.longest = max(b.longest, len([]rune(s)))
	_, _ = io.WriteString(b.w, "\r"+s+strings.Repeat(" ", b.longest-len([]rune(s)))+"\r"+s)
}

// end clears the bar.
func (b *bar) end() {
	if b == nil || b.finished {
		return
	}
	b.finished = true
	if b.longest > 0 {
		_, _ = io.WriteString(b.w, "\r"+strings.Repeat(" ", b.longest)+"\r")
	}
}
