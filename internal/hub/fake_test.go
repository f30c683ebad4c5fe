package hub

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	commit = "0123456789abcdef0123456789abcdef01234567"
	token  = "hf_secret"
)

// noise returns n bytes that look like weights.
func noise(n int, seed uint64) []byte {
	b, r := make([]byte, n), rand.NewPCG(seed, 2)
	for i := range b {
		b[i] = byte(r.Uint64())
	}
	return b
}

// hexSum returns the SHA-256 of b.
func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// A fakeHub is a server that speaks Hugging Face's API, and another one that it
// redirects to for contents.
type fakeHub struct {
	*httptest.Server
	contents *httptest.Server
	files    map[string][]byte
	// wrong answers a request of contents in place of the server and reports whether it
	// has; n counts the requests from 1.
	wrong func(w http.ResponseWriter, r *http.Request, n int, b []byte) bool

	mu     sync.Mutex
	asked  int      // requests of contents
	tokens []string // what contents were asked with
	served int64    // bytes of contents asked for
}

// newHub returns a hub with files of one repository org/name.
func newHub(t testing.TB, files map[string][]byte) *fakeHub {
	h := &fakeHub{files: files}
	h.contents = httptest.NewServer(http.HandlerFunc(h.content))
	h.Server = httptest.NewServer(http.HandlerFunc(h.api))
	t.Cleanup(func() { h.Server.Close(); h.contents.Close() })
	return h
}

// client returns a client of the hub that loses no time.
func (h *fakeHub) client(t testing.TB) *Client {
	return &Client{Endpoint: h.URL, Token: token, Cache: Cache{t.TempDir()}, Chunk: 10_000, Wait: 1, Stall: 10 * time.Second}
}

// api answers lists of files and redirects to contents.
func (h *fakeHub) api(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+token {
		w.Header().Set("X-Error-Message", "Repository not found")
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if name, ok := strings.CutPrefix(r.URL.Path, "/org/name/resolve/"+commit+"/"); ok && h.files[name] != nil {
		w.Header().Set("X-Repo-Commit", commit)
		w.Header().Set("X-Linked-Etag", `"`+hexSum(h.files[name])+`"`)
		http.Redirect(w, r, h.contents.URL+"/"+name, http.StatusFound)
		return
	}
	if r.URL.Path != "/api/models/org/name/revision/main" {
		http.NotFound(w, r)
		return
	}
	type lfs struct {
		SHA256 string `json:"sha256"`
		Size   int    `json:"size"`
	}
	type sibling struct {
		Name string `json:"rfilename"`
		LFS  lfs    `json:"lfs"`
	}
	var list []sibling
	for _, name := range sortedKeys(h.files) {
		list = append(list, sibling{name, lfs{hexSum(h.files[name]), len(h.files[name])}})
	}
	json.NewEncoder(w).Encode(map[string]any{"sha": commit, "siblings": list})
}

// content answers contents.
func (h *fakeHub) content(w http.ResponseWriter, r *http.Request) {
	b := h.files[r.URL.Path[1:]]
	h.mu.Lock()
	h.asked++
	n := h.asked
	h.tokens = append(h.tokens, r.Header.Get("Authorization"))
	h.mu.Unlock()
	if h.wrong != nil && h.wrong(w, r, n, b) {
		return
	}
	http.ServeContent(&countingWriter{w, h}, r, "", time.Time{}, bytes.NewReader(b))
}

// figures returns the requests of contents, the bytes sent, and the tokens that came.
func (h *fakeHub) figures() (asked int, served int64, tokens []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asked, h.served, h.tokens
}

// countingWriter counts bytes.
type countingWriter struct {
	http.ResponseWriter
	h *fakeHub
}

func (c *countingWriter) Write(p []byte) (int, error) {
	c.h.mu.Lock()
	c.h.served += int64(len(p)) // before they arrive
	c.h.mu.Unlock()
	return c.ResponseWriter.Write(p)
}

// cut answers with only the first part of what is announced.
func cut(w http.ResponseWriter, r *http.Request, b []byte) {
	rec := httptest.NewRecorder()
	http.ServeContent(rec, r, "", time.Time{}, bytes.NewReader(b))
	for k, v := range rec.Header() {
		w.Header()[k] = v
	}
	w.WriteHeader(rec.Code)
	w.Write(rec.Body.Bytes()[:(rec.Body.Len()+2)/3])
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// pulled finds and fetches a model and wants its file to be whole.
func pulled(t *testing.T, c *Client, ref string, want []byte) string {
	t.Helper()
	path, err := pullRef(t, c, ref)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%s: %d bytes with hash %s, %v; want %d, %s", path, len(got), hexSum(got), err, len(want), hexSum(want))
	}
	return path
}

// pullRef finds and fetches a model.
func pullRef(t testing.TB, c *Client, ref string) (string, error) {
	t.Helper()
	r, err := ParseRef(ref)
	if err != nil {
		t.Fatal(err)
	}
	m, err := c.Find(t.Context(), r)
	if err != nil {
		return "", err
	}
	return c.Pull(t.Context(), m, nil)
}

// wantErr wants an error that wraps kind and says text.
func wantErr(t *testing.T, err, kind error, text string) {
	t.Helper()
	if err == nil || kind != nil && !errors.Is(err, kind) || !strings.Contains(err.Error(), text) {
		t.Errorf("got %v, want %v, %q", err, kind, text)
	}
}
