package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// simd's tables are what the rows of package layout say.
func TestFiles(t *testing.T) {
	for name, want := range files() {
		got, err := os.ReadFile(filepath.Join("..", "..", "simd", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("simd/%s is not what gen/layout says: run go generate ./...", name)
		}
	}
}
