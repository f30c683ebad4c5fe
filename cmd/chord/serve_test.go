package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestServeUsage wants, for each wrong command line, its code and what is wrong.
func TestServeUsage(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(empty, []byte("# none\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"serve x", 2, `"x"`},
		{"serve --port 70000", 2, "--port"},
		{"serve --parallel -1", 2, "--parallel"},
		{"serve --max-queue -1", 2, "--max-queue"},
		{"serve --max-memory -1", 2, "--max-memory"},
		{"serve --drain -1s", 2, "--drain"},
		{"serve -c -1", 2, "-c -1"},
		{"serve --host 0.0.0.0", 2, "--api-key"},
		{"serve --host example.com", 2, "--api-key"},
		{"serve --api-key-file " + empty, 2, "no key"},
		{"serve --api-key-file nosuch.txt", 1, "nosuch.txt"},
		{"serve --api-key=", 2, "key"},
		{"serve --allow-origin example.com", 2, "origin"},
		{"serve --model-file small", 2, "NAME=FILE"},
		{"serve --model-file small=nosuch.gguf", 1, "nosuch.gguf"},
		{"serve -m nosuch.gguf", 1, "nosuch.gguf"},
	} {
		t.Run(c.args, func(t *testing.T) {
			r := do(t, "", strings.Fields(c.args)...)
			if r.code != c.code || !strings.Contains(r.stderr, c.want) || strings.Count(r.stderr, "\n") != 1 || r.out != "" {
				t.Errorf("exit %d, want %d: %q, %q", r.code, c.code, r.stderr, r.out)
			}
		})
	}
}

// TestServe serves until SIGTERM.
func TestServe(t *testing.T) {
	in, out := io.Pipe()
	var stderr bytes.Buffer
	a := newApp(strings.NewReader(""), out, &stderr)
	code := make(chan int, 1)
	go func() {
		code <- a.run([]string{"serve", "--port", "0", "--api-key", "key", "--metrics", "--model-file", "small=" + tiny(t)})
		out.Close()
	}()
	line := make([]byte, 200)
	n, err := in.Read(line)
	if err != nil {
		t.Fatal(err, <-code, stderr.String())
	}
	_, url, _ := strings.Cut(strings.TrimSpace(string(line[:n])), " at ")
	for _, c := range []struct {
		path, key string
		status    int
		want      string
	}{
		{"/health", "", 200, "ok"},
		{"/v1/models", "", 401, "invalid_api_key"},
		{"/v1/models", "key", 200, `"small"`},
		{"/metrics", "key", 200, "chord_requests_deferred 0"},
	} {
		q, err := http.NewRequest("GET", url+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.key != "" {
			q.Header.Set("Authorization", "Bearer "+c.key)
		}
		r, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if r.StatusCode != c.status || !strings.Contains(string(b), c.want) {
			t.Errorf("%s: %d %s", c.path, r.StatusCode, b)
		}
	}
	a.signals <- syscall.SIGTERM
	if got := <-code; got != exitTerm {
		t.Errorf("exit %d: %s", got, &stderr)
	}
	if text := stderr.String(); !strings.Contains(text, "path=/v1/models status=401") || strings.Contains(text, "Bearer") {
		t.Errorf("log %s", text)
	}
}
