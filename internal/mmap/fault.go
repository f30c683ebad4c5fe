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

// ErrFault is wrapped by the errors that [Recover] makes.
var ErrFault = errors.New("the file was cut short or cannot be read while it is in use")

// Recover, deferred, makes an error of a fault in a view, which says the file
// and the byte. It is used so, in the goroutine that reads views or in the one
// that waits for it and raises its panic:
//
//	func read(v *View) (err error) {
//		defer Recover(debug.SetPanicOnFault(true), &err)
//
// where old is what the flag is set back to. All other panics go on.
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

// Viewed returns the name under which the file that info is of has been opened
// as a view that is not closed yet; ok is false if it has not.
func Viewed(info fs.FileInfo) (name string, ok bool) { return views.of(info) }

// views are all that are not closed.
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

// at returns the file and its byte that addr shows.
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
