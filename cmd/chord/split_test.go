package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
)

// fileBytes returns the content of a file.
func fileBytes(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// parted splits the model called in and returns the names of the parts.
func parted(t *testing.T, in string, args ...string) []string {
	t.Helper()
	dir := t.TempDir()
	args = append([]string{"split"}, args...)
	if r := do(t, "", append(args, in, filepath.Join(dir, "m"))...); r.code != 0 || r.out != "" {
		t.Fatalf("%q: exit %d, %q", args, r.code, r.stderr)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		if want := fmt.Sprintf("m-%05d-of-%05d.gguf", i+1, len(names)); filepath.Base(name) != want {
			t.Errorf("%q: file %s, want %s", args, filepath.Base(name), want)
		}
	}
	return names
}

// TestSplit wants the same bytes back from merge, for any limit, and in each part as
// many tensors as llama-gguf-split puts there.
func TestSplit(t *testing.T) {
	in := taleFile(t)
	for _, c := range []struct{ args, tensors string }{
		{"", "[47]"},
		{"--split-max-tensors 10", "[10 10 10 10 7]"},
		{"--split-max-tensors 47", "[47]"},
		{"--split-max-tensors 10 --no-tensor-first-split", "[0 10 10 10 10 7]"},
		{"--split-max-size 1M", "[17 19 11]"},
		{"--split-max-size 1G --no-tensor-first-split", "[0 47]"},
	} {
		t.Run(c.args, func(t *testing.T) {
			names := parted(t, in, strings.Fields(c.args)...)
			f, err := gguf.Open(names[0])
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			tensors := make([]int, len(names))
			for _, x := range f.Tensors {
				tensors[x.Part]++
			}
			if got := fmt.Sprint(tensors); got != c.tensors {
				t.Errorf("tensors %s, want %s", got, c.tensors)
			}
			if r := do(t, "", "merge", names[len(names)-1], "-"); r.code != 0 || r.out != fileBytes(t, in) {
				t.Errorf("merge: exit %d, %q; %d bytes, want the original", r.code, r.stderr, len(r.out))
			}
		})
	}
}

// TestSplitRuns wants the same text from a split model as from the whole one.
func TestSplitRuns(t *testing.T) {
	in := taleFile(t)
	args := []string{"-s", "1", "-n", "8", "Once"}
	want := ok(t, "", append([]string{"run", "-m", in}, args...)...)
	name := parted(t, in, "--split-max-tensors", "9")[0]
	if got := ok(t, "", append([]string{"run", "-m", name}, args...)...); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestSplitAligned wants every part to keep an alignment that is not the default.
func TestSplitAligned(t *testing.T) {
	in := filepath.Join(t.TempDir(), "packed.gguf")
	if r := do(t, "", "pack", taleFile(t), in); r.code != 0 {
		t.Fatal(r.stderr)
	}
	names := parted(t, in, "--split-max-tensors", "20")
	for _, name := range names {
		f, err := gguf.Open(names[0])
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		for _, x := range f.Tensors {
			if uint64(x.Offset)%f.Alignment != 0 || f.Alignment <= gguf.DefaultAlignment {
				t.Errorf("%s: tensor %s at %d, alignment %d", name, x.Name, x.Offset, f.Alignment)
			}
		}
	}
	if r := do(t, "", "merge", names[0], "-"); r.out != fileBytes(t, in) {
		t.Errorf("merge: %d bytes, want the original; %q", len(r.out), r.stderr)
	}
}

// TestSplitRefuses wants an error that says what is wrong, and no file.
func TestSplitRefuses(t *testing.T) {
	in, dir := taleFile(t), t.TempDir()
	names := parted(t, in, "--split-max-tensors", "20")
	out := filepath.Join(dir, "out.gguf")
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"split of a part", []string{"split", names[1], out}, 1, "is split already, into 3"},
		{"merge of a whole file", []string{"merge", in, out}, 1, "is not part of a split file"},
		{"no such file", []string{"merge", in + "x", out}, 1, "no such file"},
		{"no tensors", []string{"split", "--split-max-tensors", "0", in, out}, 2, "want 1 or more"},
		{"both limits", []string{"split", "--split-max-tensors", "3", "--split-max-size", "1M", in, out}, 2, "one of them"},
		{"size without unit", []string{"split", "--split-max-size", "100", in, out}, 2, "M or G"},
		{"size of 0", []string{"split", "--split-max-size", "0M", in, out}, 2, "above 0"},
		{"size too large", []string{"split", "--split-max-size", "99999999999G", in, out}, 2, "--split-max-size"},
		{"onto a part", []string{"merge", names[0], names[2]}, 2, "one file"},
		{"no folder", []string{"split", in, filepath.Join(dir, "no", "m")}, 1, "no such file"},
	} {
		r := do(t, "", c.args...)
		if r.code != c.code || !strings.Contains(strings.ReplaceAll(r.stderr, "cannot find the path", "no such file"), c.want) || r.out != "" {
			t.Errorf("%s: exit %d, %q, want %d, %q", c.name, r.code, r.stderr, c.code, c.want)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestSplitOntoItself wants an error for a prefix whose first file is the model.
func TestSplitOntoItself(t *testing.T) {
	in := taleFile(t)
	want := fileBytes(t, in)
	name := filepath.Join(filepath.Dir(in), "m-00002-of-00003.gguf")
	link := os.Symlink
	if runtime.GOOS == "windows" { // where links need a privilege
		link = os.Link
	}
	if err := link(in, name); err != nil {
		t.Fatal(err)
	}
	r := do(t, "", "split", "--split-max-tensors", "20", in, filepath.Join(filepath.Dir(in), "m"))
	if r.code != 2 || !strings.Contains(r.stderr, "one file") || fileBytes(t, in) != want {
		t.Errorf("exit %d, %q", r.code, r.stderr)
	}
}

// TestMergeHostile wants an error for parts that are not those of one model.
func TestMergeHostile(t *testing.T) {
	in := taleFile(t)
	others := parted(t, tiny(t), "--split-max-tensors", "1000", "--no-tensor-first-split") // 2 parts
	for _, c := range []struct {
		name, want string
		spoil      func(names []string) error
	}{
		{"part missing", "m-00002-of-00002.gguf", func(names []string) error { return os.Remove(names[1]) }},
		{"part of another model", "split.tensors.count", func(names []string) error { return os.Rename(others[1], names[1]) }},
		{"a part twice", "split.no", func(names []string) error { return os.WriteFile(names[1], []byte(fileBytes(t, names[0])), 0o644) }},
		{"a whole file", "m-00002-of-00002.gguf", func(names []string) error { return os.WriteFile(names[1], []byte(fileBytes(t, in)), 0o644) }},
		{"part cut short", "m-00002-of-00002.gguf: the download is incomplete: 3000 of", func(names []string) error { return os.Truncate(names[1], 3000) }},
		{"an empty part", "m-00002-of-00002.gguf", func(names []string) error { return os.Truncate(names[1], 0) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			names := parted(t, in, "--split-max-tensors", "30")
			if err := c.spoil(names); err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			r := do(t, "", "merge", names[0], filepath.Join(dir, "out.gguf"))
			if r.code != 1 || !strings.Contains(r.stderr, c.want) {
				t.Errorf("exit %d, %q, want %q", r.code, r.stderr, c.want)
			}
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// TestSplitDryRun writes nothing.
func TestSplitDryRun(t *testing.T) {
	in := taleFile(t)
	dir := t.TempDir()
	out := ok(t, "", "split", "--dry-run", "--split-max-tensors", "20", in, filepath.Join(dir, "m"))
	if strings.Count(out, "\n") != 3 || !strings.Contains(out, "m-00003-of-00003.gguf") || !strings.Contains(out, "7 tensors") {
		t.Errorf("got\n%s", out)
	}
	names := parted(t, in, "--split-max-tensors", "20")
	if out := ok(t, "", "merge", "--dry-run", names[0], filepath.Join(dir, "m.gguf")); !strings.Contains(out, "47 tensors") {
		t.Errorf("got\n%s", out)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestCreateAll wants all files or none: no file gets its final name before the last
// is whole, and an existing file stays as it was.
func TestCreateAll(t *testing.T) {
	a := newApp(strings.NewReader(""), io.Discard, io.Discard)
	dir := t.TempDir()
	names := []string{filepath.Join(dir, "a"), filepath.Join(dir, "b")}
	if err := os.WriteFile(names[0], []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, want := range []error{context.Canceled, nil} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		_, err := a.createAll(ctx, names, func(w io.Writer, i int) error {
			if got := fileBytes(t, names[0]); got != "old" {
				t.Errorf("file 1 is %q while file %d is written", got, i+1)
			}
			io.WriteString(w, "new")
			if i == 1 && want != nil {
				cancel()
				return ctx.Err()
			}
			return nil
		})
		if !errors.Is(err, want) {
			t.Fatalf("got %v, want %v", err, want)
		}
		entries, _ := os.ReadDir(dir)
		if got := len(entries); want != nil && got != 1 || want == nil && got != 2 {
			t.Errorf("%v: %d files", want, got)
		}
	}
	if got := fileBytes(t, names[0]) + fileBytes(t, names[1]); got != "newnew" {
		t.Errorf("got %q", got)
	}
	// The second cannot get its final name, so the first must not get its own.
	if err := os.Remove(names[0]); err != nil {
		t.Fatal(err)
	}
	_, err := a.createAll(t.Context(), []string{names[1], names[0]}, func(w io.Writer, i int) error {
		if i == 1 {
			return os.MkdirAll(filepath.Join(names[0], "x"), 0o755)
		}
		return nil
	})
	if entries, _ := os.ReadDir(dir); err == nil || len(entries) != 2 || fileBytes(t, names[1]) != "new" {
		t.Errorf("got %v, files %v", err, entries)
	}
}

// TestQuantizeKeepSplit wants as many files as before, with the tensors of a single
// quantised file.
func TestQuantizeKeepSplit(t *testing.T) {
	in := taleFile(t)
	names := parted(t, in, "--split-max-tensors", "20")
	dir := t.TempDir()
	whole, split := filepath.Join(dir, "whole.gguf"), filepath.Join(dir, "split.gguf")
	for _, args := range [][]string{{names[2], whole, "Q8_0"}, {"--keep-split", names[0], split, "Q8_0"}} {
		if r := do(t, "", append([]string{"quantize", "--allow-requantize"}, args...)...); r.code != 0 {
			t.Fatalf("%q: exit %d, %q", args, r.code, r.stderr)
		}
	}
	parts, _ := filepath.Glob(filepath.Join(dir, "split*"))
	if len(parts) != 3 || filepath.Base(parts[0]) != "split-00001-of-00003.gguf" {
		t.Fatalf("got %v", parts)
	}
	if r := do(t, "", "merge", parts[0], "-"); r.out != fileBytes(t, whole) {
		t.Errorf("merged: %d bytes, want those of one file; %q", len(r.out), r.stderr)
	}
	if r := do(t, "", "quantize", "--allow-requantize", "--keep-split", names[0], filepath.Join(filepath.Dir(names[0]), "m.gguf"), "Q8_0"); r.code != 2 || !strings.Contains(r.stderr, "one file") {
		t.Errorf("onto itself: exit %d, %q", r.code, r.stderr)
	}
}
