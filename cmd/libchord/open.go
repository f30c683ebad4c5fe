//go:build cgo

package main

// #include "chord.h"
// void call_progress(chord_progress progress, size_t done, size_t total, void *user);
import "C"

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"unsafe"

	"github.com/querent-ai/chord"
)

//export goOpen
func goOpen(path, options *C.char, progress C.chord_progress, user unsafe.Pointer, out *C.size_t) C.int {
	return call(func() error {
		if path == nil {
			return fmt.Errorf("chord_open: %w: path", errArgument)
		}
		return open(options, progress, user, out, func(o chord.Options) (*chord.Model, error) { return chord.Open(string(input(path)), o) })
	})
}

//export goOpenFD
func goOpenFD(fd C.int, options *C.char, progress C.chord_progress, user unsafe.Pointer, out *C.size_t) C.int {
	return call(func() error {
		return open(options, progress, user, out, func(o chord.Options) (*chord.Model, error) {
			f, err := duplicate(int(fd))
			if err != nil {
				return nil, fmt.Errorf("chord_open_fd: %w", err)
			}
			return chord.OpenFS(oneFile{f}, "model.gguf", o)
		})
	})
}

// A oneFile is a file system with one file of any name, which its reader closes.
type oneFile struct{ f *os.File }

// Open returns the file.
func (o oneFile) Open(string) (fs.File, error) { return o.f, nil }

//export goOpenMemory
func goOpenMemory(data unsafe.Pointer, size C.size_t, options *C.char, progress C.chord_progress, user unsafe.Pointer, out *C.size_t) C.int {
	return call(func() error {
		if data == nil {
			return fmt.Errorf("chord_open_memory: %w: data", errArgument)
		}
		file := unsafe.Slice((*byte)(data), int(size))
		return open(options, progress, user, out, func(o chord.Options) (*chord.Model, error) {
			return chord.OpenReaderAt(bytes.NewReader(file), int64(size), o)
		})
	})
}

// open opens a model and gives it a handle.
func open(options *C.char, progress C.chord_progress, user unsafe.Pointer, out *C.size_t, open func(o chord.Options) (*chord.Model, error)) error {
	return give(out, "model", func() (*chord.Model, error) {
		var o struct {
			chord.Options
			Draft uint `json:"draft"`
		}
		if err := decode("options", input(options), &o); err != nil {
			return nil, err
		}
		if o.Draft != 0 {
			m, err := model(C.size_t(o.Draft))
			if err != nil {
				return nil, fmt.Errorf("options: draft: %w", err)
			}
			o.Options.Draft = m
		}
		if progress != nil {
			o.OnLoad = func(done, total int64) { C.call_progress(progress, C.size_t(done), C.size_t(total), user) }
		}
		return open(o.Options)
	})
}

//export goClose
func goClose(id C.size_t) C.int {
	return call(func() error {
		m, err := take[*chord.Model](id, "open model")
		if err != nil {
			return err
		}
		return m.Close()
	})
}
