package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
)

// atHome gives chord folders of its own for configuration and state, and writes
// chord.toml there.
func atHome(t *testing.T, config string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	t.Setenv("CHORD_NO_STATE", "")
	t.Setenv("XDG_STATE_HOME", filepath.Join(dir, "state"))
	t.Setenv("XDG_CONFIG_HOME", dir)
	if err := os.Mkdir(filepath.Join(dir, "chord"), 0o777); err != nil {
		t.Fatal(err)
	}
	if config != "" {
		if err := os.WriteFile(filepath.Join(dir, "chord", "chord.toml"), []byte(config), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestConfig gives models by name: their flags are as on the command line, and what
// that says comes first.
func TestConfig(t *testing.T) {
	file := filepath.ToSlash(talesFile(t))
	atHome(t, `
default = "tales"

[models.tales]
model = "`+file+`"
ctx-size = 100
temp = 0.5
n-predict = 9
system-prompt = "Be kind."
stop = ["zzz", "yyy"]

[models."a b"]
model = '`+file+`'
chat-template = "vicuna"
override-kv = ["general.name=str:x"]

[server]
port = 11434
`)
	flags := []string{"--seed", "3"}
	tell := func(args ...string) string { return ok(t, "", append(append([]string{"run"}, flags...), args...)...) }
	system := []chord.Message{{Role: "system", Content: "Be kind."}, {Role: "user", Content: "Hello"}}
	want := answered(t, file, system, "--seed", "3", "-n", "9", "--temp", "0.5")
	for _, args := range [][]string{{"-m", "tales", "Hello"}, {"Hello"}} {
		if got := tell(args...); got != want {
			t.Errorf("%q: got %q, want %q", args, got, want)
		}
	}
	if got, want := tell("-m", "tales", "--temp", "0", "-n", "5", "Hello"), answered(t, file, system, "-n", "5", "--temp", "0"); got != want {
		t.Errorf("flags come first: got %q, want %q", got, want)
	}
	if got, want := tell("-m", "embedded", "-n", "9", "Hello"), ok(t, "", "run", "--raw", "-m", file, "--seed", "3", "-n", "9", "Hello"); got != want {
		t.Errorf("embedded: got %q, want %q", got, want)
	}
	if o := opened(t, "run", "Hello"); o.Context != 100 {
		t.Errorf("a context of %d", o.Context)
	}
	if o := opened(t, "embed", "-m", "a b", "Hello"); len(o.OverrideKV) != 1 {
		t.Errorf("-m 'a b' for embed: %+v", o)
	}
	if o := opened(t, "embed", "Hello"); o.Context != 0 {
		t.Errorf("embed has the default of chats: %+v", o)
	}
	t.Setenv("LLAMA_ARG_CTX_SIZE", "77")
	if o := opened(t, "run", "Hello"); o.Context != 77 {
		t.Errorf("a variable comes before: a context of %d", o.Context)
	}
}

// TestConfigFile names the file by flag and by variable.
func TestConfigFile(t *testing.T) {
	dir := atHome(t, "nonsense")
	file := filepath.Join(dir, "other.toml")
	if err := os.WriteFile(file, []byte("[models.x]\nmodel = \"sub/tales.gguf\"\nctx-size = 55\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if r := do(t, "", "run", "-m", "x", "a"); r.code != 1 || !strings.Contains(r.stderr, "chord.toml:1:") {
		t.Errorf("%+v", r)
	}
	want := filepath.Join("sub", "tales.gguf")
	if r := do(t, "", "run", "--config", file, "-m", "x", "a"); r.code != 1 || !strings.Contains(r.stderr, filepath.Join(dir, want)) {
		t.Errorf("the model beside the configuration: %+v", r)
	}
	if r := do(t, "", "inspect", "nosuch.gguf"); strings.Contains(r.stderr, "toml") {
		t.Errorf("a command without -m reads the configuration: %+v", r)
	}
	t.Setenv("CHORD_CONFIG", file)
	if o := opened(t, "run", "-m", "x", "a"); o.Context != 55 {
		t.Errorf("CHORD_CONFIG: %+v", o)
	}
	for _, args := range [][]string{{"--config", "nosuch.toml"}, nil} {
		t.Setenv("CHORD_CONFIG", "nosuch.toml")
		if r := do(t, "", append([]string{"run", "a"}, args...)...); r.code != 1 || !strings.Contains(r.stderr, "nosuch.toml") {
			t.Errorf("%q: %+v", args, r)
		}
	}
}

// TestConfigErrors wants errors to name line and key.
func TestConfigErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"default = \"x\"", "chord.toml:1: default: there is no [models.x]"},
		{"default = 3", "chord.toml:1: default: want a text"},
		{"\n\ndefalt = \"x\"", "chord.toml:3: defalt: unknown key"},
		{"models = 3", "chord.toml:1: models: want a table"},
		{"server = []", "chord.toml:1: server: want a table"},
		{"[models]\nx = 1", "chord.toml:2: models.x: want a table"},
		{"[models.x]\ntemp = 1", "chord.toml:1: models.x: it has no model"},
		{"[models.embedded]\nmodel = \"y\"", "chord.toml:1: models.embedded: "},
		{"# first\n[models.x]\nmodel = \"y\"\ntmp = 1", "chord.toml:4: models.x.tmp: unknown key"},
		{"[models.x]\nmodel = \"y\"\nprompt = \"1\"", "chord.toml:3: models.x.prompt: unknown key"},
		{"[models.x]\nmodel = \"y\"\nn_predict = 1", "chord.toml:3: models.x.n_predict: the key is n-predict"},
		{"[models.x]\nmodel = \"y\"\ntemp = \"1\"", "chord.toml:3: models.x.temp: want a number"},
		{"[models.x]\nmodel = \"y\"\ntop-k = 1.5", "chord.toml:3: models.x.top-k: want a whole number"},
		{"[models.x]\nmodel = \"y\"\nno-repack = 1", "chord.toml:3: models.x.no-repack: want true or false"},
		{"[models.x]\nmodel = 1", "chord.toml:2: models.x.model: want a text"},
		{"[models.x]\nmodel = [\"y\"]", "chord.toml:2: models.x.model: want one value"},
		{"[models.x]\nmodel = \"y\"\nstop = [1]", "chord.toml:3: models.x.stop: want a text"},
		{"[models.x]\nmodel = \"y\"\nstop = 1979-05-27", "chord.toml:3: models.x.stop: want a text"},
		{"[models.x]\nmodel = \"y\"\noverride-kv = [\"a\"]", "chord.toml:3: models.x.override-kv: "},
		{"models.x = {model = \"y\", tmp = 1}", "chord.toml:1: models.x.tmp: unknown key"},
		{"[server]\nprt = 1", "chord.toml:2: server.prt: unknown key"},
		{"a = 1\na = 2", "chord.toml:2: "},
		{"[models.x]\nmodel = \"y", "chord.toml:2: "},
	} {
		atHome(t, c.text)
		r := do(t, "", "run", "-m", "x", "a")
		if r.code != 1 || !strings.Contains(r.stderr, c.want) || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%q: exit %d, %q, want %q", c.text, r.code, r.stderr, c.want)
		}
	}
}

// TestLastModel uses the model again that was used last, and says so.
func TestLastModel(t *testing.T) {
	file := talesFile(t)
	dir := atHome(t, "[models.tales]\nmodel = '"+file+"'\ntemp = 0\n")
	args := []string{"run", "--seed", "3", "-n", "8", "Hello"}
	story := ok(t, "", args...)
	for _, name := range []string{file, "tales"} {
		want := ok(t, "", append(args, "-m", name)...)
		r := do(t, "", args...)
		if r.code != 0 || r.out != want || !strings.HasPrefix(r.stderr, name+", the model used last") || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("after -m %s: %+v, want %q", name, r, want)
		}
	}
	state := filepath.Join(dir, "state", "chord", "last-model")
	if info, err := os.Stat(state); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%s: %v, %v", state, info, err)
	}
	if r := do(t, "", "embed", "a"); strings.Contains(r.stderr, "last") {
		t.Errorf("embed uses it too: %q", r.stderr)
	}
	t.Run("without state", func(t *testing.T) {
		t.Setenv("CHORD_NO_STATE", "1")
		if got := ok(t, "", args...); got != story {
			t.Errorf("got %q, want %q", got, story)
		}
	})
	if got := ok(t, "", append(args, "-m", "embedded")...); got != story {
		t.Errorf("-m embedded: got %q, want %q", got, story)
	}
	if got := ok(t, "", args...); got != story {
		t.Errorf("after -m embedded: got %q, want %q", got, story)
	}
	ok(t, "", append(args, "-m", file)...)
	if err := os.Rename(file, file+".x"); err != nil {
		t.Fatal(err)
	}
	if got := ok(t, "", args...); got != story {
		t.Errorf("the file is gone: got %q, want %q", got, story)
	}
}

// TestModelfile reads ollama's files.
func TestModelfile(t *testing.T) {
	dir := atHome(t, "")
	file := talesFile(t)
	try := func(text string, args ...string) result {
		name := filepath.Join(dir, "Modelfile")
		if err := os.WriteFile(name, []byte(strings.ReplaceAll(text, "FILE", file)), 0o666); err != nil {
			t.Fatal(err)
		}
		return do(t, "", append([]string{"run", "--modelfile", name, "Hello"}, args...)...)
	}
	system := []chord.Message{{Role: "system", Content: "Be kind.\nAlways."}, {Role: "user", Content: "Hello"}}
	want := answered(t, file, system, "--seed", "3", "-n", "9", "--temp", "0.5", "-r", "zzz")
	r := try("# a model\nfrom FILE\nLICENSE \"\"\"\nFROM nothing\n\"\"\"\nPARAMETER temperature 0.5\nPARAMETER num_predict 9\n" +
		"PARAMETER seed 3\nPARAMETER stop \"zzz\"\nPARAMETER num_gpu 9\nSYSTEM \"\"\"Be kind.\nAlways.\"\"\"\n")
	if r.code != 0 || r.out != want || r.stderr != "" {
		t.Errorf("got %+v, want %q", r, want)
	}
	if err := os.Rename(file, filepath.Join(dir, "beside.gguf")); err != nil {
		t.Fatal(err)
	}
	if r := try("FROM ./beside.gguf\nTEMPLATE {{ .Prompt }}\nPARAMETER num_predict -2", "-n", "4", "--chat-template", "chatml"); r.code != 0 {
		t.Errorf("a file beside it, another template: %+v", r)
	}
	for _, c := range []struct{ text, want string }{
		{"", "Modelfile: there is no FROM"},
		{"FROM x\n\nTEMPLATE \"\"\"{{ .Prompt }}\n\"\"\"", "Modelfile:3: TEMPLATE: "},
		{"FROM x\nMESSAGE user Hello", "Modelfile:2: MESSAGE: "},
		{"FROM x\nPARAMETER heat 1", "Modelfile:2: PARAMETER heat: "},
		{"FROM x\nPARAMETER prompt 1", "Modelfile:2: PARAMETER prompt: "},
		{"FROM x\nSYSTEM \"\"\"a\nb\"\"\"\nPARAMETER top_k many", "Modelfile:4: PARAMETER.top-k: "},
		{"FROM", "Modelfile:1: FROM has no value"},
		{"FROM ./nosuch.gguf", filepath.Join(dir, "nosuch.gguf")},
		{"FROM x\nADAPTER ./nosuch.gguf", "x: no such"},
	} {
		if r := try(c.text); r.code == 0 || !strings.Contains(r.stderr, c.want) && runtime.GOOS != "windows" || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%q: %+v, want %q", c.text, r, c.want)
		}
	}
}
