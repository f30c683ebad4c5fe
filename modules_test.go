package chord_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// goCommand runs the go command in a folder, with more environment, and returns
// what it prints.
func goCommand(t *testing.T, dir string, env []string, args ...string) string {
	t.Helper()
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("it needs the go command")
	}
	cmd := exec.Command(goTool, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s%s", strings.Join(args, " "), err, out, &stderr)
	}
	return string(out)
}

// A goMod is what go mod edit -json prints of a file.
type goMod struct {
	Go               string
	Require          []struct{ Path, Version string }
	Replace, Exclude []struct{}
}

// A replacement is a line of go.work.
type replacement struct {
	Old, New struct{ Path, Version string }
}

// A workspace is what go work edit -json prints of a go.work, with clean paths from
// the root.
type workspace struct {
	Use     []struct{ DiskPath string }
	Replace []replacement
}

// readWorkspace returns the go.work in a folder.
func readWorkspace(t *testing.T, dir string) workspace {
	t.Helper()
	var w workspace
	if err := json.Unmarshal([]byte(goCommand(t, dir, nil, "work", "edit", "-json", "go.work")), &w); err != nil {
		t.Fatal(err)
	}
	for i := range w.Use {
		w.Use[i].DiskPath = filepath.Join(dir, w.Use[i].DiskPath)
	}
	for i := range w.Replace {
		w.Replace[i].New.Path = path.Join(dir, w.Replace[i].New.Path)
	}
	return w
}

// TestModules wants every module to say the same version of Go, which is no
// patch version, and nothing that go install path@version refuses; all of them
// in the go.work above them, which replaces the versions of each other that they
// require; and the library to require only what it may.
func TestModules(t *testing.T) {
	work, adapters := readWorkspace(t, "."), readWorkspace(t, "adapters")
	var used, found []string
	for _, u := range append(work.Use, adapters.Use...) {
		used = append(used, u.DiskPath)
	}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "testdata":
			return filepath.SkipDir
		case d.Name() == "go.mod":
			found = append(found, filepath.Dir(name))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(slices.Sorted(slices.Values(used)), slices.Sorted(slices.Values(found))) {
		t.Errorf("the files go.work use %q, there are %q", used, found)
	}
	for _, dir := range found {
		replaced := work.Replace
		if within("adapters", filepath.ToSlash(dir)) {
			replaced = adapters.Replace
		}
		var m goMod
		if err := json.Unmarshal([]byte(goCommand(t, dir, nil, "mod", "edit", "-json")), &m); err != nil {
			t.Fatal(err)
		}
		if m.Go != "1.26" || len(m.Replace)+len(m.Exclude) > 0 {
			t.Errorf("%s/go.mod: go %s, want 1.26; %d replaced, %d excluded, want none", dir, m.Go, len(m.Replace), len(m.Exclude))
		}
		for _, r := range m.Require {
			if dir == "." && !slices.Contains(libraryModules, r.Path) {
				t.Errorf("go.mod requires %s", r.Path)
			}
			if within(modulePath, r.Path) && !slices.ContainsFunc(replaced, func(o replacement) bool {
				return o.Old == r && path.Join(modulePath, o.New.Path) == r.Path
			}) {
				t.Errorf("%s/go.mod requires %v, go.work replaces %v", dir, r, replaced)
			}
		}
	}
}

// consumer is a program that uses chord.
const consumer = `package main

import (
	"context"
	"fmt"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/tales"
)

func main() {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		panic(err)
	}
	defer m.Close()
	for tok, err := range m.Generate(context.Background(), "Once upon a time", chord.Params{MaxTokens: 4}) {
		if err != nil {
			panic(err)
		}
		fmt.Print(tok.Text)
	}
}
`

// TestConsumer builds a program in a module of its own, which gets at most five
// modules of chord: itself, chord and what the library may import.
func TestConsumer(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles chord once more")
	}
	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"main.go": consumer,
		"go.mod": "module example.com/consumer\n\ngo 1.26\n\nrequire " + modulePath + " v0.0.0\n\nreplace " +
			modulePath + " => " + strconv.Quote(root) + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := []string{"GOWORK=off", "GOFLAGS=" + os.Getenv("GOFLAGS") + " -mod=mod", "GOOS=", "GOARCH="}
	goCommand(t, dir, env, "mod", "tidy")
	allowed := append([]string{"example.com/consumer", modulePath}, libraryModules...)
	modules := strings.Fields(goCommand(t, dir, env, "list", "-m", "-f", "{{.Path}}", "all"))
	if len(modules) > 5 || slices.ContainsFunc(modules, func(m string) bool { return !slices.Contains(allowed, m) }) {
		t.Errorf("go list -m all: %q, want of %q, at most 5", modules, allowed)
	}
	if out := goCommand(t, dir, env, "run", "."); strings.TrimSpace(out) == "" {
		t.Error("the program tells nothing")
	}
}
