package wasmnpm

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
)

// split is the demo model in parts.
func split(t *testing.T, dir string) []string {
	t.Helper()
	prefix := filepath.Join(t.TempDir(), "demo")
	run(t, root, "go", "run", "./cmd/chord", "split", "--split-max-tensors", "20", filepath.Join(dir, "node_modules/@querent-ai/wasm-chord/dist/demo.gguf"), prefix)
	parts, err := filepath.Glob(prefix + "-*.gguf")
	if err != nil || len(parts) < 2 {
		t.Fatalf("parts %q: %v", parts, err)
	}
	return parts
}

// values are the lines that a program prints, by name, each as JSON.
func values(t *testing.T, out string) map[string]string {
	t.Helper()
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

// check compares values with what they should be, and reports those that are missing
// or unknown.
func check(t *testing.T, got map[string]string, want map[string]any) {
	t.Helper()
	for name, v := range want {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if got[name] != string(text) {
			t.Errorf("%s: got %s, want %s", name, got[name], text)
		}
		delete(got, name)
	}
	for name, v := range got {
		t.Errorf("%s: %s, which nothing is known of", name, v)
	}
}

// The program of testdata gets what the Go library gives, and errors with codes.
func TestAPI(t *testing.T) {
	dir := project(t)
	program, err := os.ReadFile("testdata/api.mjs")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "api.mjs", program)
	text := demo(t, chord.Params{Seed: 7, MaxTokens: 20}).Text
	want := map[string]any{
		"truncated": "format", "damaged": "format", "empty": "format", "no file": "source", "a folder": "source",
		"no page": "source", "no server": "source", "a number": "invalid", "unknown option": "invalid",
		"no threads": "invalid", "too many threads": "invalid", "no context": "invalid", "not split": "invalid", "a part": "format", "no parts": "invalid",
		"broken stream": "source", "no bytes": "invalid", "aborted before": "aborted", "aborted": "aborted",
		"cancelled": true, "progress": "busy", "lost": "crashed", "lost for good": "crashed", "again": text, "probe": true,
	}
	for name, stages := range map[string]string{
		"path": "load", "file URL": "load", "web URL": "download,load", "bytes": "load", "buffer": "load", "blob": "download,load",
		"stream": "download,load", "array": "load", "split": "load", "split blobs": "download,load",
	} {
		want[name], want[name+", stages"], want[name+", complete"] = text, stages, true
	}
	for threads, suffix := range map[int]string{1: ", threads=1", 3: ", threads=3"} {
		for name, v := range map[string]any{
			"info": []any{"chord-tales", threads, true}, "together": text, "the same": true, "choice": true, "a seed repeats": true,
			"streamed": true, "left": "aborted", "cause": []string{"aborted", "mine"}, "a schema": "invalid", "a grammar": "invalid",
			"two": "invalid", "a value": "invalid", "an option": "invalid", "a prompt": "invalid", "a long prompt": "context_full",
			"messages": "invalid", "choices": "invalid", "closing": "closed", "closed": "closed", "logprobs": true,
		} {
			want[name+suffix] = v
		}
	}
	check(t, values(t, run(t, dir, "node", append([]string{"api.mjs"}, split(t, dir)...)...)), want)
}
