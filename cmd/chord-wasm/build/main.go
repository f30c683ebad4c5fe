// Command build makes chord for browsers and Node, and runs programs of Go like that.
//
//	go run ./cmd/chord-wasm/build [-threads] [-o FOLDER] [PACKAGE]
//
// writes the program chord.wasm, of package ./cmd/chord-wasm if none is named, its
// kernels.wasm, wasm_exec.js, the modules that start it, and demo.gguf, a small model. With -threads their
// memory is shared, which browsers allow to pages that are isolated from other
// origins.
//
//	go run ./cmd/chord-wasm/build -npm FOLDER
//
// completes the package of folder npm, or of a copy of it, for npm pack.
//
//	go run ./cmd/chord-wasm/build -web FOLDER
//
// writes the web demo, files for any host of web pages, to a folder, or to an archive if
// the name ends in .zip.
//
//	GOOS=js GOARCH=wasm go test -tags wasmkernels -exec 'build -run 1' ./simd
//
// runs a program of Go's linker, here a test, in Node, with the given number of
// threads; build is this command.
package main

import (
	"embed"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/querent-ai/chord/internal/wasmlink"
	"github.com/querent-ai/chord/tales"
)

//go:embed *.mjs
var modules embed.FS

func main() {
	var b builder
	flag.BoolVar(&b.shared, "threads", false, "memory is shared, for threads")
	flag.StringVar(&b.out, "o", "chord-wasm", "the folder to write to")
	folder := flag.String("npm", "", "complete the npm package in this folder")
	demo := flag.String("web", "", "write the web demo to this folder or .zip file")
	threads := flag.Int("run", 0, "run the program that follows with this number of threads")
	flag.Parse()
	err := error(nil)
	switch {
	case *threads > 0:
		err = b.run(*threads, flag.Args())
	case *folder != "":
		err = pack(*folder)
	case *demo != "":
		err = buildWeb(*demo)
	default:
		err = b.build(flag.Arg(0))
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		os.Exit(exit.ExitCode())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

// A builder says what is built.
type builder struct {
	shared bool
	strip  bool   // without what only traces of goroutines need
	out    string // folder
}

// build builds a package.
func (b *builder) build(pkg string) error {
	if pkg == "" {
		pkg = "github.com/querent-ai/chord/cmd/chord-wasm"
	}
	if err := os.MkdirAll(b.out, 0o755); err != nil {
		return err
	}
	program := filepath.Join(b.out, "chord.wasm")
	c := exec.Command("go", "build", "-tags", "wasmkernels", "-trimpath", "-ldflags", "-s -w", "-o", program, pkg)
	c.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	c.Stderr = os.Stderr
	if err := c.Run(); err != nil {
		return fmt.Errorf("go build %s: %w", pkg, err)
	}
	demo, err := tales.FS.ReadFile(tales.Name)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(b.out, "demo.gguf"), demo, 0o644); err != nil {
		return err
	}
	return b.link(program)
}

// link writes a program as it shares its memory, and all that it needs, to the
// folder.
func (b *builder) link(program string) error {
	module, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	if module, err = wasmlink.ImportMemory(module, b.shared); err == nil && b.strip {
		module, err = wasmlink.StripLines(module)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", program, err)
	}
	kernels, err := kernels(map[bool]string{false: "plain", true: "shared"}[b.shared])
	if err != nil {
		return err
	}
	js, err := wasmExec()
	if err != nil {
		return err
	}
	files := map[string][]byte{"chord.wasm": module, "kernels.wasm": kernels, "wasm_exec.js": js}
	for _, name := range []string{"chord.mjs", "node.mjs", "browser.mjs", "thread.mjs"} {
		if files[name], err = modules.ReadFile(name); err != nil {
			return err
		}
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(b.out, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// kernels is the module of kernels of a variant: "plain" for memory of one thread, "shared",
// or "far" for weights in a memory beside it.
func kernels(variant string) ([]byte, error) {
	root, err := source()
	if err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(root, "asm", "wasm", variant+".wasm"))
}

// goRoot is the folder of the Go that builds.
func goRoot() (string, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env: %w", err)
	}
	return strings.TrimSpace(string(root)), nil
}

// wasmExec is the patched wasm_exec.js of the Go that builds.
func wasmExec() ([]byte, error) {
	root, err := goRoot()
	if err != nil {
		return nil, err
	}
	js, err := os.ReadFile(filepath.Join(root, "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		return nil, err
	}
	return wasmlink.PatchExec(js)
}

// source is chord's folder.
func source() (string, error) {
	c := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/querent-ai/chord/simd")
	c.Stderr = os.Stderr
	dir, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("go list: %w", err)
	}
	return filepath.Dir(strings.TrimSpace(string(dir))), nil
}

// run runs a program in Node.
func (b *builder) run(threads int, args []string) error {
	if len(args) == 0 {
		return errors.New("no program to run")
	}
	dir, err := os.MkdirTemp("", "chord-wasm")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b.out, b.shared = dir, threads > 1
	if err := b.link(args[0]); err != nil {
		return err
	}
	node := []string{"--stack-size=8192", filepath.Join(dir, "node.mjs"), filepath.Join(dir, "chord.wasm"), filepath.Join(dir, "kernels.wasm"), strconv.Itoa(threads)}
	c := exec.Command("node", append(node, args[1:]...)...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	return c.Run()
}
