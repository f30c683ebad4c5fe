package server_test

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/querent-ai/chord/server"
	"github.com/querent-ai/chord/web"
)

// TestPage wants every file of the page with its type, without a key, and bound to its
// own origin.
func TestPage(t *testing.T) {
	url := serve(t, server.Options{Keys: []string{"key"}})
	for _, c := range []struct{ path, kind, has string }{
		{"/", "text/html; charset=utf-8", `<main id="main">`},
		{"/page/app.js", "text/javascript; charset=utf-8", "class App"},
		{"/page/style.css", "text/css; charset=utf-8", ":root"},
		{"/page/icon.svg", "image/svg+xml", "<svg"},
	} {
		t.Run(c.path, func(t *testing.T) {
			a := do(t, "GET", url+c.path, "", "Accept", "text/html")
			if a.status != 200 || a.header.Get("Content-Type") != c.kind || !strings.Contains(a.body, c.has) {
				t.Errorf("%d %v", a.status, a.header)
			}
			if p := a.header.Get("Content-Security-Policy"); !strings.Contains(p, "default-src 'none'") || strings.Contains(p, "unsafe") {
				t.Errorf("policy %q", p)
			}
			b := do(t, "GET", url+c.path, "", "If-None-Match", `"other", W/`+a.header.Get("ETag"), "Accept", "text/html")
			if b.status != 304 || b.body != "" {
				t.Errorf("again: %d, %d bytes", b.status, len(b.body))
			}
			if h := do(t, "HEAD", url+c.path, "", "Accept", "text/html"); h.status != 200 || h.body != "" {
				t.Errorf("HEAD: %d", h.status)
			}
		})
	}
	for _, path := range []string{"/page/", "/page/none.js", "/index.html"} {
		if a := do(t, "GET", url+path, ""); a.status != 404 {
			t.Errorf("%s: %d, want 404", path, a.status)
		}
	}
	if a := do(t, "GET", url+"/", "", "Host", "evil.example", "Accept", "text/html"); a.status != 421 {
		t.Errorf("another Host: %d, want 421", a.status)
	}
}

// TestNoPage wants no page where it is not wanted.
func TestNoPage(t *testing.T) {
	url := serve(t, server.Options{NoPage: true})
	for _, path := range []string{"/", "/page/app.js"} {
		if a := do(t, "GET", url+path, "", "Accept", "text/html"); a.status == 200 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

// pageLimit bounds the bytes of the page, of which a phone loads all.
const pageLimit = 100_000

// TestPageOffline wants a small page whose files name no address of another host and
// make no HTML of text.
func TestPageOffline(t *testing.T) {
	outside := regexp.MustCompile(`(?:src|href|url|import|from|fetch)\s*[=(]?\s*["'(]?(?:https?:)?//[a-z]`)
	danger := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\son[a-z]+="`)
	size := 0
	err := fs.WalkDir(web.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(web.FS, name)
		size += len(b)
		for _, re := range []*regexp.Regexp{outside, danger} {
			if found := re.Find(b); found != nil {
				t.Errorf("%s has %q", name, found)
			}
		}
		return err
	})
	if err != nil || size > pageLimit {
		t.Errorf("%v, the page has %d bytes, at most %d", err, size, pageLimit)
	}
}
