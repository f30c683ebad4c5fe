package main

import (
	"bytes"
	"errors"
	"os"
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
	line := &liveLine{w: &out, columns: func() int { return 80 }}
	b := &bar{line: line, total: 200, text: commaText, now: func() time.Time { return clock }, start: clock, quiet: time.Second}
	for _, c := range []struct {
		after time.Duration
		what  string
		done  int64
		want  string
	}{
		{time.Second / 2, "pack", 10, ""},
		{time.Second / 2, "pack", 50, "pack  25% [=======                       ] 50/200, 3s left"},
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
	if got := empty.picture(time.Second, 60); !strings.Contains(got, "0% [") {
		t.Errorf("of nothing: %q", got)
	}
}

// TestBarWidths wants the bar to fit every width, and to keep what matters most.
func TestBarWidths(t *testing.T) {
	b := &bar{what: "quantize", total: 4 << 30, done: 1 << 30, text: bytesText, rate: true}
	for n, want := range map[int]string{
		120: "quantize  25% [=======                       ] 1.0 GiB/4.0 GiB, 4m30s left, 11.4 MiB/s",
		79:  "quantize  25% [=====                  ] 1.0 GiB/4.0 GiB, 4m30s left, 11.4 MiB/s",
		59:  "quantize  25% [===            ] 1.0 GiB/4.0 GiB, 4m30s left",
		45:  "quantize  25% [===          ] 1.0 GiB/4.0 GiB",
		30:  "quantize  25% [===          ]",
		12:  "qua…  25%",
	} {
		if got := b.picture(90*time.Second, n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
	for _, what := range []string{"", "a", strings.Repeat("very long ", 30)} {
		b.what = what
		for n := 12; n < 220; n++ {
			if got := b.picture(90*time.Second, n); width(got) > n {
				t.Errorf("%d: %q has %d", n, got, width(got))
			}
		}
	}
}

// TestReport wants a line that shows progress to be cleared before an error.
func TestReport(t *testing.T) {
	var out bytes.Buffer
	a := newApp(nil, nil, &out)
	a.line = &liveLine{w: &out, columns: func() int { return 40 }}
	a.line.set("quantize  50%")
	a.report(errors.New("no space"))
	if got := screen(strings.TrimSpace(out.String())); got != "chord: no space" {
		t.Errorf("got %q", got)
	}
	out.Reset()
	a.line.set("quantize  50%")
	a.exit = func(int) {}
	a.signals <- os.Interrupt
	a.watch(nil, nil)
	if got := screen(out.String()); got != "" {
		t.Errorf("after Ctrl-C: %q", got)
	}
}
