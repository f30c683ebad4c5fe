package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// get asks a handler.
func get(t *testing.T, h http.Handler, method, path string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, "/", nil)
	r.URL.Path = path // as it comes, with dots
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

// archive returns an archive with a file.
func archive(t *testing.T, name, text string) fs.FS {
	t.Helper()
	var b bytes.Buffer
	zw := zip.NewWriter(&b)
	f, err := zw.Create(name)
	if err == nil {
		_, err = io.WriteString(f, text)
	}
	if err == nil {
		err = zw.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	zr, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return zr
}

// TestWebSite wants the files of a folder and of an archive with types, the headers that
// isolate pages, and an answer that nothing has changed, and nothing from elsewhere.
func TestWebSite(t *testing.T) {
	dir := t.TempDir()
	site := filepath.Join(dir, "site")
	if err := os.MkdirAll(filepath.Join(site, "demo"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"secret.html": "secret", "site/index.html": "page", "site/demo/main.js": "code", "site/chord.wasm": "program"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	linked := os.Symlink(filepath.Join(dir, "secret.html"), filepath.Join(site, "link.html")) == nil
	root, err := os.OpenRoot(site)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	folder := webSite{root.FS()}
	for _, c := range []struct{ path, kind, body string }{
		{"/", "text/html; charset=utf-8", "page"},
		{"/demo/main.js", "text/javascript; charset=utf-8", "code"},
		{"/chord.wasm", "application/wasm", "program"},
	} {
		a := get(t, folder, "GET", c.path)
		b, _ := io.ReadAll(a.Body)
		if a.StatusCode != 200 || a.Header.Get("Content-Type") != c.kind || string(b) != c.body {
			t.Errorf("%s: %d %v %q", c.path, a.StatusCode, a.Header, b)
		}
		if a.Header.Get("Cross-Origin-Opener-Policy") != "same-origin" || a.Header.Get("Cross-Origin-Embedder-Policy") != "require-corp" {
			t.Errorf("%s is not isolated: %v", c.path, a.Header)
		}
		if again := get(t, folder, "GET", c.path, "If-Modified-Since", a.Header.Get("Last-Modified")); again.StatusCode != 304 {
			t.Errorf("%s again: %d, want 304", c.path, again.StatusCode)
		}
	}
	for _, path := range []string{"/none.js", "/demo", "/demo/", "/../secret.html", "/demo/../../secret.html", "/..\\secret.html", "//etc/passwd", "/index.html/x"} {
		if a := get(t, folder, "GET", path); a.StatusCode != 404 {
			t.Errorf("%s: %d, want 404", path, a.StatusCode)
		}
	}
	if a := get(t, folder, "GET", "/link.html"); linked && a.StatusCode != 404 {
		t.Errorf("a link out of the folder: %d, want 404", a.StatusCode)
	}
	if a := get(t, folder, "POST", "/"); a.StatusCode != 405 {
		t.Errorf("POST: %d, want 405", a.StatusCode)
	}
	packed := webSite{archive(t, "index.html", "page")}
	a := get(t, packed, "GET", "/")
	if b, _ := io.ReadAll(a.Body); a.StatusCode != 200 || string(b) != "page" || a.Header.Get("Last-Modified") != "" {
		t.Errorf("of an archive: %d %v %q", a.StatusCode, a.Header, b)
	}
	bomb := webSite{archive(t, "index.html", strings.Repeat("0", maxUnpacked+1))}
	if a := get(t, bomb, "GET", "/"); a.StatusCode != 404 {
		t.Errorf("a file of an archive that is too large: %d, want 404", a.StatusCode)
	}
	if again := get(t, packed, "GET", "/", "If-None-Match", a.Header.Get("ETag")); again.StatusCode != 304 {
		t.Errorf("of an archive again: %d, want 304", again.StatusCode)
	}
	if again := get(t, webSite{archive(t, "index.html", "other")}, "GET", "/", "If-None-Match", a.Header.Get("ETag")); again.StatusCode != 200 {
		t.Errorf("of another archive: %d, want 200", again.StatusCode)
	}
}

// TestWebCommand wants the page of a folder at the address that is printed, until a
// signal comes, and errors about folders and flags.
func TestWebCommand(t *testing.T) {
	dir := t.TempDir()
	if r := do(t, "", "web", "--dir", dir); r.code != 1 || !strings.Contains(r.stderr, "no web demo is there") {
		t.Errorf("an empty folder: %d %s", r.code, r.stderr)
	}
	if r := do(t, "", "web", "--dir", filepath.Join(dir, "none")); r.code != 1 {
		t.Errorf("no folder: %d %s", r.code, r.stderr)
	}
	broken := filepath.Join(dir, "broken.zip")
	if err := os.WriteFile(broken, []byte("PK"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := do(t, "", "web", "--dir", broken); r.code != 1 || !strings.Contains(r.stderr, "broken.zip: zip: not a valid zip file") {
		t.Errorf("a broken archive: %d %s", r.code, r.stderr)
	}
	if r := do(t, "", "web", "--port", "70000"); r.code != exitUsage {
		t.Errorf("--port 70000: %d %s", r.code, r.stderr)
	}
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte("page"), 0o600); err != nil {
		t.Fatal(err)
	}
	in, out := io.Pipe()
	var stderr bytes.Buffer
	a := newApp(strings.NewReader(""), out, &stderr)
	code := make(chan int, 1)
	go func() {
		code <- a.run([]string{"web", "--port", "0", "--dir", dir})
		out.Close()
	}()
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil {
		t.Fatal(err, <-code, stderr.String())
	}
	_, url, _ := strings.Cut(strings.TrimSpace(line), " at ")
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(response.Body)
	response.Body.Close()
	if string(b) != "page" {
		t.Errorf("GET %s: %q", url, b)
	}
	host, _, err := net.SplitHostPort(strings.Trim(strings.TrimPrefix(url, "http://"), "/"))
	if err != nil || !loopback(host) {
		t.Errorf("%s is not on this machine alone: %v", url, err)
	}
	a.signals <- syscall.SIGTERM
	if c := <-code; c != exitTerm {
		t.Errorf("it ends with %d, want %d: %s", c, exitTerm, &stderr)
	}
}
