package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// create writes a file by write, whole or not at all: under another name in
// the same folder, to disk, and only then to its own name, which may have been
// another file's. - is stdout, and devices are written to as they are.
func (a *app) create(name string, write func(io.Writer) error) (err error) {
	if name == "-" {
		return write(a.out)
	}
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return writeDevice(name, write)
	}
	temp := fmt.Sprintf("%s.%08x.incomplete", name, rand.Uint32())
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	s := &flusher{f: f}
	defer func() {
		if err != nil {
			_ = s.wait() // err came first
			f.Close()
			os.Remove(temp)
		}
	}()
	if err := write(s); err != nil {
		return err
	}
	if err := s.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(temp, name); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(name))
}

// syncFolder brings the names in a folder to disk, where the system can.
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

// writeDevice writes to what is there already and is no file.
func writeDevice(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return firstError(write(f), f.Close())
}

// A countWriter counts what goes through it.
type countWriter struct {
	w io.Writer
	n int64
}

// Write writes p on.
func (c *countWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// list returns names with commas.
func list(names []string) string { return strings.Join(names, ", ") }
