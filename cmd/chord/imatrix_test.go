package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/fixtures"
)

// floatsOf returns the elements of an F32 tensor.
func floatsOf(t *testing.T, f *gguf.File, name string) []float64 {
	t.Helper()
	x, ok := f.Tensor(name)
	if !ok {
		t.Fatalf("no tensor %s", name)
	}
	data, err := f.Data(x)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float64, len(data)/4)
	for i := range out {
		out[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:])))
	}
	return out
}

// madeImatrix runs chord imatrix and opens what it has written.
func madeImatrix(t *testing.T, args ...string) (f *gguf.File, name string) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "imatrix.gguf")
	if r := do(t, "", append([]string{"imatrix", "-o", name}, args...)...); r.code != 0 || r.out != "" || !strings.Contains(r.stderr, "chunks in") {
		t.Fatalf("%q: exit %d, %q", args, r.code, r.stderr)
	}
	f, err := gguf.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f, name
}

// TestImatrixGolden wants the numbers of llama-imatrix: equal counts of rows, and
// sums within 1e-5, the effect of another order of float32 additions.
func TestImatrixGolden(t *testing.T) {
	text := fixtures.Path(t, "text", "tales-heldout.txt")
	golden, err := os.ReadFile(filepath.Join("testdata", "imatrix.txt"))
	if err != nil {
		t.Fatal(err)
	}
	files, left := map[string]*gguf.File{}, map[string]int{}
	for line := range strings.Lines(string(golden)) {
		fields := strings.Fields(line)
		if fields[0] == "#" {
			continue
		}
		model, chunks, tensor := fields[0], fields[1], fields[2]
		f := files[model]
		if f == nil {
			f, _ = madeImatrix(t, "-m", fixtures.Path(t, model+".gguf"), "-f", text, "-c", "64", "--chunks", chunks,
				"--process-output", "-ctk", "f32", "-ctv", "f32")
			files[model], left[model] = f, len(f.Tensors)
			if n, _, _ := f.Int("imatrix.chunk_count"); fmt.Sprint(n) != chunks {
				t.Errorf("%s: chunk_count %d, want %s", model, n, chunks)
			}
		}
		left[model] -= 2
		compareSums(t, f, tensor, fields[3:])
	}
	for model, n := range left {
		if n != 0 {
			t.Errorf("%s: %d tensors more than llama-imatrix's", model, n)
		}
	}
}

// compareSums compares a tensor's rows and sums, expert by expert.
func compareSums(t *testing.T, f *gguf.File, tensor string, want []string) {
	t.Helper()
	squares, counts := floatsOf(t, f, tensor+".in_sum2"), floatsOf(t, f, tensor+".counts")
	if len(counts) != len(want) {
		t.Fatalf("%s: %d counts, want %d", tensor, len(counts), len(want))
	}
	cols := len(squares) / len(counts)
	for e := range want {
		var rows, sum, weighted float64
		if _, err := fmt.Sscanf(strings.ReplaceAll(want[e], "/", " "), "%g %g %g", &rows, &sum, &weighted); err != nil {
			t.Fatal(err)
		}
		gotSum, gotWeighted := 0.0, 0.0
		for i, v := range squares[e*cols:][:cols] {
			gotSum += v
			gotWeighted += v * float64(i)
		}
		if counts[e] != rows || math.Abs(gotSum-sum) > 1e-5*sum || math.Abs(gotWeighted-weighted) > 1e-5*weighted {
			t.Errorf("%s, expert %d: rows %g, sums %.7g and %.7g, want %s", tensor, e, counts[e], gotSum, gotWeighted, want[e])
		}
	}
}

// calibration writes a text of a few hundred tokens.
func calibration(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "text.txt")
	text := strings.Repeat("Once upon a time there was a little girl who had a red ball. She ran to the park. ", 12)
	if err := os.WriteFile(name, []byte(text+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestImatrix wants the keys of llama-imatrix, the same bytes for any number of
// threads, sums that add up, and a matrix that chord quantize accepts.
func TestImatrix(t *testing.T) {
	text, model := calibration(t), taleFile(t)
	f, name := madeImatrix(t, "-m", model, "-f", text, "-c", "64", "-t", "1")
	chunks, _, _ := f.Int("imatrix.chunk_count")
	size, _, _ := f.Int("imatrix.chunk_size")
	kind, _, _ := f.Str("general.type")
	sets, _, _ := f.Strs("imatrix.datasets")
	if chunks < 3 || size != 64 || kind != "imatrix" || len(sets) != 1 || sets[0] != text {
		t.Errorf("%d chunks of %d, type %q, datasets %q", chunks, size, kind, sets)
	}
	if _, ok := f.Tensor("output.weight.in_sum2"); ok {
		t.Error("output.weight without --process-output")
	}
	_, again := madeImatrix(t, "-m", model, "-f", text, "-c", "64", "-t", "3", "--output-frequency", "1")
	if fileBytes(t, again) != fileBytes(t, name) {
		t.Error("other bytes with three threads")
	}
	both, _ := madeImatrix(t, "-m", model, "--in-file", name, "--in-file", again, "-c", "64")
	if n, _, _ := both.Int("imatrix.chunk_count"); n != 2*chunks {
		t.Errorf("%d chunks of two files, want %d", n, 2*chunks)
	}
	for _, x := range f.Tensors {
		one, two := floatsOf(t, f, x.Name), floatsOf(t, both, x.Name)
		for i := range one {
			if two[i] != 2*one[i] {
				t.Fatalf("%s: element %d is %g, want twice %g", x.Name, i, two[i], one[i])
			}
		}
	}
	out := filepath.Join(t.TempDir(), "out.gguf")
	if r := do(t, "", "quantize", "--allow-requantize", "--imatrix", name, model, out, "IQ4_XS"); r.code != 0 {
		t.Errorf("quantize: %q", r.stderr)
	}
}

// TestImatrixRefuses wants errors that say what is wrong, and no file.
func TestImatrixRefuses(t *testing.T) {
	text, model, out := calibration(t), taleFile(t), filepath.Join(t.TempDir(), "out.gguf")
	other, _ := madeImatrix(t, "-m", tiny(t, "--type", "F16"), "-f", text, "-c", "16")
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{nil, 2, "no text"},
		{[]string{"-f", text, "-c", "512"}, 1, "tokens, want 1024"},
		{[]string{"-f", text + "x"}, 1, "text.txtx"},
		{[]string{"-f", text, "-c", "-1"}, 2, "-c -1"},
		{[]string{"--in-file", model}, 1, "not an importance matrix"},
		{[]string{"--in-file", text}, 1, "text.txt"},
		{[]string{"-f", text, "-c", "64", "--in-file", other.Parts[0].Name}, 1, "sums and"},
	} {
		r := do(t, "", append([]string{"imatrix", "-m", model, "-o", out}, c.args...)...)
		if r.code != c.code || !strings.Contains(r.stderr, c.want) {
			t.Errorf("%q: exit %d, %q, want %d, %q", c.args, r.code, r.stderr, c.code, c.want)
		}
		if _, err := os.Stat(out); err == nil {
			t.Fatalf("%q: a file is there", c.args)
		}
	}
}
