// Package page drives the web page of chord's server in a real browser.
package page

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/chordtest"
	"github.com/querent-ai/chord/server"
)

var shots = flag.String("shots", "", "write screenshots of the page to this `folder`")

// packages are what the scripts need.
var packages = []string{"playwright-core@1.65.1", "axe-core@4.14.1"}

// template marks turns and, for models that think, reasoning.
const template = `{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`

// program returns the path of the first program that there is. Without one the test is
// skipped, or fails with CI=true.
func program(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	leaveOut(t, "no program is called "+strings.Join(names, " or "))
	return ""
}

func leaveOut(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" && runtime.GOOS == "linux" { // .ci/run installs what it needs
		t.Fatal(why)
	}
	t.Skip(why)
}

// file returns the file of a model that always answers text.
func file(t *testing.T, text string) []byte {
	t.Helper()
	b, err := chordtest.File(strings.TrimSpace(strings.ReplaceAll(text, "\r", "")))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// model returns a model that always answers what a file of testdata has.
func model(t *testing.T, name, template string) server.Model {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".md"))
	if err != nil {
		t.Fatal(err)
	}
	b := file(t, string(text))
	m, err := chord.OpenReaderAt(bytes.NewReader(b), int64(len(b)), chord.Options{Threads: 1, ChatTemplate: template})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return server.Model{Name: name, Loaded: m}
}

// A proxy stands before the server. A stream whose request has [hold] in its last
// message goes on only until the client leaves, after a few events; one with [cut] loses
// its connection there the first time.
type proxy struct {
	http.Handler
	held, cut, resumed atomic.Int32
}

const eventsBefore = 12

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(b))
		var q struct{ Messages []struct{ Content string } }
		if json.Unmarshal(b, &q) != nil || len(q.Messages) == 0 {
			q.Messages = append(q.Messages, struct{ Content string }{})
		}
		last := q.Messages[len(q.Messages)-1].Content
		switch {
		case strings.Contains(last, "[hold]"):
			w = &meter{ResponseWriter: w, then: func() error {
				<-r.Context().Done()
				p.held.Add(1)
				return r.Context().Err()
			}}
		case strings.Contains(last, "[cut]") && p.cut.Add(1) > 1:
			p.resumed.Add(1)
		case strings.Contains(last, "[cut]"):
			conn := http.NewResponseController(w)
			w = &meter{ResponseWriter: w, then: func() error {
				if c, _, err := conn.Hijack(); err == nil {
					c.Close()
				}
				return net.ErrClosed
			}}
		}
	}
	p.Handler.ServeHTTP(w, r)
}

// A meter fails after some writes, with what then returns.
type meter struct {
	http.ResponseWriter
	writes int
	then   func() error
}

func (m *meter) Write(b []byte) (int, error) {
	if m.writes++; m.writes > eventsBefore {
		return 0, m.then()
	}
	return m.ResponseWriter.Write(b)
}

// Unwrap returns the writer below.
func (m *meter) Unwrap() http.ResponseWriter { return m.ResponseWriter }

// start starts a server and returns its address.
func start(t *testing.T, o server.Options) (*proxy, string) {
	t.Helper()
	s, err := server.New(o)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{Handler: s.Handler()}
	h := httptest.NewServer(p)
	t.Cleanup(func() {
		h.CloseClientConnections()
		h.Close()
	})
	return p, h.URL
}

// folder has the scripts that drive browsers, and what they need from npm.
var folder string

func TestMain(m *testing.M) {
	code := m.Run()
	if folder != "" {
		os.RemoveAll(folder)
	}
	os.Exit(code)
}

// script returns a command that runs a script in Node with the path of a browser and
// other arguments. It installs what the scripts need.
func script(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	browser := program(t, "chromium", "chromium-browser", "google-chrome")
	node, npm := program(t, "node"), program(t, "npm")
	if folder == "" {
		dir, err := os.MkdirTemp("", "chord-page")
		if err != nil {
			t.Fatal(err)
		}
		install := exec.CommandContext(t.Context(), npm, append([]string{"install", "--prefix", dir, "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"}, packages...)...)
		if out, err := install.CombinedOutput(); err != nil {
			os.RemoveAll(dir)
			leaveOut(t, "npm install: "+err.Error()+"\n"+string(out))
		}
		for _, name := range []string{"browser.mjs", "drive.mjs", "demo.mjs"} {
			b, err := os.ReadFile(name)
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, name), b, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		folder = dir
	}
	return exec.CommandContext(t.Context(), node, append([]string{filepath.Join(folder, name), browser}, args...)...)
}

// TestPage runs drive.mjs, which prints a line for each thing that it has tried.
func TestPage(t *testing.T) {
	models := []server.Model{model(t, "guide", template), model(t, "thinker", template+"{# <think> #}"), model(t, "hostile", template)}
	p, open := start(t, server.Options{Models: models})
	_, locked := start(t, server.Options{Models: models[:1], Keys: []string{"sesame"}})
	drive(t, script(t, "drive.mjs", open, locked, *shots))
	if p.held.Load() == 0 {
		t.Error("no server saw that the client stopped an answer")
	}
	if p.resumed.Load() != 1 {
		t.Errorf("a stream that was cut was asked for again %d times, want once", p.resumed.Load())
	}
}

// drive makes a subtest of each line "ok NAME" or "not ok NAME: WHY".
func drive(t *testing.T, c *exec.Cmd) {
	t.Helper()
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	n := 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		line := lines.Text()
		name, failed := strings.CutPrefix(line, "not ok ")
		why := ""
		if failed {
			name, why, _ = strings.Cut(name, ": ")
		} else if name, failed = strings.CutPrefix(line, "ok "); !failed {
			t.Log(line)
			continue
		}
		n++
		t.Run(name, func(t *testing.T) {
			if why != "" {
				t.Error(why)
			}
		})
	}
	if err := c.Wait(); err != nil || n == 0 {
		t.Errorf("the script: %v after %d tests", err, n)
	}
}
