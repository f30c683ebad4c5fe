//go:build cgo && linux

package main

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/synth"
	"github.com/querent-ai/chord/quant"
	"github.com/querent-ai/chord/tales"
)

// need skips a test without a program; the CI has all of them.
func need(t testing.TB, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err == nil {
		return
	}
	if os.Getenv("CI") == "true" { // .ci/run installs what it needs
		t.Fatalf("there is no %s", name)
	}
	t.Skipf("there is no %s", name)
}

// command runs a program and returns what it prints.
func command(t testing.TB, name string, args ...string) string {
	t.Helper()
	return commandIn(t, ".", nil, name, args...)
}

// commandIn runs a program in a folder, with more environment.
func commandIn(t testing.TB, dir string, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	b, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, b)
	}
	return string(b)
}

// An install is what command build makes, with models.
type install struct {
	dir                      string
	model, adapter, reranker string // files
}

// newInstall makes the library and the models.
func newInstall(t testing.TB) install {
	t.Helper()
	dir := t.TempDir()
	i := install{filepath.Join(dir, "chord"), filepath.Join(dir, "model.gguf"), filepath.Join(dir, "adapter.gguf"), filepath.Join(dir, "reranker.gguf")}
	data, err := tales.FS.ReadFile(tales.Name)
	if err != nil {
		t.Fatal(err)
	}
	f, err := gguf.OpenReaderAt(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var adapter bytes.Buffer
	if err := synth.WriteAdapter(&adapter, f, synth.AdapterOptions{Rank: 8, Type: quant.F16, Seed: 1, Size: 0.3}); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{i.model: data, i.adapter: adapter.Bytes(), i.reranker: reranker(t, f)} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command(t, "go", "run", "./build", "-version", "1.2.3", "-o", i.dir)
	return i
}

// reranker returns f with a classification head of two labels.
func reranker(t testing.TB, f *gguf.File) []byte {
	t.Helper()
	dim, _, err := f.Int("llama.embedding_length")
	if err != nil {
		t.Fatal(err)
	}
	head := make([]byte, 0, 8*dim)
	for i := range 2 * dim {
		head = binary.LittleEndian.AppendUint32(head, math.Float32bits(float32(i%7-3)/16))
	}
	bytesOf := func(b []byte) func(w io.Writer) error {
		return func(w io.Writer) error { _, err := w.Write(b); return err }
	}
	tensors := []gguf.WriteTensor{{Name: "cls.output.weight", Type: quant.F32, Shape: []uint64{uint64(dim), 2}, Data: bytesOf(head)}}
	for i := range f.Tensors {
		x := &f.Tensors[i]
		data, err := f.Data(x)
		if err != nil {
			t.Fatal(err)
		}
		tensors = append(tensors, gguf.WriteTensor{Name: x.Name, Type: x.Type, Shape: x.Shape, Data: bytesOf(data)})
	}
	var b bytes.Buffer
	if err := gguf.Write(&b, append(slices.Clip(f.KV), gguf.KV{Key: "llama.pooling_type", Value: uint32(4)},
		gguf.KV{Key: "llama.classifier.output_labels", Value: []string{"yes", "no"}}), tensors); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// compile makes a program of a file, strictly, and returns its name.
func (i install) compile(t testing.TB, source, compiler string, args ...string) string {
	t.Helper()
	need(t, compiler)
	lib, out := filepath.Join(i.dir, "lib"), filepath.Join(t.TempDir(), "program")
	args = append(args, "-pedantic", "-Wall", "-Wextra", "-Werror", "-I"+filepath.Join(i.dir, "include"), source,
		"-x", "none", "-o", out, "-L"+lib, "-lchord", "-lpthread", "-Wl,-rpath,"+lib)
	command(t, compiler, args...)
	return out
}

// TestLibrary makes the library and calls it by programs in C, C++ and Python.
func TestLibrary(t *testing.T) {
	if testing.Short() {
		t.Skip("it links a library")
	}
	need(t, "gcc")
	i := newInstall(t)
	t.Run("exported", func(t *testing.T) { testExported(t, i) })
	for _, c := range []struct {
		name, source string
		compiler     []string
		args         []string
	}{
		{"C", "abi.c", []string{"gcc", "-std=c89"}, []string{i.model}},
		{"C++", "abi.c", []string{"g++", "-x", "c++"}, []string{i.model}},
		{"sessions", "session.c", []string{"gcc", "-std=c89", "-fsanitize=address,undefined"}, []string{i.model}},
		{"scores", "scores.c", []string{"gcc", "-std=c89", "-fsanitize=address,undefined"}, []string{i.model, i.adapter, i.reranker}},
		{"queue", "queue.c", []string{"gcc", "-std=c89", "-fsanitize=address,undefined"}, []string{i.model}},
		// Calls in each of 16 threads.
		{"random calls", "random.c", []string{"gcc", "-std=c89"}, []string{i.model, cmp.Or(os.Getenv("CHORD_RANDOM_CALLS"), "500")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			program := i.compile(t, filepath.Join("testdata", c.source), c.compiler[0], c.compiler[1:]...)
			if out := command(t, program, c.args...); !strings.HasSuffix(out, "all right\n") {
				t.Error(out)
			}
		})
	}
	t.Run("archive", func(t *testing.T) {
		out := filepath.Join(t.TempDir(), "program")
		command(t, "gcc", "-I"+filepath.Join(i.dir, "include"), "testdata/abi.c", filepath.Join(i.dir, "lib", "libchord.a"), "-lpthread", "-o", out)
		if out := command(t, out, i.model); !strings.HasSuffix(out, "all right\n") {
			t.Error(out)
		}
	})
	t.Run("pkg-config", func(t *testing.T) { testPkgConfig(t, i) })
	t.Run("CMake", func(t *testing.T) { testCMake(t, i) })
	t.Run("Rust", func(t *testing.T) { testRust(t, i) })
	t.Run("Zig", func(t *testing.T) { testZig(t, i) })
	t.Run("Python", func(t *testing.T) {
		if out := i.python(t, "testdata/package.py", i.model, i.adapter, i.reranker); out != "all right\n" {
			t.Error(out)
		}
	})
	t.Run("docs", func(t *testing.T) { testDocs(t, i) })
}

// python runs a program of Python with the package.
func (i install) python(t *testing.T, args ...string) string {
	t.Helper()
	need(t, "python3")
	env := []string{"PYTHONPATH=" + filepath.Join(i.dir, "python"), "PYTHONDONTWRITEBYTECODE=1"}
	return commandIn(t, ".", env, "python3", args...)
}

var (
	comment     = regexp.MustCompile(`(?s)/\*.*?\*/`)
	declaration = regexp.MustCompile(`(?m)^(?:const )?\w+[ *]+(chord_\w+)\(.*\);$`)
)

// testExported compares the interface of chord.h with testdata/abi.txt, and with what
// the library exports. A line of abi.txt that changes breaks programs: it needs another
// CHORD_ABI.
func testExported(t *testing.T, i install) {
	header, err := os.ReadFile(filepath.Join(i.dir, "include", "chord.h"))
	if err != nil {
		t.Fatal(err)
	}
	text := comment.ReplaceAllString(string(header), "")
	var names, lines []string
	for _, m := range declaration.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && (line[0] != '#' || strings.Contains(line, "CHORD_ABI")) {
			lines = append(lines, line)
		}
	}
	want, err := os.ReadFile("testdata/abi.txt")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(lines, "\n") + "\n"; got != string(want) {
		t.Errorf("chord.h declares\n%s\ntestdata/abi.txt has\n%s", got, want)
	}
	need(t, "nm")
	var exported []string
	for line := range strings.Lines(command(t, "nm", "-D", "--defined-only", filepath.Join(i.dir, "lib", "libchord.so"))) {
		if f := strings.Fields(line); len(f) == 3 && f[1] == "T" {
			exported = append(exported, strings.TrimSuffix(f[2], "@@CHORD_1"))
		}
	}
	if slices.Sort(names); !slices.Equal(exported, names) {
		t.Errorf("exported: %q\nwant %q", exported, names)
	}
}

// testPkgConfig compiles a program with the flags of pkg-config.
func testPkgConfig(t *testing.T, i install) {
	need(t, "pkg-config")
	env := []string{"PKG_CONFIG_PATH=" + filepath.Join(i.dir, "lib", "pkgconfig")}
	if v := commandIn(t, ".", env, "pkg-config", "--modversion", "chord"); v != "1.2.3\n" {
		t.Errorf("version %q", v)
	}
	flags := strings.Fields(commandIn(t, ".", env, "pkg-config", "--cflags", "--libs", "chord"))
	out := filepath.Join(t.TempDir(), "program")
	command(t, "gcc", append([]string{"testdata/abi.c", "-o", out}, flags...)...)
	env = []string{"LD_LIBRARY_PATH=" + filepath.Join(i.dir, "lib")}
	if out := commandIn(t, ".", env, out, i.model); !strings.HasSuffix(out, "all right\n") {
		t.Error(out)
	}
}

// testCMake builds the example of CMake, with the shared library and with the archive.
func testCMake(t *testing.T, i install) {
	need(t, "cmake")
	need(t, "make")
	dir := t.TempDir()
	command(t, "cmake", "-S", filepath.Join(i.dir, "share", "chord", "example"), "-B", dir, "-DCMAKE_PREFIX_PATH="+i.dir)
	command(t, "cmake", "--build", dir)
	for _, name := range []string{"story", "story-static"} {
		if out := command(t, filepath.Join(dir, name), i.model); !strings.HasPrefix(out, "Once upon a time") || len(out) < 40 {
			t.Errorf("%s says %q", name, out)
		}
	}
}

var fence = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")

// testDocs runs the examples of docs/c.md, which have at most ten lines each, with a
// model under the name that they use.
func testDocs(t *testing.T, i install) {
	page, err := os.ReadFile("../../docs/c.md")
	if err != nil {
		t.Fatal(err)
	}
	ran := map[string]int{}
	for _, m := range fence.FindAllStringSubmatch(string(page), -1) {
		lang, text := m[1], m[2]
		if lang == "sh" || lang == "text" { // tests of the root run it
			continue
		}
		ran[lang]++
		t.Run(lang, func(t *testing.T) {
			source := filepath.Join(t.TempDir(), "example."+map[string]string{"c": "c", "cpp": "cc", "python": "py"}[lang])
			if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			var out string
			switch lang {
			case "c":
				out = commandIn(t, filepath.Dir(i.model), nil, i.compile(t, source, "gcc"))
			case "cpp":
				out = commandIn(t, filepath.Dir(i.model), nil, i.compile(t, source, "g++"))
			case "python":
				need(t, "python3")
				env := []string{"PYTHONPATH=" + filepath.Join(i.dir, "python"), "PYTHONDONTWRITEBYTECODE=1"}
				out = commandIn(t, filepath.Dir(i.model), env, "python3", source)
			default:
				t.Fatalf("code in language %q", lang)
			}
			if len(out) < 20 {
				t.Errorf("it prints %q", out)
			}
			if n := strings.Count(text, "\n"); n > 10 {
				t.Errorf("%d lines, want at most 10", n)
			}
		})
	}
	for _, lang := range []string{"c", "cpp", "python"} {
		if ran[lang] == 0 {
			t.Errorf("no example in %s", lang)
		}
	}
}

// TestHandleError wants the text and the status of a handle that is closed, also when
// another error has it.
func TestHandleError(t *testing.T) {
	err := error(&handleError{7, "stream"})
	if got, want := err.Error(), "no such handle: 7 is no stream"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, err := range []error{err, fmt.Errorf("chord_next: %w", err)} {
		if got := statusOf(err); got != statusHandle {
			t.Errorf("%v: status %d", err, got)
		}
	}
}

// TestTable gives no number twice.
func TestTable(t *testing.T) {
	var all table
	a := all.add("a")
	if _, ok := remove[int](&all, a); ok || all.lookup(a) != "a" {
		t.Error("a text was removed as a number")
	}
	if v, ok := remove[string](&all, a); !ok || v != "a" || all.lookup(a) != nil {
		t.Errorf("removed %q, %v", v, ok)
	}
	if b := all.add("b"); a == 0 || b == a {
		t.Errorf("numbers %d, %d", a, b)
	}
}
