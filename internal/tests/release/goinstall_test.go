package release_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

const modulePath = "github.com/querent-ai/chord"

// proxy makes a module proxy of the modules of a clone.
func proxy(t *testing.T, dir string) string {
	t.Helper()
	top := t.TempDir()
	for _, sub := range []string{"", "server", "cmd/chord"} {
		m := module.Version{Path: strings.TrimSuffix(modulePath+"/"+sub, "/"), Version: version}
		from := filepath.Join(dir, filepath.FromSlash(sub))
		to := filepath.Join(top, filepath.FromSlash(m.Path), "@v")
		if err := os.MkdirAll(to, 0o777); err != nil {
			t.Fatal(err)
		}
		mod, err := os.ReadFile(filepath.Join(from, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{
			"list": version + "\n", version + ".mod": string(mod),
			version + ".info": fmt.Sprintf(`{"Version": %q, "Time": "2026-01-02T03:04:05Z"}`, version),
		} {
			if err := os.WriteFile(filepath.Join(to, name), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		f, err := os.Create(filepath.Join(to, version+".zip"))
		if err != nil {
			t.Fatal(err)
		}
		err = zip.CreateFromDir(f, m, from)
		if e := f.Close(); err == nil {
			err = e
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return "file://" + filepath.ToSlash(top)
}

// TestGoInstall installs the command as a module that was fetched: go.mod has no
// replacement, everything that it requires is there, and the binary knows its version.
func TestGoInstall(t *testing.T) {
	needed(t)
	if runtime.GOOS == "windows" {
		t.Skip("an address of a folder has another form there")
	}
	dir := clone(t, "installed")
	where := strings.Fields(run(t, "", nil, "go", "env", "GOMODCACHE", "GOPROXY"))
	own, bin := t.TempDir(), t.TempDir()
	env := []string{"GOWORK=off", "GOFLAGS=-modcacherw -trimpath", "GOSUMDB=off", "CGO_ENABLED=0", "GOBIN=" + bin, "GOMODCACHE=" + own,
		"GOPROXY=" + proxy(t, dir) + ",file://" + filepath.Join(where[0], "cache", "download") + "," + where[1]}
	run(t, own, env, "go", "install", modulePath+"/cmd/chord@"+version)
	var v struct{ Version, Commit, Sum string }
	text := run(t, "", nil, filepath.Join(bin, "chord"), "version", "--json")
	if err := json.Unmarshal([]byte(text), &v); err != nil || v.Version != version || !strings.HasPrefix(v.Sum, "h1:") {
		t.Errorf("got %s, %v", text, err)
	}
	if line := run(t, "", nil, filepath.Join(bin, "chord"), "--version"); !strings.Contains(line, "chord "+version+" (commit with the tag cmd/chord/"+version+", module "+v.Sum) {
		t.Errorf("got %s", line)
	}
}
