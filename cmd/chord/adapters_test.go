package main

import (
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/synth"
	"github.com/querent-ai/chord/quant"
	"github.com/querent-ai/chord/tales"
)

// adapters writes two adapters for the model in the binary, and that model.
func adapters(t *testing.T) (one, two, model string) {
	t.Helper()
	dir := t.TempDir()
	data, err := tales.FS.ReadFile(tales.Name)
	if err != nil {
		t.Fatal(err)
	}
	model = filepath.Join(dir, "model.gguf")
	if err := os.WriteFile(model, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Open(model)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i, name := range []*string{&one, &two} {
		*name = filepath.Join(dir, []string{"one.gguf", "two.gguf"}[i])
		w, err := os.Create(*name)
		if err != nil {
			t.Fatal(err)
		}
		if err := synth.WriteAdapter(w, f, synth.AdapterOptions{Rank: 8, Type: quant.F32, Seed: uint64(i), Size: 0.3}); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return one, two, model
}

// adaptedLogits returns the logits that chord logits prints.
func adaptedLogits(t *testing.T, args ...string) []float64 {
	t.Helper()
	var out struct{ Logits [][]float64 }
	if err := json.Unmarshal([]byte(ok(t, "", append([]string{"logits", "--ids", "1,403,407,261,378"}, args...)...)), &out); err != nil {
		t.Fatal(err)
	}
	return out.Logits[0]
}

// apart returns the largest difference of logits, relative to the largest logit.
func apart(x, y []float64) float64 {
	diff, size := 0.0, 0.0
	for i := range x {
		diff, size = max(diff, math.Abs(x[i]-y[i])), max(size, math.Abs(y[i]))
	}
	return diff / size
}

// TestLora generates with adapters and proves it.
func TestLora(t *testing.T) {
	one, two, _ := adapters(t)
	run := func(args ...string) string {
		return ok(t, "", append(append([]string{"run", "--temp", "0", "-n", "20"}, args...), "Once upon a time")...)
	}
	plain := run()
	if got := run("--lora-scaled", one+":0"); got != plain {
		t.Errorf("a scale of 0: got %q, want %q", got, plain)
	}
	both := run("--lora", one, "--lora-scaled", two+":-2")
	if got := run("--lora", one); got == plain || got == both {
		t.Errorf("--lora changes nothing: %q", got)
	}
	if got := run("--lora-scaled", one+":1,"+two+":-2"); got != both {
		t.Errorf("with a comma: got %q, want %q", got, both)
	}
	if got, want := adaptedLogits(t, "--lora", one), adaptedLogits(t); apart(got, want) < 0.01 {
		t.Error("chord logits: --lora changes nothing")
	}
	if ok(t, "", "embed", "--lora", one, "Once") == ok(t, "", "embed", "Once") {
		t.Error("chord embed: --lora changes nothing")
	}
	receipt := filepath.Join(t.TempDir(), "receipt.json")
	run("--lora", one, "--receipt", receipt)
	if r := do(t, "", "verify", "--lora", one, receipt); r.code != 0 {
		t.Errorf("verify: %+v", r)
	}
	for _, args := range [][]string{{}, {"--lora", two}, {"--lora-scaled", one + ":2"}} {
		if r := do(t, "", append(append([]string{"verify"}, args...), receipt)...); r.code != 1 || !strings.Contains(r.stderr, "made for another model") {
			t.Errorf("verify %v: %+v", args, r)
		}
	}
	if out := ok(t, "", "inspect", one); !strings.Contains(out, "adapter.lora.alpha") || !strings.Contains(out, "blk.0.attn_q.weight.lora_a") {
		t.Errorf("inspect: %s", out)
	}
}

// TestExportLora compares a merged model with one that has the adapters.
func TestExportLora(t *testing.T) {
	one, two, model := adapters(t)
	want := adaptedLogits(t, "--lora", one, "--lora-scaled", two+":-0.5")
	far := apart(adaptedLogits(t), want)
	dir := t.TempDir()
	for typ, types := range map[string]string{"f32": "F32", "f16": "F16", "bf16": "BF16", "q8_0": "Q8_0", "same": ""} {
		out := filepath.Join(dir, typ+".gguf")
		r := do(t, "", "export-lora", "-m", model, "--lora", one, "--lora-scaled", two+":-0.5", "--outtype", typ, "-o", out)
		if r.code != 0 || !strings.Contains(r.stderr, typ+".gguf: ") {
			t.Fatalf("%s: %+v", typ, r)
		}
		most := far / 5
		if types == "" { // of few bits
			most = far / 2
		}
		if d := apart(adaptedLogits(t, "-m", out), want); d > most {
			t.Errorf("%s: %.3f from the adapters, the model alone %.3f", typ, d, far)
		}
		f, err := gguf.Open(out)
		if err != nil {
			t.Fatal(err)
		}
		if x, _ := f.Tensor("blk.0.attn_q.weight"); types != "" && x.Type.String() != types {
			t.Errorf("%s: type %v", typ, x.Type)
		}
		f.Close()
	}
	if r := do(t, "", "export-lora", "-m", model, "--lora", one, "--dry-run"); r.code != 0 || !strings.Contains(r.out, "blk.0.attn_q.weight") {
		t.Errorf("%+v", r)
	}
}

// TestExportLoraExact merges into a model of F32, from which the adapters differ by
// rounding alone.
func TestExportLoraExact(t *testing.T) {
	one, two, model := adapters(t)
	dir := t.TempDir()
	plain, merged := filepath.Join(dir, "f32.gguf"), filepath.Join(dir, "merged.gguf")
	for _, args := range [][]string{
		{"quantize", "--allow-requantize", model, plain, "F32"},
		{"export-lora", "-m", plain, "--lora", one, "--lora-scaled", two + ":-0.5", "-o", merged},
	} {
		if r := do(t, "", args...); r.code != 0 {
			t.Fatalf("%v: %+v", args, r)
		}
	}
	got, want := adaptedLogits(t, "-m", merged), adaptedLogits(t, "-m", plain, "--lora", one, "--lora-scaled", two+":-0.5")
	if d := apart(got, want); d > 1e-5 {
		t.Errorf("%g from the adapters", d)
	}
}

// TestLoraErrors wants one line that says what is wrong, and no file.
func TestLoraErrors(t *testing.T) {
	one, _, model := adapters(t)
	dir := t.TempDir()
	out := filepath.Join(dir, "out.gguf")
	export := func(args ...string) []string { return append([]string{"export-lora"}, args...) }
	embd := filepath.Join(dir, "embd.gguf")
	w, err := os.Create(embd)
	if err != nil {
		t.Fatal(err)
	}
	zeros := func(w io.Writer) error { _, err := w.Write(make([]byte, 4*4*2048)); return err }
	f, err := gguf.Open(model)
	if err != nil {
		t.Fatal(err)
	}
	dim := uint64(0)
	if x, ok := f.Tensor("token_embd.weight"); ok {
		dim = x.Shape[0]
	}
	f.Close()
	if err := gguf.Write(w, []gguf.KV{{Key: "general.architecture", Value: "llama"}, {Key: "general.type", Value: "adapter"}, {Key: "adapter.type", Value: "lora"}}, []gguf.WriteTensor{
		{Name: "token_embd.weight.lora_a", Type: quant.F32, Shape: []uint64{4, 2048}, Data: zeros},
		{Name: "token_embd.weight.lora_b", Type: quant.F32, Shape: []uint64{4, dim}, Data: func(w io.Writer) error { _, err := w.Write(make([]byte, 4*4*dim)); return err }},
	}); err != nil {
		t.Fatal(err)
	}
	w.Close()
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no model":         {export("--lora", one, "-o", out), 2, "-m: want"},
		"no adapter":       {export("-m", model, "-o", out), 2, "--lora: want"},
		"no output":        {export("-m", model, "--lora", one), 2, "-o: want"},
		"unknown type":     {export("-m", model, "--lora", one, "--outtype", "q9", "-o", out), 2, `type "q9"`},
		"no scale":         {export("-m", model, "--lora-scaled", "a.gguf", "-o", out), 2, "want file:scale"},
		"no such file":     {export("-m", model, "--lora", filepath.Join(dir, "none"), "-o", out), 1, "no such file"},
		"a model":          {export("-m", model, "--lora", model, "-o", out), 1, "general.type"},
		"over the adapter": {export("-m", model, "--lora", one, "-o", one), 2, "one.gguf"},
		"tied embedding":   {export("-m", model, "--lora", embd, "-o", out), 1, "output matrix"},
		"run with a model": {[]string{"run", "--lora", model, "Once"}, 1, "general.type"},
		"run an adapter":   {[]string{"run", "-m", one, "Once"}, 1, "LoRA adapter"},
	} {
		t.Run(name, func(t *testing.T) {
			r := do(t, "", c.args...)
			if r.code != c.code || !strings.Contains(r.stderr, c.want) || strings.Count(r.stderr, "\n") != 1 {
				t.Errorf("exit %d, stderr %q, want %d and %q", r.code, r.stderr, c.code, c.want)
			}
			if _, err := os.Stat(out); err == nil {
				t.Error("a file was written")
			}
		})
	}
}
