package hub

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// filled returns a cache with files of snapshots, name after "commit/"; equal contents
// share a blob.
func filled(t *testing.T, repos map[string]map[string]string) Cache {
	t.Helper()
	c := Cache{t.TempDir()}
	for name, files := range repos {
		r := c.repo(name)
		if err := os.MkdirAll(r.blobs(), 0o777); err != nil {
			t.Fatal(err)
		}
		for path, content := range files {
			commit, file, _ := strings.Cut(path, "/")
			if err := os.WriteFile(r.blob(hexSum([]byte(content))), []byte(content), 0o666); err != nil {
				t.Fatal(err)
			}
			if err := r.link(commit, file, hexSum([]byte(content))); err != nil {
				t.Fatal(err)
			}
		}
	}
	return c
}

const otherCommit = "ffffffff89abcdef0123456789abcdef01234567"

// library is a cache with several models.
func library(t *testing.T) Cache {
	c := filled(t, map[string]map[string]string{
		"org/name": {
			commit + "/m-Q4_K_M.gguf": "same", commit + "/m-Q8_0-00001-of-00002.gguf": "one", commit + "/m-Q8_0-00002-of-00002.gguf": "two",
			otherCommit + "/m-Q4_K_M.gguf": "same", otherCommit + "/m-F16.gguf": "old", otherCommit + "/m-Q6_K-00001-of-00002.gguf": "half",
			commit + "/README.md": "text", commit + "/mmproj-F16.gguf": "eyes",
		},
		"org/two":   {commit + "/a-Q4_0.gguf": "a", commit + "/b-Q4_0.gguf": "b"},
		"other/two": {commit + "/model.gguf": "m"},
	})
	if err := c.repo("org/name").setRef("main", commit); err != nil {
		t.Fatal(err)
	}
	if err := c.repo("org/name").setRef("refs/pr/1", otherCommit); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestList(t *testing.T) {
	c := library(t)
	list, err := c.List()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range list {
		got = append(got, e.Name)
	}
	want := "hf://org/two/a-Q4_0.gguf hf://org/two/b-Q4_0.gguf hf://other/two/model.gguf org/name:F16 org/name:Q4_K_M org/name:Q8_0"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got %s, want %s", s, want)
	}
	if e := list[5]; e.Size != 6 || len(e.Files) != 2 || e.Commit != commit {
		t.Errorf("%+v", e)
	}
	if list, err := (Cache{filepath.Join(c.Dir, "nothing")}).List(); list != nil || err != nil {
		t.Errorf("no cache: %v, %v", list, err)
	}
}

func TestNamed(t *testing.T) {
	c := library(t)
	for name, want := range map[string]string{ // what the file holds, or an error after !
		"org/name":                      "same",
		"org/name:q8_0":                 "one",
		"name:q8_0":                     "one",
		"ORG/NAME:F16":                  "old",
		"org/name@refs/pr/1:F16":        "!not found", // a slash begins a file
		"hf://org/name/m-Q4_K_M.gguf":   "same",
		"hf://org/name/m-F16.gguf":      "!not found", // in main
		"m-F16.gguf":                    "old",
		"m-f16":                         "old",
		"b-Q4_0":                        "b",
		"org/two":                       "a", // as Find does
		"two":                           "!may be hf://org/two/a-Q4_0.gguf or",
		"name":                          "!may be",
		"org/name:Q3_K_M":               "!not found",
		"nobody/name":                   "!not found",
		"":                              "!not found",
		"../../etc/passwd":              "!not found",
		"https://example.com/none.gguf": "!not found",
	} {
		e, err := c.Named(name)
		if text, fails := strings.CutPrefix(want, "!"); fails {
			wantErr(t, err, nil, text)
			continue
		}
		if b, _ := os.ReadFile(e.Path); err != nil || string(b) != want {
			t.Errorf("%q: got %q of %s, %v, want %q", name, b, e.Name, err, want)
		}
	}
}

// A blob goes with its last link, a repository with its last model.
func TestRemove(t *testing.T) {
	c := library(t)
	r := c.repo("org/name")
	remove := func(name string, want int64) {
		t.Helper()
		e, err := c.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := c.Remove(e); n != want || err != nil {
			t.Errorf("%s: %d bytes, %v, want %d", name, n, err, want)
		}
	}
	same := r.blob(hexSum([]byte("same")))
	remove("org/name:Q4_K_M", 0)
	if !sized(same, 4) {
		t.Error("the blob of another snapshot is gone")
	}
	remove("org/name:Q4_K_M", 4)
	if sized(same, 4) {
		t.Error("the blob is still there")
	}
	remove("org/name:Q8_0", 6)
	remove("b-Q4_0", 1)
	remove("a-Q4_0", 1)
	if _, err := os.Stat(c.repo("org/two").dir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a repository without models: %v", err)
	}
	if _, err := c.Remove(Entry{Repo: "org/name", Files: []string{r.snapshot(commit, "none.gguf")}}); err == nil {
		t.Error("a file that is not there is removed")
	}
}

// A link out of the cache is removed, what it points to is not.
func TestRemoveOutside(t *testing.T) {
	c := library(t)
	outside := filepath.Join(t.TempDir(), "precious.gguf")
	if err := os.WriteFile(outside, []byte("precious"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, c.repo("org/two").snapshot(commit, "out-Q5_0.gguf")); err != nil {
		t.Skip(err)
	}
	e, err := c.Named("org/two:Q5_0")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := c.Remove(e); n != 0 || err != nil || !sized(outside, 8) {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// Where the system makes no links, the snapshot has the file itself.
func TestNoLinks(t *testing.T) {
	defer func(f func(string, string) error) { symlink = f }(symlink)
	symlink = func(string, string) error { return errors.New("none here") }
	data := noise(20_000, 1)
	h := newHub(t, map[string][]byte{"model-F16.gguf": data})
	client := h.client(t)
	path := pulled(t, client, "org/name", data)
	if st, err := os.Lstat(path); err != nil || !st.Mode().IsRegular() {
		t.Errorf("%v, %v", st, err)
	}
	asked, _, _ := h.figures()
	pulled(t, client, "org/name", data)
	if again, _, _ := h.figures(); again != asked {
		t.Error("fetched again")
	}
	e, err := client.Cache.Named("org/name")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := client.Cache.Remove(e); n != 20_000 || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// The variables of huggingface_hub say where things are.
func TestFromEnvironment(t *testing.T) {
	home := t.TempDir()
	write := func(name, text string) string {
		name = filepath.Join(home, name)
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return name
	}
	write("token", "of home\n")
	other := write("other", " of path \n")
	for _, c := range []struct {
		set        map[string]string
		dir, token string
		offline    bool
	}{
		{map[string]string{"HF_HOME": home}, filepath.Join(home, "hub"), "of home", false},
		{map[string]string{"HF_HOME": home, "HF_TOKEN_PATH": other}, filepath.Join(home, "hub"), "of path", false},
		{map[string]string{"HF_HOME": home, "HF_TOKEN_PATH": other, "HF_TOKEN": " set "}, filepath.Join(home, "hub"), "set", false},
		{map[string]string{"HF_HOME": home, "HF_HUB_CACHE": "c", "HF_HUB_OFFLINE": "1"}, "c", "of home", true},
		{map[string]string{"HF_HUB_CACHE": "c", "CHORD_MODELS": "m", "HF_HUB_OFFLINE": "0"}, "m", "", false},
		{map[string]string{"XDG_CACHE_HOME": home}, filepath.Join(home, "huggingface", "hub"), "", false},
		{map[string]string{"HOME": home, "USERPROFILE": home}, filepath.Join(home, ".cache", "huggingface", "hub"), "", false},
	} {
		for _, name := range []string{"HF_HOME", "HF_TOKEN_PATH", "HF_TOKEN", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "CHORD_MODELS", "XDG_CACHE_HOME", "HF_ENDPOINT"} {
			t.Setenv(name, c.set[name])
		}
		if c.set["HOME"] != "" {
			t.Setenv("HOME", home)
			t.Setenv("USERPROFILE", home)
		}
		got, err := FromEnvironment()
		if err != nil || got.Cache.Dir != c.dir || got.Token != c.token || got.Offline != c.offline {
			t.Errorf("%v: got %+v, %v", c.set, got, err)
		}
	}
}
