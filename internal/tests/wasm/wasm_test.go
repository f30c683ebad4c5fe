// Package wasm tests chord and its kernels as WebAssembly, in Node.
package wasm

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/tales"
)

// root is chord's folder.
const root = "../../.."

// node leaves the test out where there is none.
func node(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		if os.Getenv("CI") == "true" && runtime.GOOS == "linux" { // .ci/run installs it
			t.Fatal(err)
		}
		t.Skip("no node")
	}
}

// run runs a command in chord's folder, with additions to the environment, and
// returns what it prints.
func run(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	c.Dir, c.Env = root, append(os.Environ(), env...)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// builder is the command chord-wasm/build.
func builder(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "build")
	run(t, nil, "go", "build", "-o", name, "./cmd/chord-wasm/build")
	return name
}

// The tests of simd and llama hold in Node: every kernel gives the bits of the
// generic function, and models the promised logits.
func TestPackages(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs the tests of two packages")
	}
	node(t)
	build := builder(t)
	js := []string{"GOOS=js", "GOARCH=wasm", "CHORD_WASM_TAKEN=1"}
	for _, c := range []struct {
		name, pkg string
		threads   int
		tests     string
	}{
		{"kernels", "./simd", 1, "TierKernels|TestKernels|Quantize|Hadamard|GemmStaysInside|KQuant|MatMulSameBits|RandomBlocks|AttentionExtremes|KernelsStayInside|Recurrent|TestScans"},
		{"logits", "./llama", 1, "TestBitIdentical$/chord-tales"},
		{"logits, shared", "./llama", 3, "TestBitIdenticalTypes|TestBitIdentical$/(chord-tales|llama_)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := run(t, js, "go", "test", "-tags", "wasmkernels", "-short", "-v", "-count=1", "-run", c.tests,
				"-exec", build+" -run "+strconv.Itoa(c.threads), c.pkg)
			if !strings.Contains(out, "--- PASS") {
				t.Errorf("no test has run:\n%s", out)
			}
			if c.threads > 1 && strings.Contains(out, "computed by workers: 0\n") {
				t.Errorf("the workers have computed nothing:\n%s", out)
			}
		})
	}
}

// A program in JavaScript gets the text that a program in Go gets, with one thread
// and with several, and errors with codes.
func TestEngine(t *testing.T) {
	node(t)
	build := builder(t)
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	const prompt = "Once upon a time"
	story, err := m.Complete(context.Background(), prompt, chord.Params{Seed: 7, MaxTokens: 60})
	if err != nil {
		t.Fatal(err)
	}
	ids, err := json.Marshal(m.Tokenizer().Encode(nil, prompt, bpe.EncodeOptions{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, threads := range []int{1, 3} {
		t.Run("threads="+strconv.Itoa(threads), func(t *testing.T) {
			dir := t.TempDir()
			args := []string{"-o", dir}
			if threads > 1 {
				args = append(args, "-threads")
			}
			run(t, nil, build, args...)
			script, err := filepath.Abs("testdata/engine.mjs")
			if err != nil {
				t.Fatal(err)
			}
			got := values(t, run(t, nil, "node", script, dir, strconv.Itoa(threads), "7"))
			for name, want := range map[string]any{
				"loaded": true, "text": story.Text, "generated": story.Generated, "ids": json.RawMessage(ids),
				"abort": "aborted", "aborted early": true, "deadline": "deadline",
				"detokenized": prompt, "vectors": 2, "callback": "failed", "no abort": "invalid",
				"not a model": "format", "no source": "invalid", "throws": "failed", "unknown": "invalid", "wrong": "invalid",
				"closed": "closed", "taken": threads > 1,
			} {
				text, err := json.Marshal(want)
				if err != nil {
					t.Fatal(err)
				}
				if got[name] != string(text) {
					t.Errorf("%s: got %s, want %s", name, got[name], text)
				}
			}
		})
	}
}

// values are the lines that the program prints, by name, each as JSON.
func values(t *testing.T, out string) map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(out) {
		var v struct {
			Name  string
			Value json.RawMessage
		}
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("no JSON: %s", line)
		}
		all[v.Name] = string(v.Value)
	}
	return all
}
