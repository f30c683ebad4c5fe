// Package openapi sends requests made at random from chord's own description of its API,
// and holds that the answers are what it says.
package openapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/chordtest"
	"github.com/querent-ai/chord/server"
	"github.com/querent-ai/chord/server/batch"
)

// sorted returns the sorted keys of m.
func sorted[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

const template = `{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}{{ tools|tojson if tools }}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`

// handler returns a server of two models that fill gaps, one with adapters, and a
// reranker.
func handler(t *testing.T) http.Handler {
	t.Helper()
	var models []server.Model
	for i, text := range []string{"One two, three <think>four</think>", `Well.<tool_call>{"name": "a", "arguments": {"b": 1}}</tool_call>`, "Ranks"} {
		b, err := chordtest.File(text)
		if err != nil {
			t.Fatal(err)
		}
		if i == 2 {
			b = reranker(t, b)
		}
		o := chord.Options{Threads: 1, Context: 2048, ChatTemplate: template, OverrideKV: []string{"tokenizer.ggml.fim_pre_token_id=int:1",
			"tokenizer.ggml.fim_suf_token_id=int:2", "tokenizer.ggml.fim_mid_token_id=int:3"}}
		m, err := chord.OpenReaderAt(bytes.NewReader(b), int64(len(b)), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { m.Close() })
		models = append(models, server.Model{Name: fmt.Sprintf("m%d", i), Loaded: m})
		if i == 0 {
			models[0].Adapters = adapters(t, b, m)
		}
	}
	store := batch.NewStore(t.TempDir(), batch.StoreOptions{})
	s, err := server.New(server.Options{Models: models, SlotDir: t.TempDir(), Loader: &hub{}, Batches: store})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close) // before the models
	return s.Handler()
}

// A hub is a Manager of models that have no file.
type hub struct {
	mu   sync.Mutex
	list []server.Model
}

// Models lists the models.
func (h *hub) Models(context.Context) ([]server.Model, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.list), nil
}

// Load opens none.
func (h *hub) Load(context.Context, server.Model) (*chord.Model, error) { return nil, fs.ErrNotExist }

// Pull adds a model, one of those that may be.
func (h *hub) Pull(_ context.Context, name string, progress func(server.Progress) error) error {
	if !strings.HasPrefix(name, "org/") {
		return fs.ErrNotExist
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !slices.ContainsFunc(h.list, func(m server.Model) bool { return m.Name == name }) {
		h.list = append(h.list, server.Model{Name: name})
	}
	return progress(server.Progress{Status: "pulling", Digest: "sha256:0", Done: 1, Total: 2})
}

// Delete removes a model.
func (h *hub) Delete(_ context.Context, m server.Model) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = slices.DeleteFunc(h.list, func(l server.Model) bool { return l.Name == m.Name })
	return nil
}

// An operation is a path with a method.
type operation struct {
	method, path string
	body         map[string]any
	form         map[string]any // in place of body
	parameters   []map[string]any
	sound        map[string]*jsonschema.Schema // by type of content
	event        *jsonschema.Schema
	failed       *jsonschema.Schema
}

// answer returns what the handler says to a request.
func answer(h http.Handler, method, target, kind string, body []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, bytes.NewReader(body))
	r.Host = "localhost"
	if body != nil {
		r.Header.Set("Content-Type", kind)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// operations reads the description.
func operations(t *testing.T, h http.Handler) (list []*operation) {
	t.Helper()
	w := answer(h, "GET", "/openapi.json", "", nil)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(w.Body.Bytes()))
	if err != nil || w.Code != 200 {
		t.Fatalf("%d %v", w.Code, err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("http://chord/openapi.json", doc); err != nil {
		t.Fatal(err)
	}
	compile := func(path ...string) *jsonschema.Schema {
		for i := range path {
			path[i] = url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(path[i]))
		}
		s, err := c.Compile("http://chord/openapi.json#/" + strings.Join(path, "/"))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	var plain struct {
		Paths map[string]map[string]struct {
			Parameters  []map[string]any
			RequestBody struct {
				Content map[string]struct{ Schema map[string]any }
			}
			Responses map[string]struct {
				Content map[string]map[string]any
			}
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &plain); err != nil {
		t.Fatal(err)
	}
	for _, path := range sorted(plain.Paths) {
		for _, method := range sorted(plain.Paths[path]) {
			p := plain.Paths[path][method]
			op := &operation{method: strings.ToUpper(method), path: path, body: p.RequestBody.Content["application/json"].Schema, form: p.RequestBody.Content["multipart/form-data"].Schema, parameters: p.Parameters,
				sound: map[string]*jsonschema.Schema{}, failed: compile("paths", path, method, "responses", "4XX", "content", "application/json", "schema")}
			for kind, content := range p.Responses["200"].Content {
				op.sound[kind] = compile("paths", path, method, "responses", "200", "content", kind, "schema")
				if content["x-event"] != nil {
					op.event = compile("paths", path, method, "responses", "200", "content", kind, "x-event")
				}
			}
			list = append(list, op)
		}
	}
	return list
}

// An ids has ids that answers had, for later requests.
type ids struct {
	mu   sync.Mutex
	list []string
}

// learn takes the id of an answer.
func (l *ids) learn(w *httptest.ResponseRecorder) {
	var a struct{ ID string }
	if w.Code != 200 || json.Unmarshal(w.Body.Bytes(), &a) != nil || a.ID == "" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.list = append(l.list, a.ID); len(l.list) > 50 {
		l.list = l.list[25:]
	}
}

// pick returns one of a kind, which its path says, else another.
func (l *ids) pick(g generator, path string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	prefix := map[bool]string{strings.Contains(path, "files"): "file-", strings.Contains(path, "batches"): "batch_", strings.Contains(path, "responses"): "resp_"}[true]
	list := slices.DeleteFunc(slices.Clone(l.list), func(id string) bool { return !strings.HasPrefix(id, prefix) })
	if len(list) == 0 {
		return "none"
	}
	return pick(g, list)
}

// request makes a request at random.
func (op *operation) request(g generator, known *ids) (target, kind string, body []byte) {
	target = op.path
	query := url.Values{}
	for _, p := range op.parameters {
		name := p["name"].(string)
		value := fmt.Sprint(g.of(p["schema"].(map[string]any), 1))
		switch {
		case p["in"] == "query" && (name == "model" && g.IntN(10) > 0 || g.IntN(4) == 0):
		case p["in"] == "query":
			query.Set(name, value)
		default:
			if value == "" || g.IntN(4) > 0 {
				value = pick(g, []string{"0", "1", "15", "m0", "m1"})
			}
			if p["name"] == "id" && strings.HasPrefix(op.path, "/v1/") && g.IntN(4) > 0 {
				value = known.pick(g, op.path)
			}
			target = strings.Replace(target, "{"+name+"}", url.PathEscape(value), 1)
		}
	}
	if target = strings.ReplaceAll(target, "//", "/-/"); len(query) > 0 {
		target += "?" + query.Encode()
	}
	if op.form != nil {
		kind, body = op.formBody(g)
		return target, kind, body
	}
	kind = "application/json"
	if op.body == nil {
		return target, kind, nil
	}
	v := g.of(op.body, 3)
	if g.IntN(5) == 0 {
		v = g.spoil(v)
	}
	switch v := v.(type) {
	case map[string]any:
		op.tame(g, known, v)
	case []any:
		tameList(g, v)
	}
	body, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	if g.IntN(50) == 0 && len(body) > 0 {
		body[g.IntN(len(body))] = byte(g.Uint32())
	}
	return target, kind, body
}

// lines are lines of files for batches.
var lines = []string{`{"custom_id":"a","method":"POST","url":"/v1/completions","body":{"prompt":"a","max_tokens":2}}`,
	`{"custom_id":"b","method":"POST","url":"/v1/embeddings","body":{"input":"a"}}`, `{"custom_id":"a"}`, "{", "", "null"}

// formBody returns a form at random.
func (op *operation) formBody(g generator) (kind string, body []byte) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	fields, _ := op.form["properties"].(map[string]any)
	for _, name := range sorted(fields) {
		switch text := fmt.Sprint(g.of(fields[name].(map[string]any), 1)); {
		case name == "file":
			if part, err := w.CreateFormFile("file", pick(g, []string{"a.jsonl", "../b", "\x00"})); err == nil {
				_, _ = fmt.Fprintln(part, pick(g, lines[:1+g.IntN(len(lines))]))
			}
		case name == "purpose" || g.IntN(4) == 0:
			_ = w.WriteField(name, text)
		}
	}
	w.Close()
	if g.IntN(20) == 0 {
		b.Truncate(g.IntN(b.Len()))
	}
	return w.FormDataContentType(), b.Bytes()
}

// tameList lets the scales of a list be those of adapters that there are.
func tameList(g generator, list []any) {
	for _, v := range list {
		if scale, ok := v.(map[string]any); ok && scale["id"] != nil && g.IntN(4) > 0 {
			scale["id"] = g.IntN(2)
		}
	}
}

// tame lets a request end soon, and name a model that there is.
func (op *operation) tame(g generator, known *ids, object map[string]any) {
	properties, _ := op.body["properties"].(map[string]any)
	for _, name := range []string{"max_tokens", "max_completion_tokens", "max_output_tokens", "n_predict"} {
		if properties[name] != nil {
			object[name] = 1 + g.IntN(6)
		}
	}
	names := []string{"m0", "m1"}
	switch op.path {
	case "/api/pull":
		names = []string{"org/a", "org/b:Q8_0"}
	case "/api/delete":
		names = []string{"org/a", "org/b:Q8_0", "c0", "c1"}
	}
	if strings.Contains(op.path, "rerank") && g.IntN(10) > 0 { // without a name it is m0
		names = []string{"m2"}
		object["model"] = "m2"
	}
	if _, ok := object["model"]; ok && g.IntN(10) > 0 {
		object["model"] = pick(g, names)
	}
	if properties["source"] != nil && g.IntN(4) > 0 {
		object["source"], object["destination"] = pick(g, names), pick(g, []string{"c0", "c1"})
	}
	if properties["input_file_id"] != nil && g.IntN(4) > 0 {
		object["input_file_id"] = known.pick(g, "files")
	}
	if options, ok := object["options"].(map[string]any); properties["options"] != nil && (ok || object["options"] == nil) && g.IntN(10) > 0 {
		if !ok {
			options = map[string]any{}
			object["options"] = options
		}
		options["num_predict"] = 1 + g.IntN(6)
	}
	if _, ok := object["filename"]; ok && g.IntN(3) > 0 {
		object["filename"] = "slot"
	}
}

// check returns what is wrong with an answer, "" if nothing is.
func (op *operation) check(w *httptest.ResponseRecorder) string {
	kind, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
	s := op.failed
	switch {
	case w.Code == 200:
		if s = op.sound[kind]; s == nil {
			return fmt.Sprintf("content of type %q", kind)
		}
	case w.Code == 503 || w.Code >= 400 && w.Code < 500:
	default:
		return "status " + strconv.Itoa(w.Code)
	}
	if w.Code == 200 && op.event != nil && kind != "application/json" {
		return op.checkStream(w.Body.String())
	}
	if kind != "application/json" {
		return ""
	}
	return fits(s, w.Body.String())
}

// checkStream checks the events of a stream; the last may be an error.
func (op *operation) checkStream(body string) string {
	for line := range strings.Lines(body) {
		data, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "data: ")
		if !ok || data == "[DONE]" {
			continue
		}
		if wrong := fits(op.event, data); wrong != "" && fits(op.failed, data) != "" {
			return wrong
		}
	}
	return ""
}

// fits returns why JSON does not fit a schema, "" if it does.
func fits(s *jsonschema.Schema, body string) string {
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err == nil {
		err = s.Validate(v)
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// TestRandom sends 3,000 requests, or as many as CHORD_OPENAPI says. Every operation is
// answered with success some time.
func TestRandom(t *testing.T) {
	h := handler(t)
	list := operations(t, h)
	n := 3000
	if v, err := strconv.Atoi(os.Getenv("CHORD_OPENAPI")); err == nil {
		n = v
	}
	const workers = 2
	var mu sync.Mutex
	sound, bad, known := map[*operation]int{}, 0, &ids{}
	var wg sync.WaitGroup
	for worker := range workers {
		g := generator{rand.New(rand.NewPCG(1, uint64(worker)))}
		wg.Go(func() {
			for range n / workers {
				op := pick(g, list)
				target, kind, body := op.request(g, known)
				w := answer(h, op.method, target, kind, body)
				wrong := op.check(w)
				known.learn(w)
				mu.Lock()
				if w.Code == 200 {
					sound[op]++
				}
				if wrong != "" {
					if bad++; bad <= 10 {
						t.Errorf("%s %s\n%.600s\n%d %.600s\n%s", op.method, target, body, w.Code, w.Body, wrong)
					}
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	total := 0
	for _, op := range list {
		total += sound[op]
		t.Logf("%-6s %-28s %d", op.method, op.path, sound[op])
		if sound[op] == 0 {
			t.Errorf("%s %s: no request succeeded", op.method, op.path)
		}
	}
	t.Logf("%d of %d requests succeeded, %d answers are not as described", total, n, bad)
}
