package wasmnpm

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/querent-ai/chord"
)

// runtimes are the packages of npm with the programs of others than Node, for Linux on amd64.
var runtimes = []string{"@deno/linux-x64-glibc@2.9.6", "@oven/bun-linux-x64@1.4.5"}

// The package does in Deno and in Bun what it does in Node.
func TestRuntimes(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the packages have programs for Linux on amd64")
	}
	dir := project(t)
	text := demo(t, chord.Params{Seed: 7, MaxTokens: 20}).Text
	program, err := os.ReadFile("testdata/runtimes.mjs")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "runtimes.mjs", program)
	write(t, dir, "damaged.gguf", bytes.Repeat([]byte("GGUF"), 1000))
	folder := t.TempDir()
	install := exec.CommandContext(t.Context(), "npm", append([]string{"install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"}, runtimes...)...)
	if out, err := install.CombinedOutput(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("npm cannot install the runtimes: %v\n%s", err, out)
		}
		t.Skipf("npm cannot install the runtimes: %v\n%s", err, out)
	}
	for _, c := range []struct {
		name    string
		command []string
		far     bool // it has a memory with addresses of 64 bits
	}{
		{"deno", []string{filepath.Join(folder, "node_modules/@deno/linux-x64-glibc/deno"), "run", "-A"}, true},
		{"bun", []string{filepath.Join(folder, "node_modules/@oven/bun-linux-x64/bin/bun")}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := map[string]any{"runtime": true, "damaged": "format", "missing": "source", "memory64": "unsupported"}
			if c.far {
				want["memory64"] = text
			}
			for _, threads := range []string{", threads=1", ", threads=3"} {
				want["text"+threads], want["streamed"+threads] = text, text
				want["aborted"+threads], want["session"+threads], want["closed"+threads] = "aborted", true, "closed"
			}
			args := append(c.command[1:], "runtimes.mjs", c.name, "damaged.gguf")
			check(t, values(t, run(t, dir, c.command[0], args...)), want)
		})
	}
}
