// Package wasmnpm tests the npm package of folder npm: packed, installed in a fresh
// project and used in Node and in a page.
package wasmnpm

import (
	"net/http/httptest"
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

// need leaves the test out where there is no such program.
func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, name := range programs {
		if _, err := exec.LookPath(name); err == nil {
			continue
		} else if os.Getenv("CI") == "true" && runtime.GOOS == "linux" { // .ci/run installs it
			t.Fatal(err)
		}
		t.Skip("no " + name)
	}
}

// run runs a command in a folder and returns what it prints to its standard output.
func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	var errors strings.Builder
	c.Dir, c.Stderr = dir, &errors
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, errors.String())
	}
	return string(out)
}

// copied are the files of folder npm, without what a build makes.
var copied = []string{"package.json", "README.md", "index.d.ts", "ai.d.ts", "openai.d.ts", "language-model.d.ts", "service-worker.d.ts", "share.d.ts", "src"}

// packed is the package as npm pack writes it.
var packed = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "chord-npm")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	for _, name := range copied {
		if out, err := exec.Command("cp", "-r", filepath.Join(root, "npm", name), dir).CombinedOutput(); err != nil {
			return out, err
		}
	}
	build := exec.Command("go", "run", "./cmd/chord-wasm/build", "-npm", dir)
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return out, err
	}
	pack := exec.Command("npm", "pack", "--offline", "--ignore-scripts")
	pack.Dir = dir
	if out, err := pack.CombinedOutput(); err != nil {
		return out, err
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(names) != 1 {
		return []byte(strings.Join(names, " ")), os.ErrNotExist
	}
	return os.ReadFile(names[0])
})

// projects is the folder that installed has made, if it has.
var projects string

// installed is the folder of a fresh project with the package, which npm has installed
// without a network.
var installed = sync.OnceValues(func() (string, error) {
	archive, err := packed()
	if err != nil {
		return string(archive), err
	}
	base, err := os.MkdirTemp("", "chord-project")
	if err != nil {
		return "", err
	}
	projects = base
	dir := filepath.Join(base, "app") // the tools are beside it
	if err := os.Mkdir(dir, 0o755); err != nil {
		return base, err
	}
	for name, data := range map[string][]byte{"package.tgz": archive, "package.json": []byte(`{"private": true, "type": "module"}`)} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return dir, err
		}
	}
	install := exec.Command("npm", "install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts", "--cache", filepath.Join(dir, "cache"), "./package.tgz")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		return string(out), err
	}
	return dir, nil
})

// project is the folder of a project with the package, which all tests share.
func project(t *testing.T) string {
	t.Helper()
	need(t, "node", "npm")
	dir, err := installed()
	if err != nil {
		t.Fatalf("%v\n%.4000s", err, dir)
	}
	return dir
}

func TestMain(m *testing.M) {
	code := m.Run()
	if projects != "" {
		_ = os.RemoveAll(projects)
	}
	os.Exit(code)
}

func write(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// demo is the embedded model's text.
func demo(t *testing.T, p chord.Params) chord.Result {
	t.Helper()
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	r, err := m.Complete(t.Context(), "Once upon a time", p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var block = regexp.MustCompile("(?s)```js\n(.*?)```")

// The examples of README.md print what they should.
func TestExamples(t *testing.T) {
	dir := project(t)
	page, err := os.ReadFile(filepath.Join(root, "npm", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	installTools(t)
	examples := block.FindAllSubmatch(page, -1)
	blue := "Because it is not red."
	story := demo(t, chord.Params{Seed: 7, MaxTokens: 20}).Text
	for i, c := range []struct{ name, answer, want string }{
		{"generate", "", demo(t, chord.Params{Seed: 7, MaxTokens: 40}).Text},
		{"complete", "", demo(t, chord.Params{Temperature: chord.Greedy, MaxTokens: 40}).Text + " length 40\n"},
		{"chat", "<think>Let me see.</think><tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome\"}}\n</tool_call>",
			"call: weather {\"city\": \"Rome\"}\n"},
		{"completions", blue, blue},
		{"cache", "", " bytes are used\n"},
		{"sessions", "", story + "\n" + story + "\n3\n"},
		{"tokens", "", "Once upon a time\ntrue 256\n"},
		{"errors", "", "aborted\n"},
		{"ai", blue, blue + "\n"},
		{"openai", blue, blue + "\n"},
		{"language-model", blue, blue + "\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if len(examples) <= i {
				t.Fatalf("README.md has %d examples", len(examples))
			}
			if c.answer != "" {
				model, err := chordtest.File(c.answer)
				if err != nil {
					t.Fatal(err)
				}
				write(t, dir, "model.gguf", model)
			}
			if c.name == "cache" { // its model is from the web
				hub := httptest.NewServer(newModels(t))
				defer hub.Close()
				t.Setenv("HF_ENDPOINT", hub.URL)
				t.Setenv("CHORD_MODELS", t.TempDir())
			}
			write(t, dir, c.name+".mjs", examples[i][1])
			if out := run(t, dir, "node", c.name+".mjs"); !strings.HasSuffix(out, c.want) {
				t.Errorf("got %q, want %q at the end", out, c.want)
			}
		})
	}
	if len(examples) != 11 {
		t.Errorf("%d examples, of which 11 are tested", len(examples))
	}
}
