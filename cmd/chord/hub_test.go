package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/hub"
)

// hubOf serves files as the repository org/name of Hugging Face, makes that the hub of
// this test, with a cache of its own, and returns the cache's folder.
func hubOf(t *testing.T, files map[string]string) (cache string) {
	t.Helper()
	const commit = "0123456789abcdef0123456789abcdef01234567"
	var list []string
	for name, content := range files {
		list = append(list, fmt.Sprintf(`{"rfilename":%q,"lfs":{"sha256":"%x","size":%d}}`, name, sha256.Sum256([]byte(content)), len(content)))
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch name := strings.TrimPrefix(r.URL.Path, "/org/name/resolve/"+commit+"/"); {
		case r.URL.Path == "/api/models/org/name/revision/main":
			fmt.Fprintf(w, `{"sha":%q,"siblings":[%s]}`, commit, strings.Join(list, ","))
		case files[name] != "":
			http.ServeContent(w, r, "", time.Time{}, strings.NewReader(files[name]))
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	cache = t.TempDir()
	for name, value := range map[string]string{"HF_ENDPOINT": s.URL, "HF_HUB_CACHE": cache, "HF_HOME": t.TempDir(), "HF_TOKEN": "",
		"HF_TOKEN_PATH": "", "HF_HUB_OFFLINE": "", "CHORD_MODELS": "", "LLAMA_ARG_HF_REPO": ""} {
		t.Setenv(name, value)
	}
	return cache
}

// talk runs one command line as at a terminal, where a person types stdin.
func talk(stdin string, args ...string) result {
	var out, stderr bytes.Buffer
	a := newApp(strings.NewReader(stdin), &out, &stderr)
	a.person = true
	code := a.run(args)
	return result{code, out.String(), stderr.String()}
}

// TestHub pulls, lists, shows, runs and removes a model.
func TestHub(t *testing.T) {
	tale := fileBytes(t, taleFile(t))
	cache := hubOf(t, map[string]string{"tale-Q4_0.gguf": tale, "big-BF16.gguf": "no model", "README.md": "text"})
	want := ok(t, "", "run", "-m", taleFile(t), "-n", "4", "--temp", "0", "Once")
	r := do(t, "", "show", "org/name:q4_0")
	if r.code != 0 || !strings.Contains(r.out, "capabilities  completion, chat\n") || strings.Contains(r.out, "file  ") {
		t.Errorf("show before the pull: %+v", r)
	}
	r = do(t, "", "pull", "org/name:q4_0")
	path := strings.TrimSpace(r.out)
	if r.code != 0 || fileBytes(t, path) != tale || !strings.HasPrefix(path, cache) || !strings.Contains(r.stderr, "org/name:Q4_0: 2.5 MiB to fetch\nit fits: ") {
		t.Fatalf("pull: %+v", r)
	}
	t.Setenv("HF_HUB_OFFLINE", "1")
	for _, args := range [][]string{
		{"-m", "org/name:Q4_0"}, {"-m", "tale-Q4_0"}, {"-m", "hf://org/name:Q4_0"}, {"-hf", "org/name:q4_0"}, {"-hf", "org/name", "-hff", "tale-Q4_0.gguf"},
	} {
		if got := ok(t, "", append([]string{"run", "-n", "4", "--temp", "0", "Once"}, args...)...); got != want {
			t.Errorf("%q: got %q, want %q", args, got, want)
		}
	}
	var list []listed
	if err := json.Unmarshal([]byte(ok(t, "", "list", "--json")), &list); err != nil || len(list) != 1 || list[0].Name != "org/name:Q4_0" || list[0].Arch != "llama" {
		t.Errorf("list: %+v, %v", list, err)
	}
	if s := ok(t, "", "ls"); !strings.Contains(s, "org/name:Q4_0  2.5 MiB  Q4_0   llama  20") {
		t.Errorf("list: %q", s)
	}
	for _, args := range [][]string{{"inspect", "hf://org/name:Q4_0"}, {"tokenize", "-m", "tale-Q4_0", "a"}, {"bench", "-m", "org/name:Q4_0", "-r", "1", "-p", "1", "-n", "1", "-o", "csv"}} {
		if r := do(t, "", args...); r.code != 0 || r.out == "" {
			t.Errorf("%q: %+v", args, r)
		}
	}
	if s := ok(t, "", "rm", "org/name"); s != "removed org/name:Q4_0, 2.5 MiB freed\n" {
		t.Errorf("rm: %q", s)
	}
	if left, _ := os.ReadDir(filepath.Join(cache, "models--org--name")); len(left) > 0 {
		t.Errorf("rm leaves %v", left)
	}
	if r := do(t, "", "list"); r.code != 0 || r.out != "" || !strings.Contains(r.stderr, "no models") {
		t.Errorf("list of nothing: %+v", r)
	}
}

// Wrong names of models, and wrong flags about them, say what is wrong.
func TestHubErrors(t *testing.T) {
	hubOf(t, map[string]string{"a-Q4_0.gguf": "no model", "b-Q8_0.gguf": "none either"})
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"pull", 2, "want chord pull name..."},
		{"pull name", 2, "want org/name"},
		{"pull ../../etc", 2, "want org/name"},
		{"pull http://192.0.2.1/a.gguf", 2, "want https"},
		{"pull org/name:Q5_K", 1, "no file of type Q5_K; there are"},
		{"pull org/none", 1, "404"},
		{"run -hff a.gguf x", 2, "Name it with -hf"},
		{"run -hf org/name -m a.gguf x", 2, "give one"},
		{"run -hf org/name -mu https://192.0.2.1/a.gguf x", 2, "give one"},
		{"run -mu org/name x", 2, "want https://"},
		{"run -hf name x", 2, "want org/name"},
		{"run -hf org/name -hff ../a.gguf x", 2, "not a path"},
		{"run -m org/name x", 1, "org/name: no such file, nor a model in the cache; chord pull org/name fetches it"},
		{"run -m ./org/name x", 1, "no such file"},
		{"run -m nosuch.gguf x", 1, "nosuch.gguf"},
		{"run -m hf://org x", 2, "want org/name"},
		{"show nosuch", 1, "not found in the cache"},
		{"rm org/name", 1, "not found in the cache"},
		{"inspect hf://org/none", 1, "404"},
	} {
		r := do(t, "", strings.Fields(c.args)...)
		if r.code != c.code || r.out != "" || !strings.Contains(r.stderr, c.want) || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%s: %+v, want code %d and one line with %q", c.args, r, c.code, c.want)
		}
	}
	t.Setenv("LLAMA_ARG_HF_REPO", "org/none")
	if r := do(t, "", "run", "x"); r.code != 1 || !strings.Contains(r.stderr, "404") {
		t.Errorf("LLAMA_ARG_HF_REPO: %+v", r)
	}
	if r := do(t, "", "run", "-m", taleFile(t), "-n", "1", "x"); r.code != 0 {
		t.Errorf("-m and LLAMA_ARG_HF_REPO: %+v", r)
	}
}

// A person is asked before anything large is fetched, and before a model is removed.
func TestHubAsks(t *testing.T) {
	tale := fileBytes(t, taleFile(t))
	cache := hubOf(t, map[string]string{"tale-Q4_0.gguf": tale})
	models := func() int {
		list, err := hub.Cache{Dir: cache}.List()
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	run := func(args ...string) []string { return append([]string{"run", "-n", "2", "Once"}, args...) }
	for _, answer := range []string{"n\n", "\n", "", "no\n", "yesterday\n"} {
		r := talk(answer, run("-hf", "org/name")...)
		if r.code != 1 || !strings.HasSuffix(r.stderr, "Fetch it? [y/N] chord: not fetched\n") || models() != 0 {
			t.Errorf("%q: %+v", answer, r)
		}
	}
	if r := talk("y\n", run("-m", "org/name")...); r.code != 0 || models() != 1 {
		t.Errorf("yes: %+v", r)
	}
	if r := talk("", run("-m", "org/name")...); r.code != 0 || r.stderr != "" {
		t.Errorf("it is there: %+v", r)
	}
	if r := talk("n\n", "rm", "org/name"); r.code != 1 || models() != 1 || r.stderr != "Remove org/name:Q4_0, 2.5 MiB? [y/N] chord: not removed\n" {
		t.Errorf("rm, no: %+v", r)
	}
	if r := talk("Y\n", "rm", "org/name"); r.code != 0 || models() != 0 {
		t.Errorf("rm, yes: %+v", r)
	}
	if r := talk("", run("-hf", "org/name", "--yes")...); r.code != 0 || models() != 1 || strings.Contains(r.stderr, "?") {
		t.Errorf("--yes: %+v", r)
	}
	if r := talk("", "rm", "--yes", "org/name"); r.code != 0 || models() != 0 {
		t.Errorf("rm --yes: %+v", r)
	}
	if r := talk("", "pull", "org/name"); r.code != 0 || models() != 1 {
		t.Errorf("pull of what fits: %+v", r)
	}
}

// Advice says what fits: the model, a shorter text, smaller caches, another file.
func TestAdvice(t *testing.T) {
	const GiB = 1 << 30
	m := &hub.Model{Others: []hub.File{{Name: "m-Q2_K.gguf", Size: 2 * GiB}, {Name: "m-Q3_K_M.gguf", Size: 3 * GiB}, {Name: "m-F16.gguf", Size: 90 * GiB}, {Name: "m.gguf", Size: GiB}}}
	r, err := hub.ParseRef("org/name:Q8_0")
	if err != nil {
		t.Fatal(err)
	}
	m.Ref = r
	for _, c := range []struct {
		name    string
		weights int64
		free    int64
		context int
		err     error
		want    string
		ok      bool
	}{
		{"all fits", 4 * GiB, 16 * GiB, 0, nil, "it fits: 8.0 GiB of the 16.0 GiB of memory that are free, with 32768 tokens", true},
		{"unknown memory", 4 * GiB, 0, 0, nil, "it takes 8.0 GiB of memory with 32768 tokens", true},
		{"a shorter text", 4 * GiB, 8 * GiB, 0, nil, "all of it takes 8.0 GiB of memory with 32768 tokens, and 8.0 GiB are free|it fits with -c 16384, or -c 32768 -ctk q8_0 -ctv q8_0, or -c 32768 -ctk q4_0 -ctv q4_0", true},
		{"a context was asked for", 4 * GiB, 5 * GiB, 32768, nil, "all of it takes 8.0 GiB of memory with 32768 tokens, and 5.0 GiB are free|it fits with -c 2048, or -c 4096 -ctk q8_0 -ctv q8_0, or -c 8192 -ctk q4_0 -ctv q4_0", true},
		{"another file", 8 * GiB, 4 * GiB, 0, nil, "it does not fit: it takes 12.0 GiB of memory with 32768 tokens, and 4.0 GiB are free|org/name:Q3_K_M of 3.0 GiB would fit", false},
		{"nothing", 8 * GiB, GiB, 0, nil, "it does not fit: it takes 12.0 GiB of memory with 32768 tokens, and 1.0 GiB are free", false},
		{"an unreadable header", 0, 0, 0, errors.New("bad\nheader"), "whether it fits in memory cannot be told: bad", true},
	} {
		fit := func(o chord.Options) (chord.Fit, error) {
			f := chord.Fit{Weights: c.weights, Context: 32768, Available: c.free}
			if o.Context > 0 {
				f.Context = o.Context
			}
			f.Cache = 4 * GiB * int64(f.Context) / 32768 / map[string]int64{"": 1, "q8_0": 2, "q4_0": 4}[o.CacheTypeK]
			f.Fits = f.Available == 0 || f.Weights+f.Cache <= f.Available-f.Available/8
			return f, c.err
		}
		lines, fits := advice(fit, chord.Options{Context: c.context}, m)
		if got := strings.Join(lines, "|"); got != c.want || fits != c.ok {
			t.Errorf("%s: got %q, %v, want %q", c.name, got, fits, c.want)
		}
	}
}
