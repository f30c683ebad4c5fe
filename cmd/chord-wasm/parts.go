//go:build js && wasm

package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall/js"
	"time"

	"github.com/querent-ai/chord"
)

// parts are the files of a split model, as a file system: they have the names that
// split files must have, by their order.
type parts []*source

// openParts opens the model whose files are an array.
func openParts(v js.Value, o chord.Options) (*chord.Model, error) {
	p, err := newParts(v)
	if err != nil {
		return nil, err
	}
	m, err := chord.OpenFS(p, p.name(0), o)
	if err != nil {
		return nil, err
	}
	for i, s := range p {
		if !s.opened {
			return nil, errors.Join(errInvalid{fmt.Errorf("source: file %d of %d: the first is no part of a split model", i+1, len(p))}, m.Close())
		}
	}
	return m, nil
}

// newParts is the files of an array.
func newParts(v js.Value) (parts, error) {
	if v.Length() == 0 {
		return nil, errInvalid{errors.New("source: an empty array")}
	}
	p := make(parts, v.Length())
	for i := range p {
		s, err := newSource(v.Index(i))
		if err != nil {
			return nil, fmt.Errorf("part %d: %w", i, err)
		}
		p[i] = s
	}
	return p, nil
}

// name is the name of part i.
func (p parts) name(i int) string { return fmt.Sprintf("model-%05d-of-%05d.gguf", i+1, len(p)) }

// Open implements fs.FS.
func (p parts) Open(name string) (fs.File, error) {
	for i, s := range p {
		if name == p.name(i) {
			s.opened = true
			return &part{io.NewSectionReader(s, 0, s.size), name}, nil
		}
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// A part is an open file of parts, and what is known of it.
type part struct {
	*io.SectionReader
	name string
}

func (p *part) Close() error               { return nil }
func (p *part) Stat() (fs.FileInfo, error) { return p, nil }
func (p *part) Name() string               { return p.name }
func (p *part) Mode() fs.FileMode          { return 0o444 }
func (p *part) ModTime() time.Time         { return time.Time{} }
func (p *part) IsDir() bool                { return false }
func (p *part) Sys() any                   { return nil }
