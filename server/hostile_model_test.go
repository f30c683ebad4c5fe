package server_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server"
)

// TestHostileTemplates asks for chats with models whose template, which is data of a file
// from anywhere, would take all time or memory, or leave its language: the request is
// refused with a reason, and a neighbour has its texts.
func TestHostileTemplates(t *testing.T) {
	path := modelFile(t, "hostile", "Yes, it is.")
	templates := []struct{ name, src string }{
		{"range", `{% for i in range(10**9) %}a{% endfor %}`},
		{"nested-range", `{% for i in range(100000) %}{% for j in range(100000) %}{{ i }}{% endfor %}{% endfor %}`},
		{"repeat", `{{ 'a' * 10**10 }}`},
		{"indent", `{{ 'a\nb'|indent(10**9) }}`},
		{"nested-loops", strings.Repeat(`{% for i in range(1000) %}`, 5) + "a" + strings.Repeat(`{% endfor %}`, 5)},
		{"macro", `{% macro x() %}{{ x() }}{% endmacro %}{{ x() }}`},
		{"brackets", `{{` + strings.Repeat("(", 60_000)},
		{"class", `{{ ''.__class__.__mro__[1].__subclasses__() }}`},
		{"include", `{% include '/etc/passwd' %}`},
		{"raise", `{{ raise_exception('no') }}`},
	}
	list := []server.Model{{Name: "tales", Loaded: talesModel(t, chord.Options{})}}
	for _, c := range templates {
		list = append(list, server.Model{Name: c.name, Path: path, Options: chord.Options{Threads: 1, CacheBytes: 1 << 20, ChatTemplate: c.src}})
	}
	url := serve(t, server.Options{Models: list})
	neighbour(t, url)
	for _, c := range templates {
		for _, face := range []string{"/v1/chat/completions", "/v1/messages", "/api/chat", "/apply-template", "/v1/responses"} {
			t.Run(c.name+" at "+face, func(t *testing.T) {
				body := `{"model":"` + c.name + `","max_tokens":4,"messages":[{"role":"user","content":"Hello"}],"input":"Hello"}`
				a := do(t, "POST", url+face, body)
				if want := map[bool]int{true: 503, false: 400}[c.name == "brackets" || c.name == "include"]; a.status != want || !strings.Contains(a.body, `"error":`) {
					t.Errorf("status %d, want %d: %.300s", a.status, want, a.body)
				}
				if strings.Contains(a.body, "root:") || strings.Contains(a.body, path) {
					t.Errorf("the answer says what it must not: %.300s", a.body)
				}
			})
		}
	}
}

// TestRequestTemplates sends templates in requests, which are refused and never rendered.
func TestRequestTemplates(t *testing.T) {
	url := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: talesModel(t, chord.Options{})}}})
	neighbour(t, url)
	for _, path := range []string{"/v1/chat/completions", "/apply-template", "/v1/messages", "/v1/responses", "/api/chat"} {
		for _, member := range []string{`"chat_template":"{{ 'a' * 10**10 }}"`, `"chat_template_kwargs":{"messages":[{"role":"x"}]}`, `"chat_template_kwargs":"x"`} {
			a := do(t, "POST", url+path, `{"max_tokens":2,"messages":[{"role":"user","content":"Hello"}],"input":"Hello","stream":false,`+member+`}`)
			if a.status != 400 && !ignores[path] || a.status != 400 && a.status != 200 {
				t.Errorf("%s with %s: status %d: %.300s", path, member, a.status, a.body)
			}
		}
	}
	if a := do(t, "POST", url+"/api/generate", `{"stream":false,"prompt":"Hello","template":"{{ range 1000000000 }}","options":{"num_predict":2}}`); a.status != 400 && a.status != 200 {
		t.Errorf("Ollama's template: status %d: %.300s", a.status, a.body)
	}
}

// ignores are paths of APIs that have no such fields: unknown ones are ignored.
var ignores = map[string]bool{"/v1/messages": true, "/v1/responses": true, "/api/chat": true}

// TestHostileBodies sends what the tests of single APIs do not: the largest lists, rules
// without a root, lists of other servers' fields, and compressed bodies.
func TestHostileBodies(t *testing.T) {
	url := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: talesModel(t, chord.Options{})}}})
	neighbour(t, url)
	const chat, text = "/v1/chat/completions", "/v1/completions"
	few := with(hello, `"max_tokens":2`)
	many := func(element string, n int) string { return strings.TrimSuffix(strings.Repeat(element+",", n), ",") }
	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	for range 64 {
		_, _ = w.Write(make([]byte, 1<<20))
	}
	_ = w.Close()
	for _, c := range []struct {
		name, path, body string
		header           []string
		status           int
		code             string
	}{
		{"no root", chat, with(few, `"grammar":"rout ::= \"a\""`), nil, 400, "invalid_value"},
		{"root of another case", text, `{"prompt":"a","grammar":"Root ::= \"a\""}`, nil, 400, "invalid_value"},
		{"a million values", chat, with(few, `"json_schema":{"enum":[`+many("0", 1_000_000)+`]}`), nil, 400, "invalid_value"},
		{"a million properties that are required", chat, with(few, `"json_schema":{"type":"object","required":[`+many(`"a"`, 1_000_000)+`]}`), nil, 400, "invalid_value"},
		{"a million nested lists", chat, with(few, `"json_schema":`+strings.Repeat("[", 1_000_000)), nil, 400, "invalid_value"},
		{"schema of 600 levels", chat, with(few, `"json_schema":`+strings.Repeat(`{"type":"array","items":`, 600)+`{}`+strings.Repeat("}", 600)), nil, 400, "invalid_value"},
		{"100,000 choices", chat, with(few, `"n":100000`), nil, 400, "invalid_value"},
		{"bias beyond the vocabulary", text, `{"prompt":"a","max_tokens":2,"logit_bias":{"4096":1,"2147483647":1}}`, nil, 400, "invalid_value"},
		{"allowed ids of another server", chat, with(few, `"allowed_token_ids":[`+many("1", 2000)+`]`), nil, 200, ""},
		{"discard", "/completion", `{"prompt":"a","n_predict":2,"n_discard":-1,"n_keep":2147483647}`, nil, 200, ""},
		{"a bomb", chat, bomb.String(), []string{"Content-Encoding", "gzip"}, 415, "unsupported_media_type"},
		{"a bomb that says nothing", chat, bomb.String(), nil, 400, "invalid_value"},
		{"two encodings", chat, hello, []string{"Content-Encoding", "identity, br"}, 415, "unsupported_media_type"},
		{"form of another site", chat, hello, []string{"Content-Type", "text/plain;charset=UTF-8"}, 415, "unsupported_media_type"},
		{"address of a page within", chat, hello, []string{"Origin", "http://localhost.evil.example"}, 403, "origin_not_allowed"},
		{"name that is bound here", chat, hello, []string{"Host", "localhost.evil.example"}, 421, "host_not_allowed"},
		{"name with a user", chat, hello, []string{"Host", "localhost@evil.example"}, 421, "host_not_allowed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := do(t, "POST", url+c.path, c.body, c.header...)
			if a.status != c.status {
				t.Fatalf("status %d, want %d: %.300s", a.status, c.status, a.body)
			}
			if e := decode[apiError](t, a.body).Error; c.code != "" && (str(e.Code) != c.code || e.Message == "" || len(e.Message) > 1000) {
				t.Errorf("want code %s: %.300s", c.code, a.body)
			}
		})
	}
}

// A watched store notes the names that requests bring to it.
type watched struct {
	store
	mu    sync.Mutex
	names []string
}

func (w *watched) Pull(ctx context.Context, name string, progress func(server.Progress) error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.names = append(w.names, name)
	return w.store.Pull(ctx, name, progress)
}

// TestHostileNames brings names of models that lead elsewhere: out of a folder, to
// addresses in the network, to a digest that is a path. No manager sees one.
func TestHostileNames(t *testing.T) {
	w := &watched{store: store{paths: map[string]string{"late": modelFile(t, "late", "Yes, it is.")}}}
	url := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: talesModel(t, chord.Options{})}}, Loader: w})
	neighbour(t, url)
	for _, name := range []string{
		"../../etc/x", "/etc/passwd", "a/../b", "org/model@sha256:../../x", "sha256:../../etc/x", `..\\..\\x`, "C:/x",
		"http://169.254.169.254/latest", "https://evil.example/x", "http://localhost:8080/x", "file:///etc/passwd", "hf://../x",
		"a b", "a\\u0000b", "a\\nb", "~/x", "$HOME", "a;b", "-rf", ".", "..", "a//b", "a?b", "a#b", "a%2e%2e/b", "[::1]/x", strings.Repeat("a", 257),
	} {
		for _, path := range []string{"/api/pull", "/api/show", "/api/copy", "/v1/chat/completions", "/api/chat", "/api/delete"} {
			method := "POST"
			if path == "/api/delete" {
				method = "DELETE"
			}
			a := do(t, method, url+path, `{"model":"`+name+`","source":"`+name+`","destination":"`+name+`","messages":[{"role":"user","content":"a"}],"stream":false}`)
			if a.status != 400 && a.status != 404 || !strings.Contains(a.body, `"error":`) {
				t.Errorf("%s %q: status %d: %.300s", path, name, a.status, a.body)
			}
		}
	}
	if len(w.names) > 0 || len(w.deleted) > 0 {
		t.Errorf("the manager sees %q, deletes %q", w.names, w.deleted)
	}
}

// TestRefusedBeforeWork wants requests of other pages and hosts, and those without a key,
// to be refused before anything is read, loaded or computed for them.
func TestRefusedBeforeWork(t *testing.T) {
	path := modelFile(t, "later", "Yes, it is.")
	url := serve(t, server.Options{Models: []server.Model{{Name: "later", Path: path, Options: small}}, Keys: []string{"key"}})
	for _, c := range []struct {
		name   string
		header []string
		want   int
	}{
		{"origin", []string{"Origin", "https://evil.example", "Authorization", "Bearer key"}, 403},
		{"host", []string{"Host", "evil.example", "Authorization", "Bearer key"}, 421},
		{"no key", nil, 401},
		{"a key in the address", []string{"Cookie", "key=key"}, 401},
	} {
		for _, path := range []string{"/v1/chat/completions?key=key", "/api/generate", "/v1/models", "/metrics", "/api/ps", "/slots", "/"} {
			method := map[bool]string{true: "POST", false: "GET"}[strings.Contains(path, "chat") || strings.Contains(path, "generate")]
			body := map[bool]string{true: `{"model":"later","messages":[{"role":"user","content":"a"}],"prompt":"a"}`}[method == "POST"]
			a := do(t, method, url+path, body, c.header...)
			if path == "/" && c.want == 401 {
				continue // the page has no data
			}
			if a.status != c.want {
				t.Errorf("%s, %s: status %d, want %d", c.name, path, a.status, c.want)
			}
			if h := a.header.Get("Access-Control-Allow-Origin"); h != "" {
				t.Errorf("%s, %s: CORS for %q", c.name, path, h)
			}
		}
	}
	a := do(t, "GET", url+"/api/ps", "", "Authorization", "Bearer key")
	if strings.Contains(a.body, "later") {
		t.Errorf("a refused request has loaded the model: %s", a.body)
	}
	q, _ := http.NewRequest("POST", url+"/v1/chat/completions", io.LimitReader(zeros{}, 1<<30))
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Origin", "https://evil.example")
	if r, err := http.DefaultClient.Do(q); err == nil { // else the connection was closed while it wrote
		r.Body.Close()
		if r.StatusCode != 403 {
			t.Errorf("a gigabyte of another page: status %d", r.StatusCode)
		}
	}
}

// zeros is an endless body.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
