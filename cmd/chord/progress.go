package main

import (
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress returns what shows how many of total bytes are done, on a terminal,
// and what ends it.
func (a *app) progress(what string, total int64) (show func(done int64), end func()) {
	bar := a.bar(total, progressbar.OptionSetDescription(what), progressbar.OptionShowBytes(true))
	if bar == nil {
		return func(int64) {}, func() {}
	}
	// A terminal that cannot be written to is no reason to stop.
	show = func(done int64) { _ = bar.Set64(done) }
	return show, func() { _ = bar.Finish() }
}

// bar returns a bar on a terminal, nil where there is none.
func (a *app) bar(total int64, o ...progressbar.Option) *progressbar.ProgressBar {
	if !isTerminal(a.err) || os.Getenv("TERM") == "dumb" {
		return nil
	}
	return progressbar.NewOptions64(total, append(o,
		progressbar.OptionSetWriter(a.err), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30))...)
}
