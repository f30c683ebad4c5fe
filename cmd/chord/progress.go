package main

import (
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress returns what shows how many of total bytes are done, on a terminal,
// and what ends it.
func (a *app) progress(what string, total int64) (show func(done int64), end func()) {
	if !isTerminal(a.err) || os.Getenv("TERM") == "dumb" {
		return func(int64) {}, func() {}
	}
	bar := progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(a.err), progressbar.OptionSetDescription(what),
		progressbar.OptionShowBytes(true), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30))
	// A terminal that cannot be written to is no reason to stop.
	show = func(done int64) { _ = bar.Set64(done) }
	return show, func() { _ = bar.Finish() }
}
