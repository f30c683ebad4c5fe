package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// A fakeServer answers as Ollama's API does.
type fakeServer struct {
	*httptest.Server
	models  string // of /api/ps
	later   string // the models after one was stopped, if not ""
	stopped []string
	key     string
}

// newFake starts a server with these models.
func newFake(t *testing.T, models string) *fakeServer {
	t.Helper()
	f := &fakeServer{models: models}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/ps", func(w http.ResponseWriter, r *http.Request) {
		if f.key != "" && r.Header.Get("Authorization") != "Bearer "+f.key {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"error": {"message": "a key is needed"}}`)
			return
		}
		fmt.Fprint(w, f.models)
	})
	mux.HandleFunc("POST /api/generate", func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Model     string `json:"model"`
			KeepAlive *int   `json:"keep_alive"`
		}
		b, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(b, &q); err != nil || q.KeepAlive == nil || *q.KeepAlive != 0 {
			t.Errorf("got %s", b)
		}
		if q.Model != "small" {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprintf(w, `{"error": "model '%s' not found"}`, q.Model)
			return
		}
		f.stopped = append(f.stopped, q.Model)
		f.models = cmp.Or(f.later, f.models)
		fmt.Fprint(w, `{"done": true, "done_reason": "unload"}`)
	})
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	for _, name := range []string{"CHORD_HOST", "CHORD_PORT", "OLLAMA_HOST", "CHORD_API_KEY"} {
		t.Setenv(name, "")
	}
	return f
}

const twoModels = `{"models": [
	{"name": "small", "size": 2516582, "size_max": 12582912, "context_length": 2048, "expires_at": "2300-01-01T00:00:00Z", "details": {"quantization_level": "Q4_0"}},
	{"name": "bigger\u001b[2J", "size": 1288490188, "expires_at": "2000-01-01T00:00:00Z"}]}`

func TestPS(t *testing.T) {
	f := newFake(t, twoModels)
	address := strings.TrimPrefix(f.URL, "http://")
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	want := `NAME               SIZE   AT MOST  TYPE  CONTEXT  UNLOADED
small           2.4 MiB  12.0 MiB  Q4_0     2048  never
"bigger\x1b[2J"  1.2 GiB                           now
`
	for _, args := range [][]string{{"--host", address}, {"--host", f.URL + "/"}, {"--port", port}, {"--host", "0.0.0.0", "--port", port}} {
		got := ok(t, "", append([]string{"ps"}, args...)...)
		if strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(want), " ") {
			t.Errorf("%q: got\n%s", args, got)
		}
	}
	for _, name := range []string{"OLLAMA_HOST", "CHORD_HOST"} { // the second replaces the first
		t.Setenv(name, address)
		if got := ok(t, "", "ps"); !strings.Contains(got, "small") {
			t.Errorf("%s: got\n%s", name, got)
		}
		t.Setenv("OLLAMA_HOST", "127.0.0.1:1")
	}
	var list []loadedModel
	if err := json.Unmarshal([]byte(ok(t, "", "ps", "--json")), &list); err != nil || len(list) != 2 || list[0].Context != 2048 {
		t.Errorf("%+v, %v", list, err)
	}
	f.models = `{}`
	if r := do(t, "", "ps"); r.code != 0 || r.out != "" || r.stderr != "no model is loaded\n" {
		t.Errorf("none: %+v", r)
	}
	if got := ok(t, "", "ps", "--json"); got != "[]\n" {
		t.Errorf("none: %q", got)
	}
}

// TestPSScreen compares the table with one that somebody has looked at.
func TestPSScreen(t *testing.T) {
	now := time.Unix(0, 0)
	list := make([]loadedModel, 3)
	list[0] = loadedModel{Name: "qwen2.5-0.5b-instruct-q4_k_m", Size: 512 << 20, SizeMax: 900 << 20, Context: 32768, Expires: now.Add(4*time.Minute + 10*time.Second)}
	list[0].Details.Quant = "Q4_K_M"
	list[1] = loadedModel{Name: "tales", Size: 3 << 20, SizeMax: 5 << 30, Context: 512, Expires: now.AddDate(100, 0, 0)}
	list[2] = loadedModel{Name: "big", Size: 40 << 30, SizeMax: 44 << 30, Context: 131072, Expires: now.Add(50 * time.Hour)}
	var b bytes.Buffer
	a := newApp(nil, &b, nil)
	a.color = "always"
	if err := a.printLoaded(list, now); err != nil {
		t.Fatal(err)
	}
	screenIs(t, "ps-color", b.String())
}

func TestStop(t *testing.T) {
	f := newFake(t, twoModels)
	t.Setenv("CHORD_HOST", f.URL)
	if r := do(t, "", "stop", "small"); r.code != 1 || !strings.Contains(r.stderr, "small stays loaded: the server was started with it") {
		t.Errorf("a model that stays: %+v", r)
	}
	f.stopped, f.later = nil, `{"models": [{"name": "other"}]}`
	if got := ok(t, "", "stop", "small"); got != "" || len(f.stopped) != 1 {
		t.Errorf("got %q, stopped %q", got, f.stopped)
	}
	if r := do(t, "", "stop", "none"); r.code != 1 || r.out != "" || !strings.Contains(r.stderr, "model 'none' not found") {
		t.Errorf("no such model: %+v", r)
	}
	if got, _ := completions(t, "stop", "ot"); len(got) != 1 || got[0] != "other" {
		t.Errorf("completions: %q", got)
	}
}

// TestNoServer wants one line that says which server does not answer, and why.
func TestNoServer(t *testing.T) {
	f := newFake(t, twoModels)
	f.key = "secret"
	t.Setenv("CHORD_HOST", f.URL)
	if r := do(t, "", "ps"); r.code != 1 || !strings.Contains(r.stderr, "a key is needed (--api-key or CHORD_API_KEY)") {
		t.Errorf("no key: %+v", r)
	}
	ok(t, "", "ps", "--api-key", "secret")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := l.Addr().String()
	l.Close()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }))
	defer other.Close()
	for _, c := range []struct {
		host, want string
		code       int
	}{
		{free, "no server runs at http://" + free, 1},
		{other.URL, "is no chord server", 1},
		{"ftp://x", "want http or https", 2},
		{"127.0.0.1:99999", "want 1 to 65535", 2},
		{"127.0.0.1/path", "without a path", 2},
	} {
		if r := do(t, "", "ps", "--host", c.host); r.code != c.code || r.out != "" || !strings.Contains(r.stderr, c.want) || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%s: %+v, want %d and %q", c.host, r, c.code, c.want)
		}
	}
}

func TestRemoteBase(t *testing.T) {
	for _, c := range []struct {
		host, chord, ollama string
		port                int
		want                string
	}{
		{"", "", "", 0, "http://127.0.0.1:8080"},
		{"", "", "", 9, "http://127.0.0.1:9"},
		{"", "10.0.0.1", "10.0.0.2", 0, "http://10.0.0.1:8080"},
		{"", "", "10.0.0.2", 0, "http://10.0.0.2:11434"},
		{"", "", "0.0.0.0:7", 0, "http://127.0.0.1:7"},
		{"::1", "", "", 0, "http://[::1]:8080"},
		{"[::1]:5", "", "", 0, "http://[::1]:5"},
		{"https://models.example/", "", "", 0, "https://models.example:443"},
		{"http://models.example:81", "", "", 82, "http://models.example:82"},
	} {
		t.Setenv("CHORD_HOST", c.chord)
		t.Setenv("OLLAMA_HOST", c.ollama)
		r := remoteServer{host: c.host, port: c.port}
		if got, err := r.base(); err != nil || got != c.want {
			t.Errorf("%+v: got %q, %v", c, got, err)
		}
	}
}
