package fetch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCommand runs the command against a mirror that lacks one file.
func TestCommand(t *testing.T) {
	var asked []string
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		if strings.HasSuffix(r.URL.Path, "/lost") {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(content)
	})
	secret := row("v/secret", content)
	secret.URL = ""
	manifest, err := json.Marshal([]File{row("v/a", content), row("v/b c", content), secret, row("w/lost", content)})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "fetched")
	for _, c := range []struct {
		name   string
		args   []string
		code   int
		out    string
		stderr string
		asked  string
	}{
		{"no such path", []string{"x"}, 1, "", "no file with a public origin begins with [\"x\"]\n", "[]"},
		{"not public", []string{"v/secret"}, 1, "", "no file with a public origin begins with [\"v/secret\"]\n", "[]"},
		{"no such flag", []string{"-x"}, 2, "", "usage: go run ./testdata/fetch", "[]"},
		{"help", []string{"-h"}, 0, "", "usage: go run ./testdata/fetch", "[]"},
		{"one file", []string{"v/a"}, 0, "v/a: 120000 bytes, ours\n1 fetched, 0 were there, 0 failed\n", "", "[/o/r/commit/v/a]"},
		{"one is lost", nil, 1, "v/b c: 120000 bytes, ours\n1 fetched, 1 were there, 1 failed\n", "w/lost: " + base + "/o/r/commit/w/lost: 404 Not Found\n1 of 3 are not in " + dir + "\n", "[/o/r/commit/v/b c /o/r/commit/w/lost]"},
		{"all are there", []string{"v/"}, 0, "0 fetched, 2 were there, 0 failed\n", "", "[]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked = nil
			var out, stderr bytes.Buffer
			code := Main(t.Context(), manifest, append([]string{"-base", base + "/", "-dir", dir}, c.args...), &out, &stderr)
			if code != c.code || out.String() != c.out || !strings.Contains(stderr.String(), c.stderr) || (c.stderr == "") != (stderr.Len() == 0) {
				t.Errorf("exit %d, want %d\nstdout %q, want %q\nstderr %q, want %q", code, c.code, out.String(), c.out, stderr.String(), c.stderr)
			}
			if got := fmt.Sprint(asked); got != c.asked {
				t.Errorf("asked for %s, want %s", got, c.asked)
			}
		})
	}
}

// TestCommandBuilds builds the command, whose folder ./... leaves out, and
// wants it to know its manifest.
func TestCommandBuilds(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs the go command")
	}
	gotool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("it needs the go command")
	}
	base := serve(t, func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) })
	cmd := exec.Command(gotool, "run", "../../testdata/fetch", "-base", base, "-dir", t.TempDir(), "grammar/list")
	b, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(b), "grammar/list.gbnf: "+base+"/ggerganov/llama.cpp/") || !strings.Contains(string(b), "404 Not Found") {
		t.Errorf("%v: %s", err, b)
	}
}
