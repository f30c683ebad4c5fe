package mmap

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"sync"
	"unsafe"
)

// ErrFault is wrapped by the errors that [Recover] sets.
var ErrFault = errors.New("the file was cut short or cannot be read while it is in use")

// Recover turns a fault in a view into an error that says the file and the byte.
// It is deferred in the goroutine that reads views, or in the one that waits for
// it and repeats its panic:
//
//	func read(v *View) (err error) {
//		defer Recover(debug.SetPanicOnFault(true), &err)
//
// It sets the flag of SetPanicOnFault to old. All other panics continue.
func Recover(old bool, err *error) {
	debug.SetPanicOnFault(old)
	r := recover()
	if r == nil {
		return
	}
	var fault interface {
		error
		Addr() uintptr
	}
	if cause, ok := r.(error); ok && errors.As(cause, &fault) {
		if name, at, ok := views.at(fault.Addr()); ok {
			*err = fmt.Errorf("%s: reading at byte %d: %w", name, at, ErrFault)
			return
		}
	}
	panic(r)
}

// Viewed returns the name under which the file of info was opened as a view that
// is not closed yet; ok is false if there is no such view.
func Viewed(info fs.FileInfo) (name string, ok bool) { return views.of(info) }

// views are all open views.
var views = viewSet{open: map[*View]bool{}}

type viewSet struct {
	sync.Mutex
	open map[*View]bool
}

func (s *viewSet) add(v *View) {
	s.Lock()
	defer s.Unlock()
	s.open[v] = true
}

func (s *viewSet) remove(v *View) {
	s.Lock()
	defer s.Unlock()
	delete(s.open, v)
}

// at returns the file, and the byte of it, that is mapped at addr.
func (s *viewSet) at(addr uintptr) (name string, at uintptr, ok bool) {
	s.Lock()
	defer s.Unlock()
	for v := range s.open {
		if !v.mapped {
			continue
		}
		if at := addr - uintptr(unsafe.Pointer(&v.data[0])); at < uintptr(len(v.data)) {
			return v.name, at, true
		}
	}
	return "", 0, false
}

// of returns the name of the view of a file.
func (s *viewSet) of(info fs.FileInfo) (name string, ok bool) {
	s.Lock()
	defer s.Unlock()
	for v := range s.open {
		if os.SameFile(v.info, info) {
			return v.name, true
		}
	}
	return "", false
}
