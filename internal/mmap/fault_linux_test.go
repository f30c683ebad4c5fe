package mmap

import (
	"errors"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
)

// cutView returns a view of four pages whose file has been cut to one.
func cutView(t *testing.T) (*View, string) {
	t.Helper()
	page := os.Getpagesize()
	path := writeFile(t, pattern(4*page))
	v, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() })
	if err := os.Truncate(path, int64(page)); err != nil {
		t.Fatal(err)
	}
	return v, path
}

// sum reads all of b.
func sum(b []byte) {
	for _, x := range b {
		total += int(x)
	}
}

// total keeps the compiler from removing sum.
var total int

// wrapped is a panic of another goroutine, as package par raises it.
type wrapped struct{ error }

func (w wrapped) Unwrap() error { return w.error }

// A fault in a view becomes an error that says where, on whichever goroutine it
// happened; any other panic continues.
func TestRecover(t *testing.T) {
	v, path := cutView(t)
	other := errors.New("other")
	gone := make([]byte, 0)
	for _, c := range []struct {
		name  string
		f     func()
		fault bool
	}{
		{"by itself", func() { sum(v.Bytes()) }, true},
		{"of another goroutine", func() {
			defer func() { panic(wrapped{recover().(error)}) }()
			sum(v.Bytes())
		}, true},
		{"nothing", func() { sum(v.Bytes()[:10]) }, false},
		{"another panic", func() { panic(other) }, false},
		{"no error", func() { panic("text") }, false},
		{"an index", func() { _ = gone[len(path)] }, false},
		{"no view", func() { panic(outside{}) }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			panicked, err := guarded(c.f)
			if got := errors.Is(err, ErrFault); got != c.fault {
				t.Fatalf("got error %v and panic %v, want a fault: %t", err, panicked, c.fault)
			}
			if c.fault && (!strings.HasPrefix(err.Error(), path+": ") || !strings.Contains(err.Error(), "reading at byte 4096")) {
				t.Errorf("got %q, want it to name %s and byte 4096", err, path)
			}
			if want := !c.fault && c.name != "nothing"; (panicked != nil) != want {
				t.Errorf("panicked with %v, want a panic: %t", panicked, want)
			}
			if debug.SetPanicOnFault(false) {
				t.Error("the goroutine still panics on faults")
			}
		})
	}
}

// outside is a fault in memory that is not a view.
type outside struct{}

func (outside) Error() string { return "fault" }
func (outside) Addr() uintptr { return 1 << 12 }

// guarded returns what f panics with, and the error that [Recover] sets.
func guarded(f func()) (panicked any, err error) {
	defer func() { panicked = recover() }()
	func() {
		defer Recover(debug.SetPanicOnFault(true), &err)
		f()
	}()
	return nil, err
}

// Viewed finds a file by any of its names, until its view is closed.
func TestViewed(t *testing.T) {
	dir := t.TempDir()
	path, hard, soft := filepath.Join(dir, "file"), filepath.Join(dir, "hard"), filepath.Join(dir, "soft")
	if err := errors.Join(os.WriteFile(path, pattern(10), 0o600), os.Link(path, hard), os.Symlink(path, soft)); err != nil {
		t.Fatal(err)
	}
	viewed := func(path string) bool {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		_, ok := Viewed(info)
		return ok
	}
	a, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Open(hard)
	if err != nil {
		t.Fatal(err)
	}
	if viewed(writeFile(t, pattern(10))) {
		t.Error("another file is viewed")
	}
	for _, v := range []*View{a, b} {
		for _, name := range []string{path, hard, soft} {
			if !viewed(name) {
				t.Errorf("%s is not viewed", name)
			}
		}
		if err := v.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if viewed(path) {
		t.Error("a closed file is viewed")
	}
}

// What is not a regular file is an error, and opening a pipe does not wait.
func TestOpenOnlyRegularFiles(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, t.TempDir(), os.DevNull} {
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%s: got %v, want: not a regular file", path, err)
		}
	}
}
