package gguf

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// rewrite reads a file and writes it again.
func rewrite(f *File) ([]byte, error) {
	tensors := make([]WriteTensor, len(f.Tensors))
	for i := range f.Tensors {
		t := &f.Tensors[i]
		tensors[i] = WriteTensor{t.Name, t.Type, t.Shape, func(w io.Writer) error {
			_, err := io.Copy(w, f.Reader(t))
			return err
		}}
	}
	var b bytes.Buffer
	err := Write(&b, f.KV, tensors)
	return b.Bytes(), err
}

// What llama.cpp's tools have written comes out byte for byte, so nothing of it is lost.
func TestRewriteIsEqual(t *testing.T) {
	for _, path := range realFiles(t, "models/*.gguf", "real/*.gguf", "zoo/*.gguf", "vocab/*.gguf") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got, err := rewrite(mustOpen(t, path))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("got %d bytes that differ from the file's %d", len(got), len(want))
			}
		})
	}
}
