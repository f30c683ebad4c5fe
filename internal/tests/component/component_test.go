// Package component tests chord as a component of WebAssembly, in Node with jco, which
// npm installs.
package component

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/chordtest"
	"github.com/querent-ai/chord/tales"
)

// root is chord's folder.
const root = "../../.."

// packages are what makes modules of JavaScript of components, and WASI for them.
var packages = []string{"@bytecodealliance/jco-transpile@0.15.0", "@bytecodealliance/preview2-shim@0.26.1"}

// leave leaves a test out where something is missing; the CI has all of it.
func leave(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" && runtime.GOOS == "linux" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// run runs a command in a folder and returns what it prints to its standard output.
func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	var errors strings.Builder
	c.Dir, c.Stderr = dir, &errors
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%.4000s", name, strings.Join(args, " "), err, out, errors.String())
	}
	return string(out)
}

// once is a folder with the component as a module of JavaScript, for all tests.
var once struct {
	sync.Once
	dir, wit string
	missing  error // what npm said
	out      []byte
}

// TestMain removes the folder.
func TestMain(m *testing.M) {
	code := m.Run()
	if once.dir != "" {
		os.RemoveAll(once.dir)
	}
	os.Exit(code)
}

// project is a folder with the component as a module of JavaScript, chord/chord.js, and
// a model, model.gguf.
func project(t *testing.T) string {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			leave(t, "no %s: %v", program, err)
		}
	}
	once.Do(func() { prepare(t) })
	if once.missing != nil {
		leave(t, "npm cannot install jco: %v\n%s", once.missing, once.out)
	}
	if once.wit == "" {
		t.Fatal("there is no component")
	}
	return once.dir
}

func prepare(t *testing.T) {
	dir, err := os.MkdirTemp("", "chord-component")
	if err != nil {
		t.Fatal(err)
	}
	once.dir = dir
	write(t, dir, "package.json", []byte(`{"private": true, "type": "module"}`))
	npm := exec.CommandContext(t.Context(), "npm", append([]string{"install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", dir}, packages...)...)
	if once.out, once.missing = npm.CombinedOutput(); once.missing != nil {
		return
	}
	run(t, root, "go", "run", "./cmd/chord-component/build", "-o", filepath.Join(dir, "chord.wasm"))
	for _, name := range []string{"transpile.mjs", "calls.mjs"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, name, b)
	}
	model, err := tales.FS.ReadFile(tales.Name)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "model.gguf", model)
	once.wit = run(t, dir, "node", "transpile.mjs", "chord.wasm", "chord")
}

func write(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

var space = regexp.MustCompile(`\s+`)

// The component is valid to other people's tools, which find wit/chord.wit's interface
// in it, and imports nothing but clocks and random numbers.
func TestInterface(t *testing.T) {
	project(t)
	text, err := os.ReadFile(filepath.Join(root, "wit", "chord.wit"))
	if err != nil {
		t.Fatal(err)
	}
	got := space.ReplaceAllString(once.wit, " ")
	version := regexp.MustCompile(`package querent:chord(@\S+);`).FindStringSubmatch(string(text))[1]
	want := "import wasi:clocks/monotonic-clock@0.2.0; import wasi:clocks/wall-clock@0.2.0; import wasi:random/random@0.2.0; export querent:chord/models" + version + "; }"
	if !strings.Contains(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A program in JavaScript gets what a program in Go gets.
func TestCalls(t *testing.T) {
	dir := project(t)
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	const prompt = "Once upon a time"
	complete := func(p chord.Params) chord.Result {
		p.MaxTokens = 40
		r, err := m.Complete(t.Context(), prompt, p)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	story := complete(chord.Params{Seed: 7}).Text
	answer, err := chordtest.File("<think>Let me see.</think><tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome\"}}\n</tool_call>")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "chat.gguf", answer)
	i := m.Info()
	got := values(t, run(t, dir, "node", "calls.mjs", "model.gguf", "chat.gguf"))
	check(t, got, map[string]any{
		"info":    []any{i.Name, i.Arch, i.Context, i.Vocab, i.VectorDim, false, i.WeightSize, "wasm"},
		"text":    story,
		"in turn": []string{story, complete(chord.Params{Seed: 8}).Text},
		"outcome": []any{"done", "length", complete(chord.Params{Seed: 7}).Prompt, 3}, "after the end": nil,
		"grammar": grammarAnswer(t, m, prompt), "schema": "12",
		"more":    complete(chord.Params{Temperature: chord.Greedy}).Text,
		"strings": []bool{true, true, true, true, true}, "special": []any{specials(m), true}, "no tokens": "",
		"vectors": hash(t, m), "no texts": 0,
		"format": "format", "empty file": "format", "invalid": "invalid", "bad json": "invalid", "bad grammar": "invalid",
		"bad token": "invalid", "context-full": "context-full", "no string": "thrown",
		"cancelled": "cancelled", "after a drop": story, "dropped": "thrown", "early": "invalid", "too much": "invalid",
		"context": 64, "closed": "closed", "six models": true, "handles": 2000,
		"reasoning": "Let me see.", "call": []string{"weather", `{"city": "Rome"}`}, "finish": "tool-calls",
	})
}

var block = regexp.MustCompile("(?ms)^```js\n(.*?)^```$")

// The example of docs/component.md tells the story.
func TestDocs(t *testing.T) {
	dir := project(t)
	page, err := os.ReadFile(filepath.Join(root, "docs", "component.md"))
	if err != nil {
		t.Fatal(err)
	}
	examples := block.FindAllStringSubmatch(string(page), -1)
	if len(examples) != 1 || strings.Count(examples[0][1], "\n") > 10 {
		t.Fatalf("%d examples, want one of at most 10 lines", len(examples))
	}
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	r, err := m.Complete(t.Context(), "Once upon a time", chord.Params{MaxTokens: 40, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "example.mjs", []byte(examples[0][1]))
	if out, want := run(t, dir, "node", "example.mjs"), r.Text+"\nlength\n"; out != want {
		t.Errorf("got %q, want %q", out, want)
	}
}
