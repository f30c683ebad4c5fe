package web

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed demo
var demo embed.FS

// What index.html has once, and what the demo has there: a file of demo before it, or in
// its place.
var (
	serveScript = []byte(`<script type="module" src="page/serve.js"></script>` + "\n")
	noScript    = []byte(`<noscript>This page needs JavaScript. The server answers at /v1/chat/completions too.</noscript>` + "\n")
)

// Demo returns the files of the demo, by their paths, without the npm package, which is
// to be in the folder chord beside them, and shell.js, which lists all files for the
// service worker.
func Demo() (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, f := range []fs.FS{FS, demo} {
		err := fs.WalkDir(f, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			files[name], err = fs.ReadFile(f, name)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	index, err := demoIndex(files["index.html"], files["demo/head.html"], files["demo/body.html"])
	if err != nil {
		return nil, err
	}
	files["index.html"], files["sw.js"] = index, files["demo/sw.js"] // a service worker has the pages below it
	for _, name := range []string{"demo/head.html", "demo/body.html", "demo/sw.js", "page/serve.js", "page/transport.js"} {
		delete(files, name)
	}
	return files, nil
}

// demoIndex returns the document of the demo: that of a server's page with other parts.
func demoIndex(index, head, body []byte) ([]byte, error) {
	for _, part := range []struct{ old, new []byte }{
		{serveScript, head},
		{noScript, append(body, "<noscript>This page needs JavaScript.</noscript>\n"...)},
	} {
		if n := bytes.Count(index, part.old); n != 1 {
			return nil, fmt.Errorf("web: index.html has %d lines %q, want one", n, part.old)
		}
		index = bytes.Replace(index, part.old, part.new, 1)
	}
	return index, nil
}

// Kind returns the type of a file of the page or the demo, by its name. The tables of
// systems do not agree on .js.
func Kind(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".html":
		return "text/html; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json":
		return "application/json"
	case ".wasm":
		return "application/wasm"
	}
	return "application/octet-stream"
}
