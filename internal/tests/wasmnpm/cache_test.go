package wasmnpm

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/hub"
	"github.com/querent-ai/chord/tales"
)

// A models server has the demo model under names that say what it does, and tells which
// requests there were since it was last asked.
type models struct {
	mu       sync.Mutex
	requests []string
	broken   map[string]bool
	cut      chan struct{} // gets one for each answer to break off
	gone     bool          // it has no models any more
	data     []byte
}

func newModels(t *testing.T) *models {
	t.Helper()
	data, err := tales.FS.ReadFile(tales.Name)
	if err != nil {
		t.Fatal(err)
	}
	return &models{data: data, broken: map[string]bool{}, cut: make(chan struct{}, 1)}
}

// mode is what a name says: the server breaks off once, or is slow.
func (s *models) mode(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken[name] {
		return ""
	}
	s.broken[name] = true
	return name
}

func (s *models) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	s.mu.Lock()
	gone := s.gone
	if name != "requests" && name != "break" {
		s.requests = append(s.requests, r.Method)
		if n, err := strconv.Atoi(strings.Trim(r.Header.Get("Range"), "bytes=-")); err == nil && n > 1e6 {
			s.requests[len(s.requests)-1] = "rest"
		}
	}
	s.mu.Unlock()
	switch {
	case name == "requests":
		s.mu.Lock()
		_ = json.NewEncoder(w).Encode(append([]string{}, s.requests...))
		s.requests = nil
		s.mu.Unlock()
		return
	case name == "break":
		select {
		case s.cut <- struct{}{}:
		default:
		}
		return
	case gone || name == "nothing.gguf":
		http.NotFound(w, r)
		return
	case name == "page.gguf":
		_, _ = io.WriteString(w, "<p>No model</p>")
		return
	}
	sum := sha256.Sum256(s.data)
	w.Header().Set("ETag", `"one"`)
	if strings.Contains(r.URL.Path, "/resolve/") {
		w.Header().Set("X-Linked-Etag", `"`+hex.EncodeToString(sum[:])+`"`)
		w.Header().Set("X-Repo-Commit", strings.Repeat("c", 40))
	}
	if r.Method == http.MethodGet && r.Header.Get("Range") == "" {
		switch s.mode(name) {
		case "breaks.gguf", "slow.gguf":
			w.Header().Set("Content-Length", strconv.Itoa(len(s.data)))
			_, _ = w.Write(s.data[:1<<20])
			_ = http.NewResponseController(w).Flush()
			select {
			case <-s.cut: // Go closes the connection of a body that is too short
			case <-r.Context().Done():
			}
			return
		}
	}
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(s.data)))
}

// Models that are kept in Node are those of chord pull; what is damaged or partial is
// found.
func TestCacheNode(t *testing.T) {
	dir := project(t)
	program, err := os.ReadFile("testdata/cache.mjs")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "cache.mjs", program)
	s := httptest.NewServer(newModels(t))
	t.Cleanup(s.Close)
	folder := t.TempDir()
	t.Setenv("CHORD_MODELS", folder)
	t.Setenv("HF_ENDPOINT", s.URL)
	text := demo(t, chord.Params{Seed: 7, MaxTokens: 20}).Text
	want := map[string]any{
		"empty": []int{}, "entries": []any{[]any{"demo.gguf", true, true, true}}, "aborted": "aborted", "partial": []bool{false},
		"aborted, requests": []string{"HEAD", "GET"}, "another hash": "source", "no such file": "source", "no server": "source",
		"a wrong name": "invalid", "not in the cache": "source", "an option": "invalid", "a hash": "invalid", "no key": "invalid",
		"two at once": true, "estimate": true, "deleted": []bool{true, false},
	}
	var left []any
	for name, requests := range map[string][]string{
		"first: download,load": {"HEAD", "GET"}, "kept: load": {}, "damaged: download,load": {"HEAD", "GET"},
		"cut short: download,load": {"HEAD", "GET"}, "breaks off: download,load": {"HEAD", "GET", "rest"}, "goes on: download,load": {"HEAD", "rest"},
		"of Hugging Face: download,load": {"HEAD", "GET"}, "of Hugging Face, kept: load": {},
	} {
		title, _, _ := strings.Cut(name, ":")
		want[title], want[name+", requests"] = text, requests
	}
	for _, name := range []string{"breaks.gguf", "slow.gguf", "two.gguf", "https://huggingface.co/org/name/resolve/main/folder/demo.gguf"} {
		left = append(left, []any{name, true, true, true})
	}
	want["left"] = left
	check(t, values(t, run(t, dir, "node", "cache.mjs", s.URL+"/")), want)
	for _, name := range []string{"hf://org/name/folder/demo.gguf", s.URL + "/breaks.gguf"} {
		ref, err := hub.ParseRef(name)
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := (hub.Cache{Dir: folder}).Lookup(ref); !ok || e.Size != int64(len(newModels(t).data)) {
			t.Errorf("%s: the cache of chord pull has %+v, %v", name, e, ok)
		}
	}
}
