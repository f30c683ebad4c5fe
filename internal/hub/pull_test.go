package hub

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/querent-ai/chord/internal/leak"
)

func TestMain(m *testing.M) {
	if os.Getenv("CHORD_TEST_PULL") != "" {
		pullForTestKilled()
		return
	}
	leak.Main(m)
}

func sortedKeys(m map[string][]byte) []string { return slices.Sorted(maps.Keys(m)) }

// TestPull fetches from servers that misbehave: the file is whole, its names are
// those of huggingface_hub, the token stays with the hub, and nothing is fetched twice.
func TestPull(t *testing.T) {
	data := noise(123_456, 1)
	ignore := func(r *http.Request) { r.Header.Del("Range") }
	for _, c := range []struct {
		name  string
		wrong func(w http.ResponseWriter, r *http.Request, n int, b []byte) bool
	}{
		{"as it should be", nil},
		{"status 500, then 429, in turn", func(w http.ResponseWriter, r *http.Request, n int, b []byte) bool {
			if n%3 != 0 {
				w.WriteHeader([]int{0, 500, 429}[n%3])
			}
			return n%3 != 0
		}},
		{"connections are cut", func(w http.ResponseWriter, r *http.Request, n int, b []byte) bool {
			if n%2 == 0 {
				cut(w, r, b)
			}
			return false
		}},
		{"every connection is cut", func(w http.ResponseWriter, r *http.Request, n int, b []byte) bool {
			if n > 400 {
				return false
			}
			cut(w, r, b)
			return true
		}},
		{"ranges are ignored", func(w http.ResponseWriter, r *http.Request, n int, b []byte) bool { ignore(r); return false }},
		{"ranges are ignored and the first connections cut", func(w http.ResponseWriter, r *http.Request, n int, b []byte) bool {
			if ignore(r); n > 1 && n < 5 {
				cut(w, r, b)
			}
			return false
		}},
		{"the first connections stall", func(w http.ResponseWriter, r *http.Request, n int, b []byte) bool {
			if n <= 2 {
				w.Header().Set("Content-Range", strings.Replace(r.Header.Get("Range"), "=", " ", 1)+"/123456")
				w.WriteHeader(http.StatusPartialContent)
				w.Write(b[:0])
				w.(http.Flusher).Flush()
				<-r.Context().Done()
			}
			return n <= 2
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHub(t, map[string][]byte{"model-Q4_K_M.gguf": data})
			h.wrong = c.wrong
			client := h.client(t)
			if strings.Contains(c.name, "stall") {
				client.Stall = 50 * time.Millisecond
			}
			path := pulled(t, client, "org/name", data)
			dir := filepath.Join(client.Cache.Dir, "models--org--name")
			if want := filepath.Join(dir, "snapshots", commit, "model-Q4_K_M.gguf"); path != want {
				t.Errorf("path %s, want %s", path, want)
			}
			if link, err := os.Readlink(path); err != nil || filepath.ToSlash(link) != "../../blobs/"+hexSum(data) {
				t.Errorf("link %q, %v", link, err)
			}
			if b, err := os.ReadFile(filepath.Join(dir, "refs", "main")); err != nil || string(b) != commit {
				t.Errorf("refs/main is %q, %v", b, err)
			}
			asked, _, tokens := h.figures()
			if i := slices.IndexFunc(tokens, func(s string) bool { return s != "" }); i >= 0 {
				t.Errorf("the other host got the token %q", tokens[i])
			}
			pulled(t, client, "hf://org/name:q4_k_m", data)
			if again, _, _ := h.figures(); again != asked {
				t.Errorf("fetched again: %d requests, then %d", asked, again)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "blobs", "*.incomplete")); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

// A file that is not what was announced is not kept.
func TestPullWrong(t *testing.T) {
	data := noise(30_000, 1)
	for _, c := range []struct {
		name, want string
		kind       error
		wrong      func(w http.ResponseWriter, r *http.Request, n int, b []byte) bool
	}{
		{"another byte", "wrong hash", ErrHash, func(w http.ResponseWriter, r *http.Request, n int, b []byte) bool {
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(append(bytes.Clone(b[:len(b)-1]), b[len(b)-1]^1)))
			return true
		}},
		{"another size", "it has changed", nil, func(w http.ResponseWriter, r *http.Request, n int, b []byte) bool {
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(append(bytes.Clone(b), 1)))
			return true
		}},
		{"another size, ranges ignored", "has 30001 bytes, not 30000", nil, func(w http.ResponseWriter, r *http.Request, n int, b []byte) bool {
			w.Header().Set("Content-Length", "30001")
			w.Write(append(bytes.Clone(b), 1))
			return true
		}},
		{"another range", "Content-Range", nil, func(w http.ResponseWriter, r *http.Request, n int, b []byte) bool {
			w.Header().Set("Content-Range", "bytes 1-9/30000")
			w.WriteHeader(http.StatusPartialContent)
			return true
		}},
		{"gone", "404", ErrNotFound, func(w http.ResponseWriter, r *http.Request, n int, b []byte) bool {
			w.WriteHeader(http.StatusNotFound)
			return true
		}},
		{"always 500", "500", nil, func(w http.ResponseWriter, r *http.Request, n int, b []byte) bool {
			w.WriteHeader(http.StatusInternalServerError)
			return true
		}},
		{"redirects for ever", "redirects", nil, func(w http.ResponseWriter, r *http.Request, n int, b []byte) bool {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
			return true
		}},
		{"redirects to plain HTTP elsewhere", "want https", nil, func(w http.ResponseWriter, r *http.Request, n int, b []byte) bool {
			http.Redirect(w, r, "http://192.0.2.1/model", http.StatusFound)
			return true
		}},
		{"redirects to a file of this machine", "no host", nil, func(w http.ResponseWriter, r *http.Request, n int, b []byte) bool {
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
			return true
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHub(t, map[string][]byte{"model.gguf": data})
			h.wrong = c.wrong
			client := h.client(t)
			_, err := pullRef(t, client, "org/name")
			wantErr(t, err, c.kind, c.want)
			if list, err := client.Cache.List(); len(list) != 0 || err != nil {
				t.Errorf("the cache has %v, %v", list, err)
			}
			left, _ := filepath.Glob(filepath.Join(client.Cache.Dir, "models--org--name", "blobs", "*"))
			if len(left) > 1 || c.kind == ErrHash && len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

// A pull goes on with what is there, unless that is wrong.
func TestResume(t *testing.T) {
	data := noise(100_000, 1)
	for _, c := range []struct {
		name   string
		there  []byte
		served int64
	}{
		{"nothing", nil, 100_000},
		{"the beginning", data[:70_000], 30_000},
		{"all of it", data, 0},
		{"something else", noise(70_000, 9), 130_000},
		{"too much", noise(100_001, 9), 100_000},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHub(t, map[string][]byte{"model.gguf": data})
			client := h.client(t)
			blobs := client.Cache.repo("org/name").blobs()
			if err := os.MkdirAll(blobs, 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(blobs, hexSum(data)+".incomplete"), c.there, 0o666); err != nil {
				t.Fatal(err)
			}
			pulled(t, client, "org/name", data)
			if _, served, _ := h.figures(); served != c.served {
				t.Errorf("%d bytes served, want %d", served, c.served)
			}
		})
	}
}

// A pull that is cancelled says so at once, and leaves what it has.
func TestPullCancelled(t *testing.T) {
	data := noise(100_000, 1)
	h := newHub(t, map[string][]byte{"model.gguf": data})
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	h.wrong = func(w http.ResponseWriter, r *http.Request, n int, b []byte) bool {
		if n == 3 {
			cancel(why)
			<-r.Context().Done()
		}
		return n == 3
	}
	client := h.client(t)
	client.Parallel = 1
	r, _ := ParseRef("org/name")
	m, err := client.Find(ctx, r)
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Pull(ctx, m, nil)
	wantErr(t, err, why, "model.gguf")
	if st, err := os.Stat(client.Cache.repo("org/name").blob(hexSum(data)) + ".incomplete"); err != nil || st.Size() == 0 {
		t.Errorf("%v, %v", st, err)
	}
	pulled(t, client, "org/name", data)
}

// Two pulls of one file at once fetch it once.
func TestPullTwice(t *testing.T) {
	data := noise(100_000, 1)
	h := newHub(t, map[string][]byte{"model.gguf": data})
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			c := h.client(t)
			c.Cache.Dir = dir
			if _, err := pullRef(t, c, "org/name"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if _, served, _ := h.figures(); served != int64(len(data)) {
		t.Errorf("%d bytes served, want %d", served, len(data))
	}
}

// All parts of a split model are fetched, and progress goes from 0 to their size.
func TestPullParts(t *testing.T) {
	files := map[string][]byte{"Q8_0/m-Q8_0-00001-of-00002.gguf": noise(20_001, 1), "Q8_0/m-Q8_0-00002-of-00002.gguf": noise(10_001, 2),
		"mmproj-Q8_0.gguf": noise(10, 3), "m-Q4_0.gguf": noise(10, 4)}
	h := newHub(t, files)
	c := h.client(t)
	r, _ := ParseRef("org/name:q8_0")
	m, err := c.Find(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if m.Size() != 30_002 || m.Name != "org/name:Q8_0" || len(m.Others) != 1 || m.Others[0].Size != 10 {
		t.Errorf("%+v", m)
	}
	last := int64(-1)
	if _, err := c.Pull(t.Context(), m, func(n int64) {
		if n < last {
			t.Errorf("%d bytes after %d", n, last)
		}
		last = n
	}); err != nil || last != 30_002 {
		t.Errorf("%v; %d bytes", err, last)
	}
	list, err := c.Cache.List()
	if err != nil || len(list) != 1 || list[0].Size != 30_002 || len(list[0].Files) != 2 || list[0].Name != m.Name {
		t.Errorf("%+v, %v", list, err)
	}
}

// A disk that is too small is an error before anything is fetched.
func TestSpace(t *testing.T) {
	if _, ok := freeSpace(t.TempDir()); !ok {
		t.Skip("the system does not say what is free")
	}
	wantErr(t, checkSpace(t.TempDir(), 1<<60), nil, "are free")
	if err := checkSpace(t.TempDir(), 1); err != nil {
		t.Error(err)
	}
}
