package main

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"time"
)

// screen returns what the last line of a terminal shows after text.
func screen(text string) string {
	var line []rune
	at := 0
	for _, r := range text {
		switch {
		case r == '\r':
			at = 0
		case at < len(line):
			line[at] = r
			at++
		default:
			line = append(line, r)
			at++
		}
	}
	return strings.TrimRight(string(line), " ")
}

// TestBar wants a bar that follows the progress, no needless redraws, and nothing
// left of it at the end.
func TestBar(t *testing.T) {
	var out bytes.Buffer
	clock := time.Unix(0, 0)
	b := &bar{w: &out, total: 200, text: func(n int64) string { return strconv.FormatInt(n, 10) }, now: func() time.Time { return clock }, start: clock}
	for _, c := range []struct {
		after time.Duration
		what  string
		done  int64
		want  string
	}{
		{time.Second, "pack", 50, "pack  25% [=======                       ] 50/200, 3s left"},
		{barTime / 2, "pack", 60, "pack  25% [=======                       ] 50/200, 3s left"},
		{time.Second, "p", 100, "p  50% [===============               ] 100/200, 2s left"},
		{time.Second, "p", 200, "p 100% [==============================] 200/200"},
		{time.Second, "p", 300, "p 100% [==============================] 300/200"},
	} {
		clock = clock.Add(c.after)
		b.show(c.what, c.done)
		if got := screen(out.String()); got != c.want {
			t.Errorf("%d: got %q, want %q", c.done, got, c.want)
		}
	}
	b.end()
	clock = clock.Add(time.Second)
	b.show("p", 1)
	b.end()
	if got := screen(out.String()); got != "" {
		t.Errorf("in the end: %q", got)
	}
	var none *bar
	none.show("p", 1)
	none.end()
	empty := &bar{text: b.text}
	if got := empty.picture(time.Second); !strings.Contains(got, "0% [") {
		t.Errorf("of nothing: %q", got)
	}
}
