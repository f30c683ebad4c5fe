package fetch

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// tarball returns a gzipped archive of these files, the first a folder's name.
func tarball(t *testing.T, files ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, h := range files {
		h.Mode = 0o644
		if h.Typeflag == 0 {
			h.Typeflag, h.Size = tar.TypeReg, int64(len(path.Base(h.Name)))
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := w.Write([]byte(path.Base(h.Name))); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// suite is the row of an archive with the files "keep/a" and "one", each of
// which holds its own name.
func suite() File {
	sum := func(s string) string { b := sha256.Sum256([]byte(s)); return hex.EncodeToString(b[:]) }
	all := sum(sum("a") + "  ./keep/a\n" + sum("one") + "  ./one\n")
	return File{Path: "s/suite/", Size: 4, SHA256: all, Licence: "ours", URL: "https://example.com/o/r/tar.gz/commit", Keep: []string{"one", "keep/"}}
}

func TestFetchArchive(t *testing.T) {
	good := []tar.Header{{Name: "r-commit/", Typeflag: tar.TypeDir}, {Name: "r-commit/keep/a"}, {Name: "r-commit/one"}, {Name: "r-commit/other"}}
	whole := "s/suite/keep/a 1\ns/suite/one 3\n"
	for _, c := range []struct {
		name     string
		before   string // a file that is there
		serve    []byte
		requests int
		err      string
		after    string
	}{
		{"an archive", "", tarball(t, good...), 1, "", whole},
		{"an older one is there", "s/suite/old", tarball(t, good...), 1, "", whole},
		{"left by an earlier run", "s/suite.part/old", tarball(t, good...), 1, "", whole},
		{"a file less", "", tarball(t, good[:2]...), 1, "1 bytes in 1 files, want 4", "s/suite.part/keep/a 1\n"},
		{"another name", "", tarball(t, tar.Header{Name: "r/keep/a"}, tar.Header{Name: "r/keep/one"}), 1, "SHA-256 of all files", "s/suite.part/keep/a 1\ns/suite.part/keep/one 3\n"},
		{"more to keep", "", tarball(t, append(good[:4:4], tar.Header{Name: "r/keep/b"})...), 1, "more than 4 bytes", "s/suite.part/keep/a 1\ns/suite.part/one 3\n"},
		{"a name that leaves the folder", "", tarball(t, tar.Header{Name: "r/keep/../../../x"}), 1, "has a file", ""},
		{"a link", "", tarball(t, tar.Header{Name: "r/keep/l", Typeflag: tar.TypeSymlink, Linkname: "/"}), 1, "no such file", ""},
		{"a file twice", "", tarball(t, good[1], good[1], good[1]), 3, "exist", "s/suite.part/keep/a 1\n"},
		{"truncated", "", tarball(t, good...)[:100], 3, "unexpected EOF", ""},
		{"no archive", "", []byte("not found, but 200"), 3, "gzip", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if c.before != "" {
				name := filepath.Join(dir, c.before)
				if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, nil, 0o666)); err != nil {
					t.Fatal(err)
				}
			}
			n := 0
			f := &Fetcher{Tries: 3, Base: serve(t, func(w http.ResponseWriter, r *http.Request) {
				if n++; r.URL.Path != "/o/r/tar.gz/commit" {
					t.Errorf("asks for %s", r.URL)
				}
				_, _ = w.Write(c.serve)
			})}
			root := openRoot(t, dir)
			isNew, err := f.Fetch(t.Context(), root, suite())
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) || isNew != (err == nil) {
				t.Errorf("got %v, %v, want %q", isNew, err, c.err)
			}
			if got := tree(t, dir); n != c.requests || got != c.after {
				t.Errorf("%d requests, want %d; the folder has\n%swant\n%s", n, c.requests, got, c.after)
			}
			if err != nil {
				return
			}
			if isNew, err := f.Fetch(t.Context(), root, suite()); isNew || err != nil || n != c.requests {
				t.Errorf("again: %v, %v, %d requests", isNew, err, n)
			}
		})
	}
}
