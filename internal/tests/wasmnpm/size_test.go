package wasmnpm

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What a page fetches stays small: brotli makes about a fifth of it.
func TestSize(t *testing.T) {
	dir := filepath.Join(project(t), "node_modules/@querent-ai/wasm-chord/dist")
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	size := 0
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(f.Name(), ".gguf") {
			size += int(info.Size())
		}
	}
	const most = 14 << 20
	t.Logf("%d bytes", size)
	if size > most {
		t.Errorf("%d bytes, at most %d: 2.1 MB compressed become more", size, most)
	}
}
