package main

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/querent-ai/chord/internal/fixtures"
)

// TestConvert converts a checkpoint of llama2.c and runs it.
func TestConvert(t *testing.T) {
	bin, vocab := fixtures.Path(t, "models", "stories260K.bin"), fixtures.Path(t, "vocab", "tok512.model")
	dir := t.TempDir()
	for _, typ := range []string{"f32", "f16", "bf16", "q8_0", "auto"} {
		out := filepath.Join(dir, typ+".gguf")
		r := do(t, "", "convert", "--outtype", typ, "--vocab", vocab, "--outfile", out, bin)
		if r.code != 0 || r.out != "" || !strings.Contains(r.stderr, typ+".gguf: ") {
			t.Fatalf("%s: exit %d, stdout %q, stderr %q", typ, r.code, r.out, r.stderr)
		}
		got := ok(t, "", "run", "-m", out, "--temp", "0", "-n", "30", "Once upon a time")
		if want := "Once upon a time, there was a little girl named Lily"; !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %q, want %q", typ, got, want)
		}
	}
	r := do(t, "", "convert", "--vocab", vocab, "--dry-run", "--outfile", filepath.Join(dir, "dry.gguf"), bin)
	if _, err := os.Stat(filepath.Join(dir, "dry.gguf")); r.code != 0 || err == nil || !strings.Contains(r.stderr, "26 keys, 47 tensors") {
		t.Errorf("--dry-run: exit %d, stderr %q, file: %v", r.code, r.stderr, err)
	}
}

// TestConvertErrors wants one line that says what is wrong, and no file.
func TestConvertErrors(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.bin")
	if err := os.WriteFile(text, []byte(strings.Repeat("no model ", 9)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"no model", []string{filepath.Join(dir, "none")}, 1, "no such file"},
		{"an empty folder", []string{dir}, 1, "no config.json"},
		{"no checkpoint", []string{text}, 1, "not a checkpoint of llama2.c"},
		{"unknown type", []string{"--outtype", "q9", text}, 2, `type "q9"; known are auto`},
		{"vocabulary for a folder", []string{"--vocab", text, dir}, 2, "is a folder"},
		{"two models", []string{dir, dir}, 2, "want chord convert "},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := filepath.Join(dir, "out.gguf")
			r := do(t, "", append([]string{"convert", "-o", out}, c.args...)...)
			if r.code != c.code || !strings.Contains(r.stderr, c.want) || strings.Count(r.stderr, "\n") != 1 {
				t.Errorf("exit %d, stderr %q, want %d and %q", r.code, r.stderr, c.code, c.want)
			}
			if _, err := os.Stat(out); err == nil {
				t.Error("a file was written")
			}
		})
	}
}

// TestConvertAdapter wants a file for --lora of a folder of PEFT, and one line that
// says what is wrong.
func TestConvertAdapter(t *testing.T) {
	dir := t.TempDir()
	adapter, base := filepath.Join(dir, "adapter"), filepath.Join(dir, "base")
	tensors := `{"base_model.model.model.layers.0.mlp.up_proj.lora_A.weight":{"dtype":"F32","shape":[1,4],"data_offsets":[0,16]},` +
		`"base_model.model.model.layers.0.mlp.up_proj.lora_B.weight":{"dtype":"F32","shape":[2,1],"data_offsets":[16,24]}}`
	for name, text := range map[string]string{
		filepath.Join(adapter, "adapter_config.json"):       `{"peft_type":"LORA","lora_alpha":2,"base_model_name_or_path":"someone/model"}`,
		filepath.Join(adapter, "adapter_model.safetensors"): string(binary.LittleEndian.AppendUint64(nil, uint64(len(tensors)))) + tensors + strings.Repeat("\x00", 24),
		filepath.Join(base, "config.json"):                  `{"architectures":["LlamaForCausalLM"],"num_hidden_layers":1,"hidden_size":4,"num_attention_heads":1,"intermediate_size":2}`,
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(dir, "out.gguf")
	if r := do(t, "", "convert", "-o", out, adapter); r.code != 1 || !strings.Contains(r.stderr, `"someone/model"; name its folder with --base`) {
		t.Errorf("without a base: %+v", r)
	}
	if r := do(t, "", "convert", "-o", out, "--base", base, adapter); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	if got := ok(t, "", "inspect", out); !strings.Contains(got, "blk.0.ffn_up.weight.lora_a") {
		t.Errorf("got %s", got)
	}
}
