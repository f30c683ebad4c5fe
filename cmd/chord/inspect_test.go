package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/fixtures"
	"github.com/querent-ai/chord/quant"
)

// inspectJSON returns the output of chord inspect --json.
func inspectJSON(t *testing.T, args ...string) fileReport {
	t.Helper()
	var r fileReport
	d := json.NewDecoder(strings.NewReader(ok(t, "", append([]string{"inspect", "--json"}, args...)...)))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestInspectGolden compares with what llama.cpp reads from real files.
func TestInspectGolden(t *testing.T) {
	for _, name := range []string{"real/stories260K", "real/stories260K-wide-Q4_K", "real/babyllama-tok361-Q4_0", "zoo/gpt2-F32"} {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(fixtures.Path(t, "golden", filepath.Base(name)+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var want struct {
				Size    int64
				Types   map[string]int    `json:"tensor_types"`
				Tensors map[string]string // "F32 64x512"
			}
			if err := json.Unmarshal(data, &want); err != nil {
				t.Fatal(err)
			}
			r := inspectJSON(t, fixtures.Path(t, name+".gguf"))
			types := map[string]int{}
			for _, x := range r.Totals {
				types[x.Type] = x.Tensors
			}
			if d := cmp.Diff(want.Types, types); d != "" || r.Size != want.Size {
				t.Errorf("size %d, want %d; types: %s", r.Size, want.Size, d)
			}
			for _, x := range r.Tensors {
				got := x.Type + " " + strings.ReplaceAll(strings.Trim(fmt.Sprint(x.Shape), "[]"), " ", "x")
				if w := want.Tensors[x.Name]; got != w {
					t.Errorf("%s: got %s, want %s", x.Name, got, w)
				}
			}
			if len(r.Tensors) != len(want.Tensors) {
				t.Errorf("got %d tensors, want %d", len(r.Tensors), len(want.Tensors))
			}
		})
	}
}

// TestInspectText checks the text output.
func TestInspectText(t *testing.T) {
	name := tiny(t, "--type", "Q4_K_M")
	out := ok(t, "", "inspect", name)
	for _, want := range []string{
		"tiny.gguf: GGUF version 3, ",
		"27 keys\n", "21 tensors\n",
		"  general.architecture                    STRING         \"llama\"\n",
		"STRING × 512   [\"<unk>\", \"<s>\", \"</s>\", \"<0x00>\", \"<0x01>\", \"<0x02>\", …]\n",
		"  llama.attention.layer_norm_rms_epsilon  FLOAT32        1e-05\n",
		"  blk.0.attn_v.weight       Q4_K  256 × 128  18.0 KiB\n",
		"  Q6_K  ", "  F32   5 tensors ",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if all := ok(t, "", "inspect", "--all", name); !strings.Contains(all, `"<0xFF>"`) || strings.Contains(all, "…") {
		t.Error("--all does not show all")
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if piped := ok(t, string(data), "inspect", "-"); strings.SplitAfterN(piped, "\n", 2)[1] != strings.SplitAfterN(out, "\n", 2)[1] {
		t.Errorf("from stdin: got\n%s", piped)
	}
	if c := ok(t, "", "inspect", "--color=always", name); !strings.Contains(c, bold+"21 tensors"+plain) {
		t.Error("no colours")
	}
}

// writeGGUF writes a file of these keys and one F32 tensor each.
func writeGGUF(t *testing.T, name string, kv []gguf.KV, tensors ...string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var ts []gguf.WriteTensor
	for _, n := range tensors {
		ts = append(ts, gguf.WriteTensor{Name: n, Type: quant.F32, Shape: []uint64{2},
			Data: func(w io.Writer) error { _, err := w.Write(make([]byte, 8)); return err }})
	}
	if err := gguf.Write(f, kv, ts); err != nil {
		t.Fatal(err)
	}
}

// TestInspectSplit names one part and wants all.
func TestInspectSplit(t *testing.T) {
	dir := t.TempDir()
	for i := range 2 {
		name := filepath.Join(dir, fmt.Sprintf("m-%05d-of-00002.gguf", i+1))
		writeGGUF(t, name, []gguf.KV{{Key: "split.no", Value: uint16(i)}, {Key: "split.count", Value: uint16(2)},
			{Key: "split.tensors.count", Value: int32(3)}}, [][]string{{"a", "b"}, {"c"}}[i]...)
	}
	r := inspectJSON(t, filepath.Join(dir, "m-00002-of-00002.gguf"))
	if len(r.Tensors) != 3 || r.Tensors[2].Name != "c" || r.Tensors[2].Part != 1 || len(r.Parts) != 2 {
		t.Errorf("got %+v", r)
	}
}

// TestInspectHostile has values that JSON cannot express or that a terminal must not
// get.
func TestInspectHostile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.gguf")
	writeGGUF(t, name, []gguf.KV{
		{Key: "nan", Value: float32(math.NaN())}, {Key: "inf", Value: []float64{math.Inf(-1)}},
		{Key: "esc\x1b[2J", Value: "a\x1b[31mb\xff\n"}, {Key: "bytes", Value: []uint8{1, 2}},
		{Key: "nested", Value: []any{[]int32{1}, []string{"x"}}}, {Key: "long", Value: strings.Repeat("é", 100)},
		{Key: "empty", Value: []string{}},
	}, "t\x1b")
	r := inspectJSON(t, name)
	got := map[string]any{}
	for k, v := range r.Metadata {
		got[k] = v.Value
	}
	want := map[string]any{"nan": "NaN", "inf": []any{"-Inf"}, "esc\x1b[2J": "a\x1b[31mb\ufffd\n", "bytes": []any{1.0, 2.0},
		"nested": []any{[]any{1.0}, []any{"x"}}, "long": strings.Repeat("é", maxRunes), "empty": []any{}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	out := ok(t, "", "inspect", name)
	if strings.ContainsRune(out, 0x1b) {
		t.Errorf("an escape goes to the terminal: %q", out)
	}
	for _, want := range []string{`"a\x1b[31mb\xff\n"`, "(200 bytes)", "[[1], [\"x\"]]", "UINT8 × 2", "STRING × 0"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
}
