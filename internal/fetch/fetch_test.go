package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// content is what the server has; it is longer than one write of the network's.
var content = bytes.Repeat([]byte("chord "), 20_000)

// row returns the manifest's row of b.
func row(path string, b []byte) File {
	sum := sha256.Sum256(b)
	return File{Path: path, Size: int64(len(b)), SHA256: hex.EncodeToString(sum[:]), Licence: "ours", URL: "https://example.com/o/r/commit/" + path}
}

// serve returns the address of a server that answers with h.
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// openRoot opens a folder for the test.
func openRoot(t *testing.T, dir string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

// tree returns the files below dir, with their sizes.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := fs.WalkDir(os.DirFS(dir), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			fmt.Fprintf(&b, "%s %d\n", p, info.Size())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// cut sends the first n bytes of what it has announced and ends the connection.
func cut(w http.ResponseWriter, b []byte, n int) {
	w.Header().Set("Content-Length", fmt.Sprint(len(b)))
	if _, err := w.Write(b[:n]); err == nil {
		_ = http.NewResponseController(w).Flush()
	}
	panic(http.ErrAbortHandler)
}

// ranged sends b from the offset that the request asks for.
func ranged(w http.ResponseWriter, r *http.Request, b []byte) {
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
}

func TestFetch(t *testing.T) {
	wrong := bytes.Repeat([]byte("drohc "), 20_000)
	place, part := "a/b.bin 120000\n", "a/b.bin.part "
	for _, c := range []struct {
		name     string
		before   map[string][]byte // files in the folder
		serve    func(n int, w http.ResponseWriter, r *http.Request)
		requests int
		err      string // "" is success
		after    string // the folder
	}{
		{"a file", nil, func(_ int, w http.ResponseWriter, r *http.Request) { ranged(w, r, content) }, 1, "", place},
		{"already there", map[string][]byte{"a/b.bin": content}, nil, 0, "", place},
		{"there, but another", map[string][]byte{"a/b.bin": wrong}, func(_ int, w http.ResponseWriter, r *http.Request) { ranged(w, r, content) }, 1, "", place},
		{"there, but short", map[string][]byte{"a/b.bin": content[:9]}, func(_ int, w http.ResponseWriter, r *http.Request) { ranged(w, r, content) }, 1, "", place},
		{"cut once, then resumed", nil, func(n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				cut(w, content, 50_000)
			}
			if r.Header.Get("Range") == "" {
				http.Error(w, "not resumed", http.StatusTeapot)
				return
			}
			ranged(w, r, content)
		}, 2, "", place},
		{"cut every time", nil, func(_ int, w http.ResponseWriter, _ *http.Request) { cut(w, content, 50_000) }, 3, "after 50000 bytes of 120000: unexpected EOF", part + "50000\n"},
		{"short, and said to be whole", nil, func(_ int, w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(content[:7]) }, 3, "it ends after 7 bytes of 120000", part + "7\n"},
		{"resumed from an earlier run", map[string][]byte{"a/b.bin.part": content[:99]}, func(_ int, w http.ResponseWriter, r *http.Request) { ranged(w, r, content) }, 1, "", place},
		{"an earlier run was complete", map[string][]byte{"a/b.bin.part": content}, nil, 0, "", place},
		{"an earlier run was of something else", map[string][]byte{"a/b.bin.part": wrong[:99]}, func(_ int, w http.ResponseWriter, r *http.Request) { ranged(w, r, content) }, 2, "", place},
		{"a server that knows no ranges", map[string][]byte{"a/b.bin.part": content[:99]}, func(_ int, w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(content) }, 1, "", place},
		{"a range that was not asked for", map[string][]byte{"a/b.bin.part": content[:99]}, func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", "bytes 7-119999/120000")
			w.WriteHeader(http.StatusPartialContent)
		}, 1, "206", part + "99\n"},
		{"wrong hash", nil, func(_ int, w http.ResponseWriter, r *http.Request) { ranged(w, r, wrong) }, 1, "SHA-256 ", ""},
		{"too long", nil, func(_ int, w http.ResponseWriter, r *http.Request) {
			ranged(w, r, append(content[:len(content):len(content)], 'x'))
		}, 1, "more than 120000 bytes", part + "0\n"},
		{"without end", nil, func(_ int, w http.ResponseWriter, _ *http.Request) {
			for err := error(nil); err == nil; {
				_, err = w.Write(content)
			}
		}, 1, "more than 120000 bytes", part + "0\n"},
		{"an earlier run got too much", map[string][]byte{"a/b.bin.part": append(wrong[:len(wrong):len(wrong)], 'x')}, func(_ int, w http.ResponseWriter, r *http.Request) { ranged(w, r, content) }, 1, "", place},
		{"not found", nil, func(_ int, w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }, 1, "404", part + "0\n"},
		{"out of order, then well", nil, func(n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				http.Error(w, "later", http.StatusServiceUnavailable)
				return
			}
			ranged(w, r, content)
		}, 2, "", place},
		{"redirect", nil, func(n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				http.Redirect(w, r, "/elsewhere", http.StatusFound)
				return
			}
			ranged(w, r, content)
		}, 2, "", place},
		{"redirects without end", nil, func(_ int, w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }, 18, "more than five redirects", part + "0\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, b := range c.before {
				if err := errors.Join(os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o777), os.WriteFile(filepath.Join(dir, name), b, 0o666)); err != nil {
					t.Fatal(err)
				}
			}
			n := 0
			base := serve(t, func(w http.ResponseWriter, r *http.Request) {
				n++
				c.serve(n, w, r)
			})
			isNew, err := (&Fetcher{Base: base, Tries: 3}).Fetch(t.Context(), openRoot(t, dir), row("a/b.bin", content))
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err) || !strings.Contains(err.Error(), "a/b.bin")) {
				t.Errorf("got %v, want %q", err, c.err)
			}
			if want := err == nil && c.name != "already there"; isNew != want {
				t.Errorf("new: got %v, want %v", isNew, want)
			}
			if n != c.requests {
				t.Errorf("%d requests, want %d", n, c.requests)
			}
			if got := tree(t, dir); got != c.after {
				t.Errorf("the folder has\n%swant\n%s", got, c.after)
			}
		})
	}
}

// TestRedirectToHTTP wants a redirect away from HTTPS refused.
func TestRedirectToHTTP(t *testing.T) {
	from, to := httptest.NewRequest(http.MethodGet, "https://a/", nil), httptest.NewRequest(http.MethodGet, "http://a/", nil)
	if err := checkRedirect(to, []*http.Request{from}); err == nil || !strings.Contains(err.Error(), "want https") {
		t.Errorf("got %v", err)
	}
	if err := checkRedirect(from, []*http.Request{from}); err != nil {
		t.Error(err)
	}
}

// TestCancelled wants no request and no further try once the context is done.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		n++
		cancel()
		http.Error(w, "later", http.StatusServiceUnavailable)
	})
	_, err := (&Fetcher{Base: base, Wait: time.Hour}).Fetch(ctx, openRoot(t, t.TempDir()), row("a", content))
	if err == nil || n != 1 {
		t.Errorf("%d requests, %v", n, err)
	}
}
