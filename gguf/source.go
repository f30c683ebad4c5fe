package gguf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime/debug"

	"github.com/querent-ai/chord/internal/mmap"
)

// A source is the bytes of one part: all of them in data, or a reader of them.
type source struct {
	name   string
	size   int64
	data   []byte      // nil once closed
	view   *mmap.View  // data are its bytes; or nil
	r      io.ReaderAt // instead of data, or nil
	closer io.Closer   // nil if there is nothing to close, or if the caller closes r
}

// viewSource returns a source of the bytes of v.
func viewSource(name string, v *mmap.View) *source {
	return &source{name: name, size: int64(len(v.Bytes())), data: v.Bytes(), view: v, closer: v}
}

// bytesSource returns a source of data.
func bytesSource(name string, data []byte) *source {
	return &source{name: name, size: int64(len(data)), data: data}
}

// readerSource returns a source that reads r. It reads the last byte first: after
// that, size is known to be right, and memory of up to size may be allocated.
func readerSource(name string, r io.ReaderAt, size int64, closer io.Closer) (*source, error) {
	s := &source{name: name, size: size, r: r, closer: closer}
	if size < 0 {
		return nil, s.failed(0, fmt.Errorf("size %d is negative", size))
	}
	if size > 0 {
		if err := s.readAt(make([]byte, 1), size-1); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// ReadAt implements [io.ReaderAt]. Reading bytes that a mapped file has lost is an
// error.
func (s *source) ReadAt(p []byte, off int64) (n int, err error) {
	if s.r != nil {
		return s.r.ReadAt(p, off)
	}
	if s.view != nil {
		defer mmap.Recover(debug.SetPanicOnFault(true), &err)
	}
	if s.data == nil && s.size > 0 {
		return 0, os.ErrClosed
	}
	return bytes.NewReader(s.data).ReadAt(p, off)
}

// readAt fills p from byte off on.
func (s *source) readAt(p []byte, off int64) error {
	switch n, err := s.ReadAt(p, off); {
	case n == len(p):
		return nil
	case err == nil || errors.Is(err, io.EOF):
		return s.failed(off+int64(n), io.ErrUnexpectedEOF)
	default:
		return s.failed(off+int64(n), err)
	}
}

// bytes returns n bytes from off on: a view of data, or new memory.
func (s *source) bytes(off, n int64) ([]byte, error) {
	switch {
	case off < 0 || n < 0 || off > s.size || n > s.size-off:
		return nil, s.failed(off, fmt.Errorf("%d bytes are not in the file of %d", n, s.size))
	case n > math.MaxInt:
		return nil, s.failed(off, fmt.Errorf("%d bytes do not fit in memory", n))
	case s.r == nil && s.data == nil && n > 0:
		return nil, s.failed(off, os.ErrClosed)
	case s.r == nil:
		return s.data[off : off+n : off+n], nil
	}
	p := make([]byte, n)
	if err := s.readAt(p, off); err != nil {
		return nil, err
	}
	return p, nil
}

// drop lets the system drop the pages of n bytes from off on, if they are a view.
func (s *source) drop(off, n int64) {
	if s.view != nil && s.data != nil {
		s.view.Drop(int(off), int(off+n))
	}
}

// close releases the data. Closing again does nothing.
func (s *source) close() error {
	s.data = nil
	if s.closer == nil {
		return nil
	}
	err := s.closer.Close()
	s.closer = nil
	return err
}

// failed returns an error that says in which file, and where, reading failed.
func (s *source) failed(at int64, err error) error {
	if s.name == "" {
		return fmt.Errorf("gguf: reading at byte %d: %w", at, err)
	}
	return fmt.Errorf("gguf: %s: reading at byte %d: %w", s.name, at, err)
}
