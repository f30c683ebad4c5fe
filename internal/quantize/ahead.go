package quantize

import (
	"io"

	"github.com/querent-ai/chord/internal/par"
)

// ahead writes one piece while the next is made.
type ahead struct {
	w     io.Writer
	rooms [2][]byte
	next  int
	under *par.Call // the write under way, nil if there is none
}

// room returns n bytes for the next piece, valid until the one after it has
// been written.
func (a *ahead) room(n int) []byte {
	if cap(a.rooms[a.next]) < n {
		a.rooms[a.next] = make([]byte, n)
	}
	return a.rooms[a.next][:n]
}

// write begins to write the first n bytes of the last room, after what was
// being written, whose error it returns.
func (a *ahead) write(n int) error {
	if err := a.wait(); err != nil {
		return err
	}
	b := a.rooms[a.next][:n]
	a.next = 1 - a.next
	a.under = par.Go(func() error {
		_, err := a.w.Write(b)
		return err
	})
	return nil
}

// wait returns the error of the write under way, or raises its panic, when it
// is through.
func (a *ahead) wait() error {
	under := a.under
	a.under = nil
	if under == nil {
		return nil
	}
	return under.Wait()
}
