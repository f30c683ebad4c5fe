package bpe

import "context"

// Work is counted in bytes of text that are read.
const (
	checkInterval = 1 << 14 // work between two checks of the context
	mergeCost     = 16      // work of a merge
)

// A canceller counts work and checks its context at intervals.
type canceller struct {
	ctx  context.Context // nil: never done
	left int             // work until the next check
	err  error           // of the context
}

// done counts n bytes of work and reports whether the context is done.
func (w *canceller) done(n int) bool {
	w.left -= n
	if w.left > 0 {
		return w.err != nil
	}
	return w.check()
}

func (w *canceller) check() bool {
	w.left = checkInterval
	if w.ctx != nil && w.err == nil {
		w.err = w.ctx.Err()
	}
	return w.err != nil
}
