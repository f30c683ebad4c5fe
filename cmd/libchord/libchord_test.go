//go:build cgo && linux

package main

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// command runs a program and returns what it prints.
func command(t *testing.T, name string, args ...string) string {
	t.Helper()
	b, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, b)
	}
	return string(b)
}

// TestLibrary builds the shared library, looks at what it exports, and runs a program
// in C, which is also C++, that calls all of it, and one that makes random calls from
// 16 threads, CHORD_RANDOM_CALLS in each.
func TestLibrary(t *testing.T) {
	if testing.Short() {
		t.Skip("it links a library")
	}
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("there is no C compiler")
	}
	dir := t.TempDir()
	script, err := filepath.Abs("chord.map")
	if err != nil {
		t.Fatal(err)
	}
	lib, program := filepath.Join(dir, "libchord.so"), filepath.Join(dir, "abi")
	command(t, "go", "build", "-buildmode=c-shared", "-ldflags", "-extldflags=-Wl,--version-script="+script, "-o", lib, ".")
	var exported []string
	for line := range strings.Lines(command(t, "nm", "-D", "--defined-only", lib)) {
		if f := strings.Fields(line); len(f) == 3 && f[1] == "T" {
			exported = append(exported, strings.TrimSuffix(f[2], "@@CHORD_1"))
		}
	}
	want := []string{
		"chord_abi", "chord_cancel", "chord_chat", "chord_close", "chord_detokenize", "chord_each", "chord_embed", "chord_free",
		"chord_generate", "chord_info", "chord_last_error", "chord_metrics", "chord_next", "chord_open", "chord_open_memory",
		"chord_tokenize", "chord_version",
	}
	if !slices.Equal(exported, want) {
		t.Errorf("exported: %q\nwant %q", exported, want)
	}
	model, err := filepath.Glob("../../tales/*.gguf")
	if err != nil || len(model) != 1 {
		t.Fatalf("%d models, %v", len(model), err)
	}
	strict := []string{"-pedantic", "-Wall", "-Wextra", "-Werror", "-I.", "testdata/abi.c", "-o", program, "-L" + dir, "-lchord", "-Wl,-rpath," + dir}
	for _, compiler := range [][]string{{"gcc", "-std=c89"}, {"g++", "-x", "c++"}} {
		if _, err := exec.LookPath(compiler[0]); err != nil {
			t.Logf("there is no %s", compiler[0])
			continue
		}
		args := append(slices.Clone(compiler[1:]), strict...)
		if compiler[0] == "g++" { // what follows the source is no C++
			args = slices.Insert(args, slices.Index(args, "testdata/abi.c")+1, "-x", "none")
		}
		command(t, compiler[0], args...)
		if out := command(t, program, model[0]); !strings.HasSuffix(out, "all right\n") {
			t.Errorf("%s: %s", compiler[0], out)
		}
	}
	random := filepath.Join(dir, "random")
	command(t, "gcc", "-std=c89", "-pedantic", "-Wall", "-Wextra", "-Werror", "-I.", "testdata/random.c", "-o", random, "-L"+dir, "-lchord", "-lpthread", "-Wl,-rpath,"+dir)
	if out := command(t, random, model[0], cmp.Or(os.Getenv("CHORD_RANDOM_CALLS"), "1250")); out != "all right\n" {
		t.Errorf("random calls: %s", out)
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
