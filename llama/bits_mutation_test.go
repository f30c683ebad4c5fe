package llama_test

import (
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// A mutation replaces a line of simd by the same with a fused multiply-add, as a
// compiler or a careless kernel would introduce it. The hash of model must find
// it.
type mutation struct{ file, line, fused, model string }

var mutations = []mutation{
	{"gemm_generic.go", "acc[t][r] += float32(float32(s[r]) * float32(dw[r]*dx[t]))",
		"acc[t][r] = float32(math.FMA(float64(s[r]), float64(float32(dw[r]*dx[t])), float64(acc[t][r])))", "chord-tales"},
	{"plain.go", "*acc += float32(float32(sum) * float32(v.D*dx))",
		"*acc = float32(math.FMA(float64(float32(sum)), float64(float32(v.D*dx)), float64(*acc)))", "llama IQ1_S"},
	{"plain.go", "acc[i] += float32(float32(sum) * float32(d*dx[i]))",
		"acc[i] = float32(math.FMA(float64(sum), float64(float32(d*dx[i])), float64(acc[i])))", "llama NVFP4"},
}

// TestBitIdenticalMutated applies all mutations and requires that
// TestBitIdentical finds each.
func TestBitIdenticalMutated(t *testing.T) {
	if testing.Short() || runtime.GOOS == "js" || runtime.GOOS == "wasip1" || os.Getenv("CHORD_MUTATED") != "" {
		t.Skip("builds and runs the tests of this package again")
	}
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("needs the go command")
	}
	dir := t.TempDir()
	replace := map[string]string{}
	var models []string
	for _, p := range mutations {
		models = append(models, p.model)
		p.write(t, dir, replace)
	}
	overlay := filepath.Join(dir, "overlay.json")
	b, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(overlay, b, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(goTool, "test", "-short", "-count=1", "-overlay", overlay,
		"-run", "^TestBitIdentical$/^("+strings.Join(models, "|")+")$", ".")
	cmd.Env = append(os.Environ(), "CHORD_CPU=generic", "CHORD_MUTATED=1", "GOOS=", "GOARCH=", "GOFLAGS=")
	out, err := cmd.CombinedOutput()
	for _, p := range mutations {
		name := "--- FAIL: TestBitIdentical/" + strings.ReplaceAll(p.model, " ", "_") + " "
		if err == nil || !strings.Contains(string(out), "generic on") || !strings.Contains(string(out), name) {
			t.Errorf("%s: the fused product was not found: %v\n%s", p.file, err, out)
		}
	}
}

// write writes the mutated file to dir and adds it to replace.
func (p mutation) write(t *testing.T, dir string, replace map[string]string) {
	t.Helper()
	file, err := filepath.Abs(filepath.Join("../simd", p.file))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(cmp.Or(replace[file], file)) // with the faults planted before
	if err != nil {
		t.Fatal(err)
	}
	mutated := strings.Replace(string(source), p.line, p.fused, 1)
	if mutated == string(source) {
		t.Fatalf("%s does not have the line to mutate", file)
	}
	if !strings.Contains(mutated, `"math"`) {
		mutated = strings.Replace(mutated, "package simd", "package simd\n\nimport \"math\"", 1)
	}
	replace[file] = filepath.Join(dir, p.file)
	if err := os.WriteFile(replace[file], []byte(mutated), 0o600); err != nil {
		t.Fatal(err)
	}
}
