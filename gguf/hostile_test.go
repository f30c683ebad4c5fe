package gguf

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
)

// A hostile file must give an error with want in it, or open if want is "".
type hostile struct {
	name string
	file []byte
	want string
}

// mostAlloc is the most bytes that opening a hostile file of a few KB allocates.
const mostAlloc = 16 << 20

// testHostile opens every file in all three ways and wants the same result.
func testHostile(t *testing.T, tests []hostile) {
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "bad.gguf")
			if err := os.WriteFile(path, tt.file, 0o600); err != nil {
				t.Fatal(err)
			}
			fsys := fstest.MapFS{"bad.gguf": {Data: tt.file}}
			checkHostile(t, "Open", path, tt.want, func() (*File, error) { return Open(path) })
			checkHostile(t, "OpenFS", "bad.gguf", tt.want, func() (*File, error) { return OpenFS(fsys, "bad.gguf") })
			checkHostile(t, "OpenReaderAt", "", tt.want, func() (*File, error) { return readBytes(tt.file) })
		})
	}
}

// checkHostile opens a file and checks error and memory.
func checkHostile(t *testing.T, how, file, want string, open func() (*File, error)) {
	t.Helper()
	before := totalAlloc()
	f, err := open()
	if n := totalAlloc() - before; n > mostAlloc {
		t.Fatalf("%s: %d bytes allocated", how, n)
	}
	if f != nil {
		defer f.Close()
	}
	if want == "" {
		if err != nil {
			t.Fatalf("%s: got %v, want no error", how, err)
		}
		return
	}
	switch {
	case f != nil || err == nil:
		t.Fatalf("%s: opened, want an error with %q", how, want)
	case !errors.Is(err, ErrFormat):
		t.Fatalf("%s: %v is not ErrFormat", how, err)
	case !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), file):
		t.Fatalf("%s: got %v, want %q and the file's name", how, err, want)
	case !strings.Contains(err.Error(), "at byte ") && !strings.Contains(err.Error(), "the file is empty") && !strings.Contains(err.Error(), "incomplete"):
		t.Fatalf("%s: %v does not say where", how, err)
	}
}

func totalAlloc() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// checkSound checks what the reader promises of an opened file: every tensor has
// as many bytes as its shape needs, and shares none with another.
func checkSound(f *File, size int64) error {
	taken := make([]bool, size)
	for i := range f.Tensors {
		t := &f.Tensors[i]
		d, err := f.Data(t)
		if err != nil || int64(len(d)) != t.Size || t.Offset < 0 || t.Offset+t.Size > size {
			return fmt.Errorf("%s: %d bytes of %d at %d: %v", t.Name, len(d), t.Size, t.Offset, err)
		}
		if n := t.Elems() / int64(t.Type.BlockElems()) * int64(t.Type.BlockBytes()); n != t.Size {
			return fmt.Errorf("%s: %d bytes for %d %s", t.Name, t.Size, t.Shape, t.Type)
		}
		for at := t.Offset; at < t.Offset+t.Size; at++ {
			if taken[at] {
				return fmt.Errorf("%s: byte %d is in another tensor too", t.Name, at)
			}
			taken[at] = true
		}
	}
	return nil
}

// checkRewrite checks that f, written, read and written again, gives the same bytes.
func checkRewrite(f *File) error {
	once, err := rewrite(f)
	if err != nil {
		return err
	}
	g, err := readBytes(once)
	if err != nil {
		return err
	}
	twice, err := rewrite(g)
	if err != nil || !bytes.Equal(once, twice) {
		return fmt.Errorf("written twice, %d and %d bytes: %v", len(once), len(twice), err)
	}
	if len(g.KV) != len(f.KV) || len(g.Tensors) != len(f.Tensors) {
		return fmt.Errorf("%d keys and %d tensors became %d and %d", len(f.KV), len(f.Tensors), len(g.KV), len(g.Tensors))
	}
	return nil
}
