package fetch

import (
	"encoding/json"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestParseManifest(t *testing.T) {
	good := row("a/b", content)
	for _, c := range []struct {
		name   string
		change func(f *File)
		want   string // "" is no error
	}{
		{"good", func(*File) {}, ""},
		{"not public", func(f *File) { f.URL = "" }, ""},
		{"an archive", func(f *File) { f.Path, f.Keep = "a/", []string{"b"} }, ""},
		{"path above", func(f *File) { f.Path = "../a" }, "not a path below"},
		{"path above, in the middle", func(f *File) { f.Path = "a/../../b" }, "not a path below"},
		{"absolute path", func(f *File) { f.Path = "/etc/a" }, "not a path below"},
		{"path of Windows", func(f *File) { f.Path = `c:\a` }, "not a path below"},
		{"no path", func(f *File) { f.Path = "" }, "not a path below"},
		{"negative size", func(f *File) { f.Size = -1 }, "size -1"},
		{"huge size", func(f *File) { f.Size = 1 << 40 }, "size 1099511627776"},
		{"no hash", func(f *File) { f.SHA256 = "" }, "sha256"},
		{"capital hash", func(f *File) { f.SHA256 = strings.ToUpper(f.SHA256) }, "sha256"},
		{"plain HTTP", func(f *File) { f.URL = "http://example.com/a" }, "want https"},
		{"no host", func(f *File) { f.URL = "https:///a" }, "want https"},
		{"keeps of a file", func(f *File) { f.Keep = []string{"a"} }, "keep belongs to a folder"},
		{"a folder without", func(f *File) { f.Path = "a/" }, "keep belongs to a folder"},
		{"twice", func(f *File) { f.Path = "other" }, "twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := good
			c.change(&f)
			b, err := json.Marshal([]File{f, row("other", content)})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := ParseManifest(b); c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestManifest holds the repository's own manifest: it parses, what the
// repository ships is what it says, and every file is shipped, public or
// known to be neither.
func TestManifest(t *testing.T) {
	b, err := os.ReadFile("../../testdata/fetch/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	files, err := ParseManifest(b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("../../.git"); err != nil {
		t.Skip("testdata/data is a module of its own, which go get leaves out")
	}
	shipped := openRoot(t, "../../testdata/data")
	rows := map[string]File{}
	public := 0
	for _, f := range files {
		rows[f.Path] = f
		if f.Licence == "" {
			t.Errorf("%s: no licence", f.Path)
		}
		if f.URL != "" {
			public++
			if !strings.HasPrefix(f.URL, "https://raw.githubusercontent.com/") && !strings.HasPrefix(f.URL, "https://codeload.github.com/") || !commit.MatchString(f.URL) {
				t.Errorf("%s: %s names no commit of GitHub", f.Path, f.URL)
			}
		}
	}
	if public < 70 {
		t.Errorf("%d files with an origin", public)
	}
	err = fs.WalkDir(shipped.FS(), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || p == "README.md" || p == "go.mod" {
			return err
		}
		if f := rows[p]; f.URL != "" || !strings.HasPrefix(f.Licence, "ours") {
			t.Errorf("%s is shipped: licence %q, URL %q", p, f.Licence, f.URL)
		} else if err := f.there(shipped); err != nil {
			t.Errorf("%s: %v", p, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

var commit = regexp.MustCompile(`/[0-9a-f]{40}(/|$)`)
