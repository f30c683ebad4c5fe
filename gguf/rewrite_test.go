package gguf

import (
	"bytes"
	"io"
	"path"
	"testing"

	"github.com/querent-ai/chord/internal/fixtures"
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

// Files that llama.cpp's tools have written are written again byte for byte, so
// nothing in them is lost.
func TestRewriteIsEqual(t *testing.T) {
	for _, name := range realFiles(t) {
		t.Run(path.Base(name), func(t *testing.T) {
			want := fixtures.Read(t, name)
			got, err := rewrite(mustOpen(t, fixtures.Path(t, name)))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("got %d bytes that differ from the file's %d", len(got), len(want))
			}
		})
	}
}
