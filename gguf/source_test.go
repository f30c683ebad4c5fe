package gguf

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// plainFS hides all methods of its files but Read, Stat and Close.
type plainFS struct{ fs.FS }

func (p plainFS) Open(name string) (fs.File, error) {
	f, err := p.FS.Open(name)
	return struct{ fs.File }{f}, err
}

// openers open the same bytes in every possible way.
func openers(t *testing.T, file []byte) map[string]func() (*File, error) {
	path := filepath.Join(t.TempDir(), "m.gguf")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{"m.gguf": {Data: file}}
	return map[string]func() (*File, error){
		"Open":            func() (*File, error) { return Open(path) },
		"OpenFS":          func() (*File, error) { return OpenFS(fsys, "m.gguf") },
		"OpenFS plain":    func() (*File, error) { return OpenFS(plainFS{fsys}, "m.gguf") },
		"OpenFS of a dir": func() (*File, error) { return OpenFS(os.DirFS(filepath.Dir(path)), "m.gguf") },
		"OpenReaderAt":    func() (*File, error) { return readBytes(file) },
	}
}

func TestAllWaysToOpenAgree(t *testing.T) {
	for how, open := range openers(t, mustWrite(t, everyType(), someTensors())) {
		t.Run(how, func(t *testing.T) {
			f, err := open()
			if err != nil {
				t.Fatal(err)
			}
			checkTensorsEqual(t, f, someTensors())
			for i := range f.Tensors {
				f.Drop(&f.Tensors[i])
			}
			checkTensorsEqual(t, f, someTensors())
			for range 2 {
				if err := f.Close(); err != nil {
					t.Error(err)
				}
			}
			f.Drop(&f.Tensors[0])
			if _, err := f.Data(&f.Tensors[0]); how != "OpenFS" && how != "OpenReaderAt" && !errors.Is(err, os.ErrClosed) {
				t.Errorf("Data after Close: got %v, want os.ErrClosed", err)
			}
			if _, err := io.ReadAll(f.Reader(&f.Tensors[0])); how == "Open" && !errors.Is(err, os.ErrClosed) {
				t.Errorf("Reader after Close: got %v, want os.ErrClosed", err)
			}
		})
	}
}

func TestMissingFiles(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(filepath.Join(dir, "none.gguf")); !errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrFormat) {
		t.Errorf("missing: got %v", err)
	}
	if _, err := Open(dir); err == nil {
		t.Error("a directory was opened")
	}
	fsys := fstest.MapFS{"d/m.gguf": {}}
	for name, fsys := range map[string]fs.FS{"none.gguf": fsys, "d": fsys, ".": os.DirFS(dir)} {
		if f, err := OpenFS(fsys, name); err == nil || f != nil {
			t.Errorf("OpenFS %s: no error", name)
		}
	}
	if _, err := OpenFS(plainFS{fsys}, "d"); err == nil {
		t.Error("a directory was read")
	}
}

// A reader that has fewer bytes than its size is detected before anything is
// allocated.
func TestReaderAtShorterThanItsSize(t *testing.T) {
	file := mustWrite(t, everyType(), someTensors())
	for _, size := range []int64{int64(len(file)) + 1, 1 << 40, 1<<63 - 1, -1} {
		before := totalAlloc()
		_, err := OpenReaderAt(bytes.NewReader(file), size)
		if err == nil || totalAlloc()-before > 1<<20 {
			t.Errorf("size %d: got %v, %d bytes allocated", size, err, totalAlloc()-before)
		}
	}
}

// A tensor must not be allocated because a reader claims to be that large.
func TestReaderAtThatLies(t *testing.T) {
	const size = 1 << 45
	file := build(1, 0).tensor("t", i8, 0, size/2).raw(make([]byte, firstStep)...).b
	if _, err := OpenReaderAt(bytes.NewReader(file), size); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want %v", err, io.ErrUnexpectedEOF)
	}
}

// Tensors that a caller has changed are an error, not a read beyond the file.
func TestDataOutsideTheFile(t *testing.T) {
	for how, open := range openers(t, oneTensor("t", i8, 0, 64)) {
		f, err := open()
		if err != nil {
			t.Fatalf("%s: %v", how, err)
		}
		defer f.Close()
		for _, tn := range []Tensor{{Size: 1 << 40}, {Offset: 1 << 40}, {Offset: 1, Size: 1<<63 - 1}, {Offset: -1, Size: 1}, {Size: -1}} {
			if _, err := f.Data(&tn); err == nil {
				t.Errorf("%s: %d bytes at %d were read", how, tn.Size, tn.Offset)
			}
		}
	}
}

// failing is a reader in which every read of byte at fails with err.
type failing struct {
	*bytes.Reader
	at  int64
	err error
}

var errIO = errors.New("input/output error")

func (r failing) ReadAt(p []byte, off int64) (int, error) {
	if off <= r.at && r.at < off+int64(len(p)) {
		n, _ := r.Reader.ReadAt(p[:r.at-off], off)
		return n, r.err
	}
	return r.Reader.ReadAt(p, off)
}

// Errors of the reader are returned, wherever they happen.
func TestReadErrors(t *testing.T) {
	file := mustWrite(t, everyType(), append(someTensors(), WriteTensor{"big", 24, []uint64{200_000}, pieces(fill(200_000, 1), 1<<16)}))
	for at := int64(0); at < int64(len(file)); at += 997 {
		f, err := OpenReaderAt(failing{bytes.NewReader(file), at, errIO}, int64(len(file)))
		if err == nil {
			for i := range f.Tensors {
				tn := &f.Tensors[i]
				if _, err := f.Data(tn); (tn.Offset <= at && at < tn.Offset+tn.Size) != errors.Is(err, errIO) {
					t.Fatalf("byte %d, %s at %d: got %v", at, tn.Name, tn.Offset, err)
				}
			}
		} else if !errors.Is(err, errIO) || errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "at byte") {
			t.Fatalf("byte %d: got %v, want %v", at, err, errIO)
		}
		// A short read without an error breaks the contract of io.ReaderAt.
		if _, err := OpenReaderAt(failing{bytes.NewReader(file), at, nil}, int64(len(file))); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("byte %d: got %v, want %v", at, err, io.ErrUnexpectedEOF)
		}
	}
}

func TestTensorOfAnotherFilePanics(t *testing.T) {
	f, err := readBytes(build(0, 0).b)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	_, _ = f.Data(&Tensor{Part: 1})
}
