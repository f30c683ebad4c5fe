package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// textFile returns a file of some text.
func textFile(t *testing.T) string {
	name := filepath.Join(t.TempDir(), "text.txt")
	if err := os.WriteFile(name, []byte(longText), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

var longText = strings.Repeat("Once upon a time there was a little girl named Lily. ", 20)

// TestOutputIsNoInput gives every command an input as its output, by name and by
// links, and wants exit 2 and the file unchanged.
func TestOutputIsNoInput(t *testing.T) {
	dir := t.TempDir()
	file := func(name, from string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(fileBytes(t, from)), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	model, text := file("m.gguf", taleFile(t)), file("text.txt", textFile(t))
	matrix := filepath.Join(dir, "matrix.gguf")
	for _, args := range [][]string{
		{"imatrix", "-m", model, "-f", text, "-c", "16", "-o", matrix},
		{"split", "--split-max-tensors", "30", model, filepath.Join(dir, "p")},
	} {
		if r := do(t, "", args...); r.code != 0 {
			t.Fatal(r.stderr)
		}
	}
	part1, part2 := filepath.Join(dir, "p-00001-of-00002.gguf"), filepath.Join(dir, "p-00002-of-00002.gguf")
	replace := strings.NewReplacer("MODEL", model, "TEXT", text, "MATRIX", matrix, "PART1", part1, "PART2", part2)
	for _, c := range []struct{ name, out, args string }{
		{"imatrix, the model", model, "imatrix -m MODEL -f TEXT -c 16 -o OUT"},
		{"imatrix, the text", text, "imatrix -m MODEL -f TEXT -c 16 -o OUT"},
		{"imatrix, a matrix", matrix, "imatrix --in-file MATRIX -m MODEL -f TEXT -c 16 -o OUT"},
		{"imatrix, a part", part2, "imatrix -m PART1 -f TEXT -c 16 -o OUT"},
		{"perplexity, the model", model, "perplexity -m MODEL -f TEXT -c 16 --kl-divergence-base OUT"},
		{"perplexity, a part", part2, "perplexity -m PART1 -f TEXT -c 16 --kl-divergence-base OUT"},
		{"perplexity, the text", text, "perplexity -m MODEL -f TEXT -c 16 --kl-divergence-base OUT"},
		{"quantize, the model", model, "quantize --allow-requantize MODEL OUT Q8_0"},
		{"quantize, a part", part2, "quantize --allow-requantize PART1 OUT Q8_0"},
		{"quantize, the matrix", matrix, "quantize --allow-requantize --imatrix MATRIX MODEL OUT Q8_0"},
		{"pack, the model", model, "pack MODEL OUT"},
		{"pack, a part", part2, "pack PART1 OUT"},
		{"merge, a part", part2, "merge PART1 OUT"},
	} {
		before := fileBytes(t, c.out)
		for name, link := range map[string]func(from, to string) error{"itself": nil, "hard link": os.Link, "symbolic link": os.Symlink} {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				out := c.out
				if link != nil {
					out = filepath.Join(t.TempDir(), "link")
					if err := link(c.out, out); err != nil {
						t.Skip(err) // not every system lets everybody
					}
				}
				args := strings.Fields(replace.Replace(c.args))
				for i := range args {
					if args[i] == "OUT" {
						args[i] = out
					}
				}
				r := do(t, "", args...)
				if r.code != 2 || !strings.Contains(r.stderr, "are one file") || strings.Count(r.stderr, "\n") != 1 || r.out != "" {
					t.Errorf("exit %d, stdout %q, stderr %q, want 2 and: are one file", r.code, r.out, r.stderr)
				}
				if fileBytes(t, c.out) != before {
					t.Fatal("the input has changed")
				}
			})
		}
	}
	t.Run("split", func(t *testing.T) { // whose output has names of its own
		in := file("s-00001-of-00010.gguf", model)
		if r := do(t, "", "split", "--split-max-tensors", "5", in, filepath.Join(dir, "s")); r.code != 2 || !strings.Contains(r.stderr, "are one file") {
			t.Errorf("exit %d, stderr %q", r.code, r.stderr)
		}
	})
}

// TestConvertOntoItself converts a model onto each of its own files.
func TestConvertOntoItself(t *testing.T) {
	dir := huggingFace(t)
	for _, name := range []string{"model.safetensors", "config.json", "tokenizer.json", "generation_config.json"} {
		out := filepath.Join(dir, name)
		before := fileBytes(t, out)
		r := do(t, "", "convert", "-o", out, dir)
		if r.code != 2 || !strings.Contains(r.stderr, "are one file") || fileBytes(t, out) != before {
			t.Errorf("%s: exit %d, stderr %q, changed: %t", name, r.code, r.stderr, fileBytes(t, out) != before)
		}
	}
	for range 2 { // the second writes over what the first has written
		if r := do(t, "", "convert", dir); r.code != 0 {
			t.Errorf("exit %d, stderr %q", r.code, r.stderr)
		}
	}
}

// TestConvertInputs wants every file of a folder except GGUF files to be an input,
// and the vocabulary of a checkpoint too.
func TestConvertInputs(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"config.json", "model.safetensors", "templates/a.jinja", "old.gguf", "stories.bin", "tokenizer.model", "vocab.model", ".git/x"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		in, out string
		input   bool
	}{
		{"", "config.json", true},
		{"", "model.safetensors", true},
		{"", "templates/a.jinja", true},
		{"", "old.gguf", false},
		{"", "new.gguf", false},
		{"stories.bin", "stories.bin", true},
		{"stories.bin", "tokenizer.model", true},
		{"stories.bin", "vocab.model", true},
		{"stories.bin", "config.json", false},
	} {
		a := newApp(nil, nil, nil)
		if err := a.readsModel(filepath.Join(dir, c.in), filepath.Join(dir, "vocab.model")); err != nil {
			t.Fatal(err)
		}
		if err := a.distinct(filepath.Join(dir, filepath.FromSlash(c.out))); (err != nil) != c.input {
			t.Errorf("%s of %q: got %v, want an error: %t", c.out, c.in, err, c.input)
		}
	}
}

// TestThreads wants an error for more threads than any machine has cores.
func TestThreads(t *testing.T) {
	in, text := taleFile(t), textFile(t)
	out := filepath.Join(t.TempDir(), "out")
	for _, args := range []string{"quantize -t N IN OUT Q8_0", "quantize IN OUT Q8_0 N", "pack -t N IN OUT", "imatrix -t N -m IN -f TEXT -o OUT", "run -t N x"} {
		r := do(t, "", strings.Fields(strings.NewReplacer("N", "1000000000", "IN", in, "OUT", out, "TEXT", text).Replace(args))...)
		if r.code != 2 || !strings.Contains(r.stderr, "1000000000") || !strings.Contains(r.stderr, "want 0 (every core) to 4096") {
			t.Errorf("%s: exit %d, stderr %q", args, r.code, r.stderr)
		}
	}
}
