// Package mmap gives read-only views of whole files and memory off the Go
// heap: mapped where the system can map, read or allocated where it cannot.
package mmap

import (
	"errors"
	"fmt"
	"math"
	"os"
)

// ErrTooLarge is wrapped by the error of Open for a file that cannot be one
// slice on this machine. Such a file must be read in pieces.
var ErrTooLarge = errors.New("file too large to be viewed whole")

// A View is the content of one file as one read-only slice.
//
// A mapped view shows the file as it is now, not as it was when it was opened:
// if another process cuts the file short, touching the bytes that are gone is a
// fault that the Go runtime does not survive, unless the goroutine that touches
// them has called [runtime/debug.SetPanicOnFault].
type View struct {
	data   []byte
	mapped bool
}

// Open returns a view of the regular file at path.
//
// It errs if the file cannot be opened, is not a regular file, or cannot be
// mapped; with [ErrTooLarge] if it does not fit in the address space or, on a
// system without mappings, is too large to be read whole.
func Open(path string) (*View, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // a mapping outlives its descriptor
	return Map(f)
}

// Map returns a view of the regular file f, which may be closed afterwards.
// It errs as [Open] does.
func Map(f *os.File) (*View, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	size := st.Size()
	switch {
	case !st.Mode().IsRegular():
		return nil, fmt.Errorf("mmap: %s: not a regular file", f.Name())
	case size > math.MaxInt:
		return nil, fmt.Errorf("mmap: %s: %d bytes: %w", f.Name(), size, ErrTooLarge)
	case size == 0:
		return &View{}, nil // no system maps nothing
	}
	v, err := view(f, int(size))
	if err != nil {
		return nil, fmt.Errorf("mmap: %s: %w", f.Name(), err)
	}
	return v, nil
}

// Bytes returns the whole file. The slice must not be written to, and not be
// read after Close.
func (v *View) Bytes() []byte { return v.data }

// Mapped reports whether the view is a mapping; if not, it is a copy in memory.
func (v *View) Mapped() bool { return v.mapped }

// Drop tells the system that bytes lo to hi are not needed in memory any more;
// reading them again is allowed and reads the file again. Only pages that lie
// wholly inside are dropped. Without a mapping Drop does nothing.
// It panics unless 0 <= lo <= hi <= len(v.Bytes()).
func (v *View) Drop(lo, hi int) {
	if lo < 0 || lo > hi || hi > len(v.data) {
		panic("mmap: Drop: range outside the view")
	}
	page := os.Getpagesize()
	lo = roundUp(lo, page)
	if hi < len(v.data) { // the last page of a file belongs to it alone
		hi -= hi % page
	}
	if v.mapped && lo < hi {
		drop(v.data[lo:hi])
	}
}

// Close ends the view. Closing a closed view does nothing.
func (v *View) Close() error {
	data, mapped := v.data, v.mapped
	v.data, v.mapped = nil, false
	if !mapped {
		return nil
	}
	return unview(data)
}

// roundUp returns the smallest multiple of to that is not below n.
func roundUp(n, to int) int { return (n + to - 1) / to * to }
