package main

import (
	"errors"
	"io/fs"
	"os"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/mmap"
)

// reads records files that the command reads and therefore must not write. Mapped
// files need not be recorded. "" and - are not files.
func (a *app) reads(names ...string) {
	for _, name := range names {
		if name != "" && name != "-" {
			a.inputs = append(a.inputs, name)
		}
	}
}

// readsParts records f's files, in case they are not mapped.
func (a *app) readsParts(f *gguf.File) {
	for i := range f.Parts {
		a.reads(f.Parts[i].Name)
	}
}

// distinct errs if one of names, which will be written, is a file that was read,
// under any name.
func (a *app) distinct(names ...string) error {
	for _, name := range names {
		if name == "-" {
			continue
		}
		out, err := os.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if in, ok := a.inputOf(out); ok {
			return usagef("%s and %s are one file", printable(in), printable(name))
		}
	}
	return nil
}

// inputOf returns the name of the input that is the same file as out.
func (a *app) inputOf(out fs.FileInfo) (name string, ok bool) {
	if !out.Mode().IsRegular() {
		return "", false // a device may be read and written
	}
	for _, name := range a.inputs {
		if in, err := os.Stat(name); err == nil && os.SameFile(in, out) {
			return name, true
		}
	}
	return mmap.Viewed(out)
}
