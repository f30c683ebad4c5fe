package web

import (
	"bytes"
	"path"
	"regexp"
	"strings"
	"testing"
)

// TestDemo wants every file that the demo names to be there, but for those of the npm
// package, none of a server's page, and no address of another host.
func TestDemo(t *testing.T) {
	files, err := Demo()
	if err != nil {
		t.Fatal(err)
	}
	outside := regexp.MustCompile(`(?:src|href|url|import|from|fetch)\s*[=(]?\s*["'(]?(?:https?:)?//[a-z]`)
	danger := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\son[a-z]+="`)
	names := regexp.MustCompile(`(?:\bfrom|\bsrc=|\bhref=|\bimport|\bregister\()\s*"([\w./-]+)"`)
	named := 0
	for file, b := range files {
		for _, re := range []*regexp.Regexp{outside, danger} {
			if found := re.Find(b); found != nil {
				t.Errorf("%s has %q", file, found)
			}
		}
		for _, m := range names.FindAllSubmatch(b, -1) {
			name := path.Join(path.Dir(file), string(m[1]))
			if file == "demo/offline.js" { // relative to the document
				name = string(m[1])
			}
			named++
			if _, ok := files[name]; !ok && !strings.HasPrefix(name, "chord/") {
				t.Errorf("%s names %s, which is not there", file, name)
			}
		}
	}
	if named < 30 {
		t.Errorf("%d names of files, too few to believe", named)
	}
	for _, name := range []string{"page/serve.js", "page/transport.js", "demo/body.html", "demo/sw.js"} {
		if _, ok := files[name]; ok {
			t.Errorf("%s is there", name)
		}
	}
}

// TestDemoIndex wants an error about a document that lacks what the demo replaces, or has
// it twice.
func TestDemoIndex(t *testing.T) {
	good := append(append([]byte("<head>\n"), serveScript...), noScript...)
	index, err := demoIndex(good, []byte("HEAD\n"), []byte("BODY\n"))
	if want := "<head>\nHEAD\nBODY\n<noscript>This page needs JavaScript.</noscript>\n"; err != nil || string(index) != want {
		t.Errorf("got %q, %v, want %q", index, err, want)
	}
	for _, bad := range [][]byte{nil, serveScript, noScript, append(bytes.Clone(good), noScript...)} {
		if _, err := demoIndex(bad, nil, nil); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

// TestKind wants the types by which browsers take modules and programs.
func TestKind(t *testing.T) {
	for name, want := range map[string]string{
		"a/b.mjs": "text/javascript; charset=utf-8", "b.JS": "text/javascript; charset=utf-8", "c.wasm": "application/wasm",
		"index.html": "text/html; charset=utf-8", "d.gguf": "application/octet-stream", "e": "application/octet-stream",
	} {
		if got := Kind(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}
