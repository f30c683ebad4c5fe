package llama_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestPromiseBroken plants a fused multiply-add, the like of which a compiler or
// a careless kernel would bring, and wants TestPromise to find it.
func TestPromiseBroken(t *testing.T) {
	if testing.Short() || runtime.GOOS == "js" || runtime.GOOS == "wasip1" || os.Getenv("CHORD_PLANTED") != "" {
		t.Skip("it builds and runs this package's tests again")
	}
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("it needs the go command")
	}
	const line = "acc[t][r] += float32(float32(s[r]) * float32(dw[r]*dx[t]))"
	const fused = "acc[t][r] = float32(math.FMA(float64(s[r]), float64(float32(dw[r]*dx[t])), float64(acc[t][r])))"
	file, err := filepath.Abs("../simd/gemm_generic.go")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	planted := strings.Replace(string(source), line, fused, 1)
	if planted == string(source) {
		t.Fatalf("%s has no line to plant the fault in", file)
	}
	planted = strings.Replace(planted, "import (", "import (\n\t\"math\"\n", 1)
	dir := t.TempDir()
	other, overlay := filepath.Join(dir, "planted.go"), filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{file: other}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{other: planted, overlay: string(replace)} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(goTool, "test", "-short", "-count=1", "-overlay", overlay, "-run", "^TestPromise$/^chord-tales$", ".")
	cmd.Env = append(os.Environ(), "CHORD_CPU=generic", "CHORD_PLANTED=1", "GOOS=", "GOARCH=", "GOFLAGS=")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "generic on") {
		t.Errorf("the fused product was not found: %v\n%s", err, out)
	}
}
