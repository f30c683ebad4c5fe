package gguf

import (
	"errors"
	"io"
)

// Data returns the t.Size bytes of t, in the layout of t.Type.
//
// If the file is mapped or in memory, they are a view of it, which must not be
// written to and is invalid after Close; otherwise they are read into new memory,
// which belongs to the caller. Errors are those of reading.
func (f *File) Data(t *Tensor) ([]byte, error) {
	return f.source(t).bytes(t.Offset, t.Size)
}

// Reader returns a reader of the bytes of t that needs no memory for them.
func (f *File) Reader(t *Tensor) *io.SectionReader {
	return io.NewSectionReader(f.source(t), t.Offset, t.Size)
}

// Drop tells the system that the pages of t need not stay in memory, as after
// the data were copied elsewhere. They may be read again. Without a mapping
// Drop does nothing.
func (f *File) Drop(t *Tensor) {
	f.source(t).drop(t.Offset, t.Size)
}

// Mapped reports whether all data are views of mappings: memory of the page
// cache, which other processes share and the system can drop.
func (f *File) Mapped() bool {
	for _, s := range f.sources {
		if s.view == nil || !s.view.Mapped() {
			return false
		}
	}
	return true
}

// Close unmaps or closes what Open opened. Views from Data are invalid
// afterwards; keys and values stay valid.
func (f *File) Close() error {
	var errs []error
	for _, s := range f.sources {
		errs = append(errs, s.close())
	}
	return errors.Join(errs...)
}

// source returns the source that has t. It panics if t is not of f.
func (f *File) source(t *Tensor) *source {
	if t.Part < 0 || t.Part >= len(f.sources) {
		panic("gguf: tensor of another file")
	}
	return f.sources[t.Part]
}
