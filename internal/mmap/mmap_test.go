package mmap

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// pattern returns n bytes that differ from page to page.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>12)
	}
	return b
}

func writeFile(t *testing.T, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestViewShowsTheFile(t *testing.T) {
	page := os.Getpagesize()
	for _, n := range []int{0, 1, page - 1, page, page + 1, 5*page + 17} {
		want := pattern(n)
		v, err := Open(writeFile(t, want))
		if err != nil {
			t.Fatalf("n=%d: %v", n, err)
		}
		if !bytes.Equal(v.Bytes(), want) {
			t.Errorf("n=%d: view differs from the file", n)
		}
		for _, r := range [][2]int{{0, 0}, {0, n}, {n, n}, {n / 3, n / 2}, {min(1, n), n}} {
			v.Drop(r[0], r[1])
		}
		if !bytes.Equal(v.Bytes(), want) {
			t.Errorf("n=%d: view differs after Drop", n)
		}
		for range 2 {
			if err := v.Close(); err != nil {
				t.Errorf("n=%d: Close: %v", n, err)
			}
		}
		if v.Bytes() != nil || v.Mapped() {
			t.Errorf("n=%d: closed view still shows bytes", n)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: got %v, want fs.ErrNotExist", err)
	}
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("a directory was opened")
	}
}

func TestWrongCallsPanic(t *testing.T) {
	v, err := Open(writeFile(t, pattern(10)))
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	block, err := Alloc(10)
	if err != nil {
		t.Fatal(err)
	}
	defer Free(block)
	for name, call := range map[string]func(){
		"Drop below":     func() { v.Drop(-1, 3) },
		"Drop above":     func() { v.Drop(0, 11) },
		"Drop backwards": func() { v.Drop(3, 2) },
		"Alloc negative": func() { Alloc(-1) },
		"Free foreign":   func() { Free(make([]byte, 3)) },
		"Free inside":    func() { Free(block[1:]) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			call()
		})
	}
}
