package safetensors

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/querent-ai/chord/internal/mmap"
)

// TestCutShort wants an error if a file is cut short while its header is read.
func TestCutShort(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := os.WriteFile(path, file("{"+strings.Repeat(" ", 1<<16)+"}", 0), 0o600); err != nil {
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
	if _, err := parse(v.Bytes()); !errors.Is(err, mmap.ErrFault) {
		t.Errorf("got %v, want mmap.ErrFault", err)
	}
}

// TestOnlyFiles wants pipes in a model's folder to be an error, without waiting.
func TestOnlyFiles(t *testing.T) {
	for _, name := range []string{"model.safetensors", "model.safetensors.index.json"} {
		dir := t.TempDir()
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenFolder(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%s: got %v, want: not a regular file", name, err)
		}
	}
}
