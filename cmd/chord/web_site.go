package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/querent-ai/chord/web"
)

// webHeaders isolate the pages of a site from other origins, so that threads can share
// memory, and let no other site show or load them.
var webHeaders = map[string]string{
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Embedder-Policy": "require-corp",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Content-Security-Policy":      "frame-ancestors 'none'", // the page says the rest
	"Referrer-Policy":              "no-referrer",
	"X-Content-Type-Options":       "nosniff",
	"Cache-Control":                "no-cache", // ask each time
}

// maxUnpacked bounds the bytes of a file in an archive, which are in memory while they
// are sent.
const maxUnpacked = 64 << 20

// A webSite serves files, of folders their index.html.
type webSite struct{ files fs.FS }

// ServeHTTP implements http.Handler.
func (s webSite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, value := range webHeaders {
		w.Header().Set(name, value)
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if name == "" {
		name = "index.html"
	}
	if err := serveFile(w, r, s.files, name); err != nil {
		http.NotFound(w, r)
	}
}

// serveFile answers with a file. One of a folder has its time to know it by, one of an
// archive, which has none, a checksum.
func serveFile(w http.ResponseWriter, r *http.Request, files fs.FS, name string) error {
	f, err := files.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fs.ErrNotExist
	}
	w.Header().Set("Content-Type", web.Kind(name))
	if seeker, ok := f.(io.ReadSeeker); ok {
		http.ServeContent(w, r, name, info.ModTime(), seeker)
		return nil
	}
	b, err := io.ReadAll(io.LimitReader(f, maxUnpacked+1))
	if err != nil {
		return err
	}
	if len(b) > maxUnpacked {
		return fmt.Errorf("%s: more than %d bytes", name, maxUnpacked)
	}
	sum := sha256.Sum256(b)
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(b))
	return nil
}
