package simd_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// The example builds and runs in a module that is not this one, which can name
// no internal package.
func TestFromOutside(t *testing.T) {
	if runtime.GOOS == "js" || runtime.GOOS == "wasip1" {
		t.Skip("it runs the go command")
	}
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("it needs the go command")
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	mod := bytes.Replace(read(t, "../go.mod"), []byte("module github.com/querent-ai/chord\n"), []byte("module example.com/outside\n"), 1)
	mod = append(mod, "\nrequire github.com/querent-ai/chord v0.0.0\n\nreplace github.com/querent-ai/chord => "+strconv.Quote(root)+"\n"...)
	for name, b := range map[string][]byte{"go.mod": mod, "go.sum": read(t, "../go.sum"), "example_test.go": read(t, "example_test.go")} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(goTool, "test", "-run", "^Example$", "-v", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS="+os.Getenv("GOFLAGS")+" -mod=mod", "GOPROXY=off", "GOSUMDB=off", "GOWORK=off", "GOOS=", "GOARCH=")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: Example ") {
		t.Errorf("%v\n%s", err, out)
	}
}

// read returns the bytes of a file.
func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
