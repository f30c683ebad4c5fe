package quantize

import (
	"io"

	"github.com/querent-ai/chord/internal/par"
)

// An asyncWriter writes one piece while the next is made.
type asyncWriter struct {
	w       io.Writer
	buffers [2][]byte
	next    int
	pending *par.Call // the write in progress, or nil
}

// buffer returns n bytes for the next piece, valid until the piece after it is
// written.
func (a *asyncWriter) buffer(n int) []byte {
	if cap(a.buffers[a.next]) < n {
		a.buffers[a.next] = make([]byte, n)
	}
	return a.buffers[a.next][:n]
}

// write waits for the write in progress, returns its error if there is one, and
// otherwise starts to write the first n bytes of the last buffer.
func (a *asyncWriter) write(n int) error {
	if err := a.wait(); err != nil {
		return err
	}
	b := a.buffers[a.next][:n]
	a.next = 1 - a.next
	a.pending = par.Go(func() error {
		_, err := a.w.Write(b)
		return err
	})
	return nil
}

// wait waits for the write in progress and returns its error or raises its panic.
func (a *asyncWriter) wait() error {
	pending := a.pending
	a.pending = nil
	if pending == nil {
		return nil
	}
	return pending.Wait()
}
