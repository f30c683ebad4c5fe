// Command build makes the C library and what programs find it by:
//
//	go run ./cmd/libchord/build [-version VERSION] [-o FOLDER]
//
// writes include/chord.h, the shared library and the archive in lib, a file for
// pkg-config in lib/pkgconfig, a package for CMake in lib/cmake, and a package for
// Python in python. The folder can be moved: its files find each other. It needs Linux
// or macOS and a C compiler.
package main

import (
	"cmp"
	"embed"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

//go:embed all:files
var files embed.FS

func main() {
	var b builder
	flag.StringVar(&b.out, "o", "libchord", "the folder to write to")
	flag.StringVar(&b.version, "version", "0.0.0", "the version for pkg-config, CMake and Python")
	flag.Parse()
	if err := b.run(); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

// A builder says what is built.
type builder struct {
	out, version string
	source       string // folder of package libchord
}

// A library is how the library is called on a system.
type library struct {
	file, link string // link is what the linker looks for
	flags      string // for the linker
}

// library returns that of this system.
func (b *builder) library() (library, error) {
	switch runtime.GOOS {
	case "linux":
		return library{"libchord.so.1", "libchord.so", "-Wl,-soname,libchord.so.1,--version-script=" + filepath.Join(b.source, "chord.map")}, nil
	case "darwin":
		return library{"libchord.1.dylib", "libchord.dylib", "-Wl,-install_name,@rpath/libchord.1.dylib"}, nil
	}
	return library{}, fmt.Errorf("%s: only Linux and macOS; see package libchord for go build", runtime.GOOS)
}

func (b *builder) run() error {
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/querent-ai/chord/cmd/libchord").Output()
	if err != nil {
		return fmt.Errorf("go list: %w", err)
	}
	b.source = strings.TrimSpace(string(out))
	if b.out, err = filepath.Abs(b.out); err != nil {
		return err
	}
	l, err := b.library()
	if err != nil {
		return err
	}
	lib := filepath.Join(b.out, "lib")
	if err := os.MkdirAll(lib, 0o755); err != nil {
		return err
	}
	link := filepath.Join(lib, l.link)
	if err := os.Remove(link); err != nil && !os.IsNotExist(err) {
		return err
	}
	if err := b.build("c-shared", filepath.Join(lib, l.file), "-ldflags=-s -w -extldflags="+l.flags); err != nil {
		return err
	}
	if err := b.build("c-archive", filepath.Join(lib, "libchord.a"), "-ldflags=-s -w"); err != nil {
		return err
	}
	return cmp.Or(os.Symlink(l.file, link), b.header(), fs.WalkDir(files, "files", b.file))
}

// build is go build, without the header that it writes too.
func (b *builder) build(mode, out string, args ...string) error {
	args = append([]string{"build", "-trimpath", "-buildmode=" + mode, "-o", out}, args...)
	cmd := exec.Command("go", append(args, ".")...)
	cmd.Dir, cmd.Env, cmd.Stderr = b.source, append(os.Environ(), "CGO_ENABLED=1"), os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go build -buildmode=%s: %w", mode, err)
	}
	header := strings.TrimSuffix(out, filepath.Ext(out)) + ".h"
	if err := os.Remove(header); err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}

// header copies chord.h.
func (b *builder) header() error {
	text, err := os.ReadFile(filepath.Join(b.source, "chord.h"))
	if err != nil {
		return err
	}
	return b.write("include/chord.h", text)
}

// file writes an embedded file.
func (b *builder) file(name string, d fs.DirEntry, err error) error {
	if err != nil || d.IsDir() {
		return err
	}
	text, err := files.ReadFile(name)
	if err != nil {
		return err
	}
	return b.write(strings.TrimPrefix(name, "files/"), []byte(strings.ReplaceAll(string(text), "@VERSION@", b.version)))
}

// write writes a file of the folder.
func (b *builder) write(name string, text []byte) error {
	name = filepath.Join(b.out, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, text, 0o644)
}
