// Command build makes chord's component of WebAssembly, for the world engine of
// wit/chord.wit:
//
//	go run ./cmd/chord-component/build [-o FILE]
//
// It needs Go and nothing else. The version of the interface is that of wit/chord.wit.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/querent-ai/chord/internal/component"
	iwit "github.com/querent-ai/chord/internal/wit"
	"github.com/querent-ai/chord/wit"
)

func main() {
	out := flag.String("o", "chord.component.wasm", "the file to write")
	flag.Parse()
	if err := build(*out); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

// build writes the component.
func build(out string) error {
	packages, err := iwit.Load(wit.FS)
	if err != nil {
		return err
	}
	kernels, err := kernels()
	if err != nil {
		return err
	}
	program, err := program()
	if err != nil {
		return err
	}
	b, err := component.Make(component.Parts{Packages: packages, World: "engine", Program: program, Kernels: kernels})
	if err != nil {
		return err
	}
	return os.WriteFile(out, b, 0o644)
}

// program is what Go links.
func program() ([]byte, error) {
	dir, err := os.MkdirTemp("", "chord-component")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "program.wasm")
	c := exec.Command("go", "build", "-buildmode=c-shared", "-tags", "wasmkernels", "-trimpath", "-ldflags", "-s -w", "-o", file,
		"github.com/querent-ai/chord/cmd/chord-component")
	c.Env, c.Stderr = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm"), os.Stderr
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("go build: %w", err)
	}
	return os.ReadFile(file)
}

// kernels is the module of kernels.
func kernels() ([]byte, error) {
	c := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/querent-ai/chord/simd")
	c.Stderr = os.Stderr
	dir, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	return os.ReadFile(filepath.Join(filepath.Dir(strings.TrimSpace(string(dir))), "asm", "wasm", "plain.wasm"))
}
