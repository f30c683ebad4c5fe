package server

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"strings"

	"github.com/querent-ai/chord/server/internal/core"
	"github.com/querent-ai/chord/web"
)

// pagePolicy lets the page load what is the server's own and nothing else. It may not be
// framed, and has no scripts or styles within the document.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// A pageFile is a file of the web page.
type pageFile struct {
	kind string
	etag string
	body []byte
}

// pageRoutes returns the routes of the web page. Its files need no key: the page asks
// for it. GET / is the page unless another face takes the request first.
func pageRoutes() ([]core.Route, error) {
	var routes []core.Route
	err := fs.WalkDir(web.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := readPageFile(name)
		if err != nil {
			return err
		}
		at := "/" + name
		if name == "index.html" {
			at = "/{$}"
		}
		routes = append(routes, core.Route{Method: http.MethodGet, Path: at, Handle: f.handle, Public: true})
		return nil
	})
	return routes, err
}

// readPageFile reads a file of the page.
func readPageFile(name string) (*pageFile, error) {
	b, err := fs.ReadFile(web.FS, name)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b)
	return &pageFile{web.Kind(name), `"` + hex.EncodeToString(sum[:16]) + `"`, b}, nil
}

// handle answers with the file.
func (f *pageFile) handle(x *core.Exchange) error {
	h := x.Header()
	h.Set("Cache-Control", "no-cache") // ask each time: a new server has new files
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("ETag", f.etag)
	h.Set("Referrer-Policy", "no-referrer")
	h.Add("Vary", "Accept") // of / alone other clients get another answer
	for _, tag := range strings.Split(x.Request.Header.Get("If-None-Match"), ",") {
		if strings.TrimPrefix(strings.TrimSpace(tag), "W/") == f.etag {
			return x.Text(http.StatusNotModified, f.kind, nil)
		}
	}
	return x.Text(http.StatusOK, f.kind, f.body)
}
