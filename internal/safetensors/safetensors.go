// Package safetensors reads the container of Hugging Face models: a JSON header
// that names tensors, and their bytes after it.
//
// Files may come from anywhere: no number is trusted before it has been compared
// with the bytes that are there. The tensors of a file lie inside it,
// side by side without gap or overlap, and fill it to its last byte.
package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"sort"

	"github.com/querent-ai/chord/internal/mmap"
)

// ErrFormat is wrapped by the errors about the content of a file.
var ErrFormat = errors.New("safetensors: malformed file")

// MaxHeader is the most bytes of a header, as in the format's own library.
const MaxHeader = 100 << 20

// MaxDims is the most dimensions of a tensor.
const MaxDims = 8

// A Tensor is one tensor of a file, row-major: the last dimension is the fastest.
type Tensor struct {
	Name  string
	DType DType
	Shape []int  // empty for a single number
	Data  []byte // a view of the file; not to be written to

	view *mmap.View // Data are its bytes from at on; or nil
	at   int
}

// Drop tells the system that Data are not needed in memory for now; reading
// them again reads the file again.
func (t *Tensor) Drop() {
	if t.view != nil {
		t.view.Drop(t.at, t.at+len(t.Data))
	}
}

// Len returns the number of elements.
func (t *Tensor) Len() int {
	n := 1 // of a shape whose bytes are there
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// A File is an open file. Its tensors may be used until Close.
type File struct {
	Tensors  []Tensor // in the order of their bytes
	Metadata map[string]string

	view *mmap.View
}

// Open maps the file at path.
//
// It errs if the file cannot be read, and with [ErrFormat], saying where, if it
// is malformed.
func Open(path string) (*File, error) {
	v, err := mmap.Open(path)
	if err != nil {
		return nil, err
	}
	f, err := parse(v.Bytes())
	if err != nil {
		v.Close()
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	f.view = v
	at := len(v.Bytes())
	for i := len(f.Tensors) - 1; i >= 0; i-- { // side by side, to the end
		t := &f.Tensors[i]
		at -= len(t.Data)
		t.view, t.at = v, at
	}
	return f, nil
}

// parse is Parse of a mapped file, which may be cut short at any time.
func parse(data []byte) (f *File, err error) {
	defer mmap.Recover(debug.SetPanicOnFault(true), &err)
	return Parse(data)
}

// Parse reads a file in memory; the tensors' data are slices of it.
// It errs as [Open] does.
func Parse(data []byte) (*File, error) {
	if len(data) == 0 {
		return nil, malformed("the file is empty")
	}
	if len(data) < 8 {
		return nil, malformed("%d bytes, want the 8 of the header's length at least", len(data))
	}
	n := binary.LittleEndian.Uint64(data)
	switch {
	case IsLFSPointer(data):
		return nil, malformed(LFSPointer)
	case n > MaxHeader:
		return nil, malformed("a header of %d bytes, at most %d", n, MaxHeader)
	case n > uint64(len(data)-8):
		return nil, malformed("a header of %d bytes in a file of %d: is the download complete?", n, len(data))
	}
	f, err := parseHeader(data[8 : 8+n])
	if err != nil {
		return nil, err
	}
	if end := 8 + n + f.end(); end > uint64(len(data)) { // a sum that wraps is less
		return nil, malformed("the download is incomplete: %d of %d bytes", len(data), end)
	}
	if err := f.place(data[8+n:]); err != nil {
		return nil, err
	}
	f.Tensors = make([]Tensor, len(f.entries))
	for i, e := range f.entries {
		f.Tensors[i] = e.Tensor
	}
	return &f.File, nil
}

// LFSPointer is the error text about a file for which [IsLFSPointer] is true.
const LFSPointer = "is a Git LFS pointer, not the file itself: git lfs pull"

// IsLFSPointer reports whether a file is the few lines that a clone without Git
// LFS has in place of a large file.
func IsLFSPointer(data []byte) bool {
	return bytes.HasPrefix(data, []byte("version https://git-lfs.github.com/"))
}

// Close releases the data. Closing again does nothing.
func (f *File) Close() error {
	v := f.view
	f.view = nil
	if v == nil {
		return nil
	}
	for i := range f.Tensors {
		f.Tensors[i].view, f.Tensors[i].Data = nil, nil
	}
	return v.Close()
}

// An entry is a tensor of a header, and its offsets.
type entry struct {
	Tensor
	begin, end uint64
}

// A header is a file whose tensors have no data yet.
type header struct {
	File
	entries []entry
}

// end returns where the last tensor's data end.
func (h *header) end() (n uint64) {
	for i := range h.entries {
		n = max(n, h.entries[i].end)
	}
	return n
}

// place gives the tensors their data: one after the other from the first byte to
// the last.
func (h *header) place(data []byte) error {
	sort.SliceStable(h.entries, func(i, j int) bool {
		a, b := h.entries[i], h.entries[j]
		return a.begin < b.begin || a.begin == b.begin && a.end < b.end
	})
	at := uint64(0)
	for i := range h.entries {
		e := &h.entries[i]
		switch {
		case e.begin > e.end || e.end > uint64(len(data)):
			return malformed("tensor %q: bytes %d to %d of %d", e.Name, e.begin, e.end, len(data))
		case e.begin < at:
			return malformed("tensor %q: begins at byte %d, within the one before, which ends at %d", e.Name, e.begin, at)
		case e.begin > at:
			return malformed("tensor %q: begins at byte %d, after a gap from %d on", e.Name, e.begin, at)
		}
		if want, ok := e.bytes(); !ok || want != e.end-e.begin {
			return malformed("tensor %q: %d bytes, which is not %s of shape %v", e.Name, e.end-e.begin, e.DType, e.Shape)
		}
		e.Data = data[e.begin:e.end:e.end]
		at = e.end
	}
	if at != uint64(len(data)) {
		return malformed("%d bytes after the last tensor", uint64(len(data))-at)
	}
	return nil
}

// bytes returns how many bytes shape and type need, and false if that overflows.
func (t *Tensor) bytes() (uint64, bool) {
	n := uint64(t.DType.Size())
	for _, d := range t.Shape {
		if d != 0 && n > 1<<62/uint64(d) {
			return 0, false
		}
		n *= uint64(d)
	}
	return n, true
}

// A formatError is an [ErrFormat] that says what is wrong.
type formatError string

func (e formatError) Error() string { return "safetensors: " + string(e) }

func (e formatError) Unwrap() error { return ErrFormat }

func malformed(format string, args ...any) error {
	return formatError(fmt.Sprintf(format, args...))
}
