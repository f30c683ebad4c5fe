package server_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/chordtest"
	"github.com/querent-ai/chord/server"
)

// modelFile writes a model that always answers text, and returns its path.
func modelFile(t *testing.T, name, text string) string {
	t.Helper()
	b, err := chordtest.File(text)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name+".gguf")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// small are options of a model with a cache of few bytes.
var small = chord.Options{Threads: 1, Context: 256, CacheBytes: 1 << 20}

// said returns the answer of a model to hello.
func said(t *testing.T, url, model string) string {
	t.Helper()
	body := hello
	if model != "" {
		body = with(hello, fmt.Sprintf(`"model":%q`, model))
	}
	return str(decode[chatAnswer](t, post(t, url+"/v1/chat/completions", body).body).Choices[0].Message.Content)
}

// loaded returns the names of the models that are loaded.
func loaded(t *testing.T, url string) (names []string) {
	t.Helper()
	list := decode[struct {
		Data []struct {
			ID     string
			Loaded bool
		}
	}](t, do(t, "GET", url+"/v1/models", "").body)
	for _, m := range list.Data {
		if m.Loaded {
			names = append(names, m.ID)
		}
	}
	return names
}

// TestNames asks for models by all their names.
func TestNames(t *testing.T) {
	o := server.Options{Models: []server.Model{
		{Name: "org/one", Aliases: []string{"uno"}, Path: modelFile(t, "one", "I am one."), Options: small},
		{Name: "two", Path: modelFile(t, "two", "I am two."), Options: small},
	}}
	url := serve(t, o)
	if got := loaded(t, url); got != nil {
		t.Errorf("%q are loaded before any request", got)
	}
	for _, c := range []struct{ model, want string }{
		{"", "I am one."}, {"two", "I am two."}, {"", "I am two."}, {"org/one", "I am one."}, {"uno", "I am one."}, {"uno:latest", "I am one."},
	} {
		if got := said(t, url, c.model); got != c.want {
			t.Errorf("model %q says %q, want %q", c.model, got, c.want)
		}
	}
	for _, path := range []string{"/v1/models/org%2Fone", "/v1/models/org/one", "/v1/models/uno"} {
		if a := do(t, "GET", url+path, ""); a.status != 200 || !strings.Contains(a.body, `"id":"org/one"`) {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	if a := do(t, "GET", url+"/v1/models/three", ""); a.status != 404 || !strings.Contains(a.body, `"code":"model_not_found"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := do(t, "POST", url+"/v1/chat/completions", with(hello, `"model":"Two"`)); a.status != 404 {
		t.Errorf("model Two: %d", a.status)
	}
	o.AnyModel = true
	if got := said(t, serve(t, o), "gpt-4o"); got != "I am one." {
		t.Errorf("any model says %q", got)
	}
}

// TestMemory loads models that do not fit into memory together.
func TestMemory(t *testing.T) {
	one := server.Model{Name: "one", Path: modelFile(t, "one", "I am one."), Options: small}
	two := server.Model{Name: "two", Path: modelFile(t, "two", "I am two."), Options: small}
	fit, err := chord.Fits(one.Path, small)
	if err != nil {
		t.Fatal(err)
	}
	need := fit.Weights + max(fit.Cache, small.CacheBytes)
	url := serve(t, server.Options{Models: []server.Model{one, two}, Memory: need + need/2})
	for _, name := range []string{"one", "two", "one", "two"} {
		if got := said(t, url, name); got != "I am "+name+"." {
			t.Errorf("%s says %q", name, got)
		}
		if got := loaded(t, url); !slices.Equal(got, []string{name}) {
			t.Errorf("%q are loaded after %s", got, name)
		}
	}
	url = serve(t, server.Options{Models: []server.Model{one}, Memory: 1000})
	if a := do(t, "POST", url+"/v1/chat/completions", hello); a.status != 503 || !strings.Contains(a.body, "insufficient_memory") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// TestKeepAlive wants an idle model to be unloaded, and loaded again for a request.
func TestKeepAlive(t *testing.T) {
	one := server.Model{Name: "one", Path: modelFile(t, "one", "I am one."), Options: small}
	url := serve(t, server.Options{Models: []server.Model{one}, KeepAlive: time.Nanosecond})
	for range 3 {
		if got := said(t, url, "one"); got != "I am one." {
			t.Errorf("got %q", got)
		}
		for deadline := time.Now().Add(time.Minute); loaded(t, url) != nil; {
			if time.Now().After(deadline) {
				t.Fatal("the model stays loaded")
			}
		}
	}
}

// TestUnload unloads a model while a stream runs: it waits for the stream.
func TestUnload(t *testing.T) {
	words := make([]string, 4000)
	for i := range words {
		words[i] = fmt.Sprintf("word%d", i)
	}
	text := strings.Join(words, " ")
	s, url := start(t, server.Options{Models: []server.Model{{Name: "one", Path: modelFile(t, "one", text), Options: chord.Options{Threads: 1}}}})
	r, err := http.Post(url+"/v1/chat/completions", "application/json", strings.NewReader(with(hello, `"stream":true`)))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if _, err := io.ReadFull(r.Body, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	if was, err := s.Unload(t.Context(), "one"); err != nil || !was {
		t.Fatal(was, err)
	}
	rest, err := io.ReadAll(r.Body)
	if err != nil || !strings.Contains(string(rest), "word3999") || !strings.HasSuffix(string(rest), "data: [DONE]\n\n") {
		t.Errorf("%v, the stream ends with %.200q", err, rest[max(0, len(rest)-200):])
	}
	for deadline := time.Now().Add(time.Minute); loaded(t, url) != nil; {
		if time.Now().After(deadline) {
			t.Fatal("the model stays loaded")
		}
	}
	if was, err := s.Unload(t.Context(), "one"); was || err != nil {
		t.Errorf("unloaded again: %v, %v", was, err)
	}
	if _, err := s.Unload(t.Context(), "three"); err == nil {
		t.Error("a model that does not exist was unloaded")
	}
}

// A shelf is a Loader of models that chordtest makes; "broken" cannot be opened.
type shelf struct{ t *testing.T }

func (s shelf) Models(context.Context) ([]server.Model, error) {
	return []server.Model{{Name: "cached"}, {Name: "broken"}, {Name: "panics"}}, nil
}

func (s shelf) Load(_ context.Context, m server.Model) (*chord.Model, error) {
	switch m.Name {
	case "broken":
		return nil, errors.New("the file /secret/path is broken")
	case "panics":
		panic("no")
	}
	return chord.Open(modelFile(s.t, m.Name, "I am "+m.Name+"."), small)
}

// TestLoader serves models of a Loader.
func TestLoader(t *testing.T) {
	url := serve(t, server.Options{Loader: shelf{t}})
	if got := said(t, url, "cached"); got != "I am cached." {
		t.Errorf("got %q", got)
	}
	for _, name := range []string{"broken", "panics"} {
		a := do(t, "POST", url+"/v1/chat/completions", with(hello, fmt.Sprintf(`"model":%q`, name)))
		if a.status != 503 || a.header.Get("Retry-After") == "" || strings.Contains(a.body, "secret") {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if got := said(t, url, "cached"); got != "I am cached." {
		t.Errorf("got %q", got)
	}
}

// TestNoModel asks a server that has none.
func TestNoModel(t *testing.T) {
	url := serve(t, server.Options{})
	if a := do(t, "POST", url+"/v1/chat/completions", hello); a.status != 404 {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := do(t, "GET", url+"/v1/models", ""); a.body != `{"object":"list","data":[],"models":[]}` {
		t.Errorf("%s", a.body)
	}
}
