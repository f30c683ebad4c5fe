package gguf

import (
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"syscall"

	"github.com/querent-ai/chord/internal/mmap"
)

// writeData writes t's data, size bytes, and the padding after them.
func writeData(w io.Writer, t WriteTensor, size int64, align uint64) error {
	exact := &exactWriter{w: w, left: size}
	err := t.write(exact)
	switch {
	case errors.Is(err, errTooMuch), err == nil && exact.over:
		err = &formatError{subject: subject("tensor", t.Name), what: fmt.Sprintf("Data wrote more than %d bytes", size), at: -1}
	case err != nil:
		err = fmt.Errorf("gguf: tensor %q: writing: %w", t.Name, err)
	case exact.left > 0:
		err = &formatError{subject: subject("tensor", t.Name), what: fmt.Sprintf("Data wrote %d bytes, want %d", size-exact.left, size), at: -1}
	default:
		if err = writeZeros(w, padding(uint64(size), align)); err != nil {
			err = fmt.Errorf("gguf: tensor %q: writing: %w", t.Name, err)
		}
	}
	return err
}

// write calls Data. If Data reads from a mapped file that is cut short at that
// time, the result is an error, whether Data or the system finds the end.
func (t *WriteTensor) write(w io.Writer) (err error) {
	defer mmap.Recover(debug.SetPanicOnFault(true), &err)
	err = t.Data(w)
	if errors.Is(err, syscall.EFAULT) {
		err = fmt.Errorf("%w (%w)", mmap.ErrFault, err)
	}
	return err
}

// errTooMuch is returned to a Data that writes more than its tensor.
var errTooMuch = errors.New("more bytes than the tensor has")

// An exactWriter passes on left bytes; more are an error.
type exactWriter struct {
	w    io.Writer
	left int64
	over bool // there were more: Data may have ignored the error
}

func (e *exactWriter) Write(p []byte) (int, error) {
	if int64(len(p)) > e.left {
		e.over = true
		return 0, errTooMuch
	}
	n, err := e.w.Write(p)
	e.left -= int64(n)
	return n, err
}

// writeZeros writes n zero bytes.
func writeZeros(w io.Writer, n uint64) error {
	var zeros [512]byte
	for n > 0 {
		k, err := w.Write(zeros[:min(n, uint64(len(zeros)))])
		if err != nil {
			return err
		}
		n -= uint64(k)
	}
	return nil
}
