package gguf

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/querent-ai/chord/internal/mmap"
	"github.com/querent-ai/chord/quant"
)

// bigTensor is a file whose only tensor has several pages.
func bigTensor(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "m.gguf")
	file := mustWrite(t, nil, []WriteTensor{{Name: "t", Type: quant.I8, Shape: []uint64{1 << 16}, Data: func(w io.Writer) error {
		_, err := w.Write(make([]byte, 1<<16))
		return err
	}}})
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// If a file is cut short while it is open, whatever reads it returns an error:
// this process or, when it writes from the mapping, the system.
func TestCutWhileOpen(t *testing.T) {
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	for name, read := range map[string]func(f *File) error{
		"Reader": func(f *File) error {
			_, err := io.Copy(io.Discard, f.Reader(&f.Tensors[0]))
			return err
		},
		"Write, converted": func(f *File) error {
			return writeAs(f, io.Discard, func(data []byte) []byte { return append([]byte{}, data...) })
		},
		"Write, as it is": func(f *File) error {
			return writeAs(f, out, func(data []byte) []byte { return data })
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := bigTensor(t)
			f := mustOpen(t, path)
			if err := os.Truncate(path, 4096); err != nil {
				t.Fatal(err)
			}
			if err := read(f); !errors.Is(err, ErrFault) {
				t.Errorf("got %v, want ErrFault", err)
			}
		})
	}
}

// writeAs writes f's tensor to w, converted.
func writeAs(f *File, w io.Writer, convert func([]byte) []byte) error {
	t := &f.Tensors[0]
	return Write(w, nil, []WriteTensor{{Name: "t", Type: t.Type, Shape: t.Shape, Data: func(w io.Writer) error {
		data, err := f.Data(t)
		if err == nil {
			_, err = w.Write(convert(data))
		}
		return err
	}}})
}

// A file that is cut short while its metadata are read is an error too.
func TestCutBeforeParsing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.gguf")
	kv := []KV{{"k", strings.Repeat("x", 1<<16)}}
	if err := os.WriteFile(path, mustWrite(t, kv, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	v, err := mmap.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if err := os.Truncate(path, 4096); err != nil {
		t.Fatal(err)
	}
	if _, err := parse(viewSource(path, v)); !errors.Is(err, ErrFault) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want ErrFault and the name", err)
	}
}

// What is not a regular file is an error, and opening a pipe does not wait for a
// writer.
func TestPipesAreRefused(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "m"+splitSuffix(0, 2)), filepath.Join(dir, "m"+splitSuffix(1, 2))
	if err := errors.Join(os.WriteFile(first, part(t, 0, 2, 2, "t0"), 0o600), syscall.Mkfifo(second, 0o600)); err != nil {
		t.Fatal(err)
	}
	for name, open := range map[string]func() (*File, error){
		"path":   func() (*File, error) { return Open(second) },
		"folder": func() (*File, error) { return OpenFS(os.DirFS(dir), filepath.Base(second)) },
		"part":   func() (*File, error) { return Open(first) },
		"device": func() (*File, error) { return Open(os.DevNull) },
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := open(); err == nil || !strings.Contains(err.Error(), "not a regular file") {
				t.Errorf("got %v, want: not a regular file", err)
			}
		})
	}
}
