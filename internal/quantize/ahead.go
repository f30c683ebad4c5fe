package quantize

import "io"

// ahead writes one piece while the next is made.
type ahead struct {
	w     io.Writer
	rooms [2][]byte
	next  int
	err   chan error // of the write under way, nil if there is none
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
	done := make(chan error, 1)
	a.err = done
	go func() {
		_, err := a.w.Write(b)
		done <- err
	}()
	return nil
}

// wait returns the error of the write under way, when it is through.
func (a *ahead) wait() error {
	if a.err == nil {
		return nil
	}
	err := <-a.err
	a.err = nil
	return err
}
