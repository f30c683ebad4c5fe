//go:build cgo && linux

package main

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/tales"
)

// BenchmarkCall times calls of the library from C: what it costs to go to Go and back,
// beside the little that these functions do.
func BenchmarkCall(b *testing.B) {
	i := newInstall(b)
	program := i.compile(b, "testdata/speed.c", "gcc", "-std=c89", "-O2")
	for b.Loop() {
		for line := range strings.Lines(command(b, program, i.model)) {
			name, ns, _ := strings.Cut(strings.TrimSpace(line), " ")
			v, err := strconv.ParseFloat(ns, 64)
			if err != nil {
				b.Fatalf("%q: %v", line, err)
			}
			b.ReportMetric(v, name+"-ns")
		}
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkGenerate compares a text that C gets with the same one in Go, in turn; it
// reports the medians and by how much C is slower.
func BenchmarkGenerate(b *testing.B) {
	const tokens = 200
	i := newInstall(b)
	c := exec.CommandContext(b.Context(), i.compile(b, "testdata/speed.c", "gcc", "-std=c89", "-O2"), i.model, strconv.Itoa(tokens))
	in, err := c.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{Threads: 1})
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	lines := bufio.NewScanner(out)
	var inC, inGo []float64
	for b.Loop() {
		for range 5 {
			inC = append(inC, textInC(b, in, lines))
			inGo = append(inGo, textInGo(b, m, tokens))
		}
	}
	if err := in.Close(); err != nil {
		b.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		b.Fatal(err)
	}
	slices.Sort(inC)
	slices.Sort(inGo)
	medianC, medianGo := inC[len(inC)/2], inGo[len(inGo)/2]
	b.ReportMetric(medianC/tokens, "c-ns/token")
	b.ReportMetric(medianGo/tokens, "go-ns/token")
	b.ReportMetric(100*(medianC/medianGo-1), "%slower")
	b.ReportMetric(0, "ns/op")
}

// textInC is the nanoseconds of a text of the program.
func textInC(b *testing.B, in io.Writer, lines *bufio.Scanner) float64 {
	b.Helper()
	if _, err := fmt.Fprintln(in); err != nil {
		b.Fatal(err)
	}
	if !lines.Scan() {
		b.Fatalf("the program has ended: %v", lines.Err())
	}
	ns, err := strconv.ParseFloat(lines.Text(), 64)
	if err != nil {
		b.Fatal(err)
	}
	return ns
}

// textInGo is the nanoseconds of the same text here.
func textInGo(b *testing.B, m *chord.Model, tokens int) float64 {
	b.Helper()
	start := time.Now()
	for _, err := range m.Generate(b.Context(), "Once upon a time", chord.Params{Temperature: chord.Greedy, MaxTokens: tokens, IgnoreEOS: true}) {
		if err != nil {
			b.Fatal(err)
		}
	}
	return float64(time.Since(start))
}

// testRust builds the example in Rust.
func testRust(t *testing.T, i install) {
	need(t, "rustc")
	lib, out := filepath.Join(i.dir, "lib"), filepath.Join(t.TempDir(), "story")
	command(t, "rustc", "--edition", "2021", "-O", "-D", "warnings", "-L", lib, "-C", "link-arg=-Wl,-rpath,"+lib, "-o", out,
		filepath.Join(i.dir, "share", "chord", "example", "story.rs"))
	checkStory(t, i, out)
}

// testZig builds the example in Zig.
func testZig(t *testing.T, i install) {
	need(t, "zig")
	dir, lib := t.TempDir(), filepath.Join(i.dir, "lib")
	out, cache := filepath.Join(dir, "story"), filepath.Join(dir, "cache")
	command(t, "zig", "build-exe", filepath.Join(i.dir, "share", "chord", "example", "story.zig"), "-lc", "-L", lib, "-lchord", "-rpath", lib,
		"-femit-bin="+out, "--cache-dir", cache, "--global-cache-dir", cache)
	checkStory(t, i, out)
}

// checkStory wants a program to tell a story, and to say which model is not there.
func checkStory(t *testing.T, i install, program string) {
	t.Helper()
	if story := command(t, program, i.model); !strings.HasPrefix(story, "Once upon a time") || len(story) < 40 {
		t.Errorf("it says %q", story)
	}
	if story, err := exec.CommandContext(t.Context(), program, "none.gguf").CombinedOutput(); err == nil || !strings.Contains(string(story), "none.gguf") {
		t.Errorf("without a model: %v, %q", err, story)
	}
}
