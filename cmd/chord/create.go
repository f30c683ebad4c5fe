package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// create writes a file by write, as a whole or not at all: under another name in
// the same folder, then to disk, and only then under its own name. It may replace
// another file, except one that was read ([app.distinct]). - is stdout, and devices
// are written to directly. Writing errs once ctx is done.
func (a *app) create(ctx context.Context, name string, write func(io.Writer) error) error {
	_, err := a.createAll(ctx, []string{name}, func(w io.Writer, _ int) error { return write(w) })
	return err
}

// createAll creates all files or none, and returns their size. The first gets its
// name last: if it exists, so do the others.
func (a *app) createAll(ctx context.Context, names []string, write func(w io.Writer, i int) error) (size int64, err error) {
	if err := a.distinct(names...); err != nil {
		return 0, err
	}
	defer a.graceful.Store(a.graceful.Swap(true))
	files, whole := make([]staged, 0, len(names)), false
	defer func() {
		if !whole { // after a panic too
			for _, s := range files {
				s.discard()
			}
		}
	}()
	for i, name := range names {
		s, err := a.stage(ctx, name, func(w io.Writer) error {
			c := &countWriter{ctx: ctx, w: w}
			err := write(c, i)
			size += c.n
			return err
		})
		if err != nil {
			return 0, err
		}
		files = append(files, s)
	}
	for i := len(files) - 1; i >= 0; i-- {
		if err := files[i].commit(); err != nil {
			return 0, err
		}
	}
	whole = true
	return size, nil
}

// A staged file is written and on disk under a temporary name. If that is empty, it
// is stdout or a device, and there is nothing left to do.
type staged struct {
	temp, name string
	named      bool // it has its final name
}

// stage writes a file by write; see create.
func (a *app) stage(ctx context.Context, name string, write func(io.Writer) error) (s staged, err error) {
	if name == "-" {
		return s, write(a.out)
	}
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return s, writeDevice(name, write)
	}
	removeStale(name)
	f, err := temps.open(name)
	if err != nil {
		return s, err
	}
	if a.begun != nil {
		a.begun(ctx)
	}
	flush, whole := &flusher{f: f}, false
	defer func() {
		if !whole { // after a panic too
			_ = flush.wait() // another error came first
			f.Close()
			temps.remove(f.Name())
		}
	}()
	if err := write(flush); err != nil {
		return s, err
	}
	if err := firstError(flush.Sync(), f.Close()); err != nil {
		return s, err
	}
	whole = true
	return staged{temp: f.Name(), name: name}, nil
}

// commit gives the file its final name.
func (s *staged) commit() error {
	if s.name == "" {
		return nil
	}
	if err := temps.rename(s.temp, s.name); err != nil {
		return err
	}
	s.named = true
	return syncFolder(filepath.Dir(s.name))
}

// discard removes the file.
func (s *staged) discard() {
	switch {
	case s.name == "":
	case s.named:
		os.Remove(s.name)
	default:
		temps.remove(s.temp)
	}
}

// syncFolder writes the names in a folder to disk, if the system can.
func syncFolder(name string) error {
	if runtime.GOOS == "windows" {
		return nil // it has no such call
	}
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return firstError(d.Sync(), d.Close())
}

// writeDevice writes to an existing device or pipe.
func writeDevice(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return firstError(write(f), f.Close())
}

// A countWriter counts the bytes written through it. It errs once its context, which
// may be nil, is done.
type countWriter struct {
	ctx context.Context
	w   io.Writer
	n   int64
}

// Write writes p to the other writer.
func (c *countWriter) Write(p []byte) (int, error) {
	if c.ctx != nil && c.ctx.Err() != nil {
		return 0, context.Cause(c.ctx)
	}
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// list returns names with commas.
func list(names []string) string { return strings.Join(names, ", ") }
