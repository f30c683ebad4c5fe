package bpe

import "context"

const (
	pace      = 1 << 14 // work, in bytes of text that are read, between two looks at the context
	mergeWork = 16      // what a merge counts
)

// A worker counts work and gives up when its context is done.
type worker struct {
	ctx  context.Context // nil: never
	left int             // work until the next look
	err  error           // why it has given up
}

// over counts work of n bytes and reports whether to give up.
func (w *worker) over(n int) bool {
	w.left -= n
	if w.left > 0 {
		return w.err != nil
	}
	return w.ask()
}

func (w *worker) ask() bool {
	w.left = pace
	if w.ctx != nil && w.err == nil {
		w.err = w.ctx.Err()
	}
	return w.err != nil
}
