// Package mmap has read-only views of whole files, and memory outside the Go heap:
// mapped where the system can map, read or allocated where it cannot.
package mmap

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
)

// ErrTooLarge is wrapped by the error of Open about a file that is too large for
// one slice on this machine. Such a file must be read in pieces.
var ErrTooLarge = errors.New("file too large to be viewed whole")

// A View is the content of one file as one read-only slice.
//
// A mapped view shows the file as it is now, not as it was when it was opened:
// if another process cuts the file short, reading the missing bytes is a fault
// that ends the program, unless the goroutine that reads them has called
// [runtime/debug.SetPanicOnFault]. [Recover] turns it into an error.
type View struct {
	data   []byte
	mapped bool
	name   string
	info   fs.FileInfo
}

// Open returns a view of the regular file at path.
//
// It errs if the file cannot be opened, is not a regular file, or cannot be
// mapped; with [ErrTooLarge] if it does not fit in the address space or, on a
// system without mappings, is too large to be read whole.
func Open(path string) (*View, error) {
	f, err := OpenRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // a mapping stays valid after its descriptor is closed
	return Map(f)
}

// OpenRegular opens the regular file at path for reading. Anything else is an
// error at once: opening a pipe would wait for a writer.
func OpenRegular(path string) (*os.File, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if err := CheckRegular(path, st); err != nil {
		return nil, err
	}
	return os.Open(path)
}

// CheckRegular errs unless info is that of a regular file.
func CheckRegular(path string, info fs.FileInfo) error {
	if info.Mode().IsRegular() {
		return nil
	}
	return &fs.PathError{Op: "open", Path: path, Err: errors.New("not a regular file")}
}

// Map returns a view of the regular file f, which may be closed afterwards.
// It errs as [Open] does.
func Map(f *os.File) (*View, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := CheckRegular(f.Name(), st); err != nil {
		return nil, err
	}
	size := st.Size()
	switch {
	case size > math.MaxInt:
		return nil, fmt.Errorf("mmap: %s: %d bytes: %w", f.Name(), size, ErrTooLarge)
	case size == 0:
		v := &View{name: f.Name(), info: st} // no system maps 0 bytes
		views.add(v)
		return v, nil
	}
	v, err := view(f, int(size))
	if err != nil {
		return nil, fmt.Errorf("mmap: %s: %w", f.Name(), err)
	}
	v.name, v.info = f.Name(), st
	views.add(v)
	return v, nil
}

// Bytes returns the whole file. The slice must not be written to, and not be
// read after Close.
func (v *View) Bytes() []byte { return v.data }

// Mapped reports whether the view is a mapping; if not, it is a copy in memory.
func (v *View) Mapped() bool { return v.mapped }

// Drop tells the system that bytes lo to hi are not needed in memory any more.
// They can be read again, which reads the file again. Only pages that lie wholly
// inside are dropped. Without a mapping Drop does nothing.
// It panics unless 0 <= lo <= hi <= len(v.Bytes()).
func (v *View) Drop(lo, hi int) {
	if lo < 0 || lo > hi || hi > len(v.data) {
		panic("mmap: Drop: range outside the view")
	}
	page := os.Getpagesize()
	lo = roundUp(lo, page)
	if hi < len(v.data) { // the last page has nothing after the file
		hi -= hi % page
	}
	if v.mapped && lo < hi {
		drop(v.data[lo:hi])
	}
}

// Close ends the view. Closing a closed view does nothing.
func (v *View) Close() error {
	views.remove(v)
	data, mapped := v.data, v.mapped
	v.data, v.mapped = nil, false
	if !mapped {
		return nil
	}
	return unview(data)
}

// roundUp returns the smallest multiple of to that is not below n.
func roundUp(n, to int) int { return (n + to - 1) / to * to }
