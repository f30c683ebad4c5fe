package main

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/quant"
)

// reranker writes the tiny model with a classification head and returns its path.
func reranker(t *testing.T) string {
	t.Helper()
	f, err := gguf.Open(tiny(t, "--type", "F16"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	dim, _, err := f.Int("llama.embedding_length")
	if err != nil {
		t.Fatal(err)
	}
	var tensors []gguf.WriteTensor
	for i := range f.Tensors {
		x := &f.Tensors[i]
		tensors = append(tensors, gguf.WriteTensor{Name: x.Name, Type: x.Type, Shape: x.Shape,
			Data: func(w io.Writer) error { _, err := io.Copy(w, f.Reader(x)); return err }})
	}
	var head []byte
	for i := range 2 * dim {
		head = binary.LittleEndian.AppendUint32(head, math.Float32bits(float32(i%7)/50))
	}
	tensors = append(tensors, gguf.WriteTensor{Name: "cls.output.weight", Type: quant.F32, Shape: []uint64{uint64(dim), 2},
		Data: func(w io.Writer) error { _, err := w.Write(head); return err }})
	kv := append(slices.Clone(f.KV), gguf.KV{Key: "llama.pooling_type", Value: uint32(4)},
		gguf.KV{Key: "llama.classifier.output_labels", Value: []string{"yes", "no"}})
	name := filepath.Join(t.TempDir(), "reranker.gguf")
	out, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := gguf.Write(out, kv, tensors); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestRerank wants documents of arguments, a file and a pipe sorted by score, as a
// table and as JSON.
func TestRerank(t *testing.T) {
	model, docs := reranker(t), []string{"ba", "a longer text", "do"}
	file := filepath.Join(t.TempDir(), "docs.txt")
	if err := os.WriteFile(file, []byte(strings.Join(docs, "\r\n")+"\n\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	var report rerankReport
	asJSON := ok(t, "", append([]string{"rerank", "-m", model, "--json", "ma"}, docs...)...)
	if err := json.Unmarshal([]byte(asJSON), &report); err != nil {
		t.Fatal(err)
	}
	if report.Query != "ma" || len(report.Results) != len(docs) {
		t.Fatalf("got %s", asJSON)
	}
	for i, r := range report.Results {
		if r.Document != docs[r.Index] || i > 0 && r.Score > report.Results[i-1].Score {
			t.Errorf("number %d: %+v", i, r)
		}
	}
	table := ok(t, "", append([]string{"rerank", "-m", model, "ma"}, docs...)...)
	lines := strings.Split(table, "\n")
	if len(lines) != len(docs)+1 || !strings.HasSuffix(lines[0], "  "+report.Results[0].Document) {
		t.Errorf("table %q", table)
	}
	for source, got := range map[string]string{
		"file":  ok(t, "", "rerank", "-m", model, "-f", file, "ma"),
		"stdin": ok(t, strings.Join(docs, "\n"), "rerank", "-m", model, "ma"),
	} {
		if got != table {
			t.Errorf("%s: got %q, want %q", source, got, table)
		}
	}
	if top := ok(t, "", append([]string{"rerank", "-m", model, "--top-n", "1", "ma"}, docs...)...); top != lines[0]+"\n" {
		t.Errorf("--top-n 1: %q", top)
	}
}

func TestRanked(t *testing.T) {
	got := ranked([]string{"a", "b", "c", "d"}, []float32{1, 3, 1, -2})
	for i, want := range []int{1, 0, 2, 3} {
		if got[i].Index != want {
			t.Errorf("number %d: document %d, want %d", i, got[i].Index, want)
		}
	}
}

func TestRerankErrors(t *testing.T) {
	for want, c := range map[string]struct {
		code int
		args []string
	}{
		"no query":                   {exitUsage, nil},
		"no documents":               {exitUsage, []string{"cat"}},
		"--top-n -1: want 0 or more": {exitUsage, []string{"--top-n", "-1", "cat", "a"}},
		"arguments and --file":       {exitUsage, []string{"-f", "x", "cat", "a"}},
		"no classification head":     {exitFailure, []string{"cat", "a"}},
	} {
		r := do(t, "", append([]string{"rerank"}, c.args...)...)
		if r.code != c.code || !strings.Contains(r.stderr, want) || r.out != "" {
			t.Errorf("%q: got %d, %q, %q, want %q", c.args, r.code, r.stderr, r.out, want)
		}
	}
}

// TestEmbedTokens wants one vector for each token with --pooling none, and the
// first elements with --dimensions.
func TestEmbedTokens(t *testing.T) {
	model := tiny(t)
	var list [][][]float32
	out := ok(t, "", "embed", "-m", model, "--pooling", "none", "--dimensions", "4", "--embd-output-format", "array", "ba do")
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if len(list) != 1 || len(list[0]) < 2 {
		t.Fatalf("got %s", out)
	}
	for _, v := range list[0] {
		length := 0.0
		for _, x := range v {
			length += float64(x) * float64(x)
		}
		if len(v) != 4 || math.Abs(length-1) > 1e-5 {
			t.Errorf("%v has the length² %g", v, length)
		}
	}
}
