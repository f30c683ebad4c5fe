package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/querent-ai/chord"
)

// served starts chord serve with these arguments and returns its address; it ends with the
// test.
func served(t *testing.T, stderr io.Writer, args ...string) (url string) {
	t.Helper()
	in, out := io.Pipe()
	a := newApp(strings.NewReader(""), out, stderr)
	code := make(chan int, 1)
	go func() {
		code <- a.run(append([]string{"serve", "--port", "0", "--quiet"}, args...))
		out.Close()
	}()
	line := make([]byte, 200)
	n, err := in.Read(line)
	if err != nil {
		t.Fatal(err, <-code, stderr)
	}
	t.Cleanup(func() {
		a.signals <- syscall.SIGTERM
		if got := <-code; got != exitTerm {
			t.Errorf("exit %d", got)
		}
	})
	_, url, _ = strings.Cut(strings.TrimSpace(string(line[:n])), " at ")
	return url
}

// request sends a request with JSON and returns status and body.
func request(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	q, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if method != "GET" {
		q.Header.Set("Content-Type", "application/json")
	}
	r, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b)
}

// namesOf returns the names of models that a server lists.
func namesOf(t *testing.T, url string) (names []string) {
	t.Helper()
	_, body := request(t, "GET", url+"/v1/models", "")
	var list struct {
		Data []struct {
			ID      string
			Aliases []string
		}
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		t.Fatal(err, body)
	}
	for _, m := range list.Data {
		names = append(append(names, m.ID), m.Aliases...)
	}
	return names
}

// TestServeCache serves models of the cache by name, and fetches and deletes them on
// request.
func TestServeCache(t *testing.T) {
	atHome(t, "")
	tale := fileBytes(t, taleFile(t))
	cache := hubOf(t, map[string]string{"tale-Q4_0.gguf": tale, "tale-Q8_0.gguf": tale})
	url := served(t, io.Discard)
	const ask = `,"prompt":"Once","max_tokens":4,"temperature":0}`
	if names := namesOf(t, url); len(names) != 1 {
		t.Errorf("%q before a pull", names)
	}
	if status, body := request(t, "POST", url+"/v1/completions", `{"model":"org/name:Q4_0"`+ask); status != 404 || !strings.Contains(body, "model_not_found") {
		t.Errorf("a model that is not here: %d %s", status, body)
	}
	status, lines := request(t, "POST", url+"/api/pull", `{"model":"hf.co/org/name:Q4_0"}`)
	list := strings.Split(strings.TrimSpace(lines), "\n")
	if status != 200 || list[0] != `{"status":"pulling manifest"}` || list[len(list)-1] != `{"status":"success"}` || !strings.Contains(lines, `"digest":"sha256:`) || !strings.Contains(list[len(list)-4], `"completed":`) {
		t.Errorf("pull: %d %s", status, lines)
	}
	if names := namesOf(t, url); !slices.Contains(names, "org/name:Q4_0") {
		t.Errorf("%q after it", names)
	}
	if _, tags := request(t, "GET", url+"/api/tags", ""); !strings.Contains(tags, `"name":"org/name:Q4_0"`) || !strings.Contains(tags, `"quantization_level":"Q4_0"`) {
		t.Errorf("tags: %s", tags)
	}
	for _, name := range []string{"org/name:Q4_0", "hf.co/org/name:Q4_0", "org/name", "tale-Q4_0", "org/name:q4_0"} {
		if status, body := request(t, "POST", url+"/v1/completions", `{"model":"`+name+`"`+ask); status != 200 || !strings.Contains(body, `"model":"org/name:Q4_0"`) {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	for name, want := range map[string]int{"org/none": 404, "one": 404, "../../etc": 400, "http://127.0.0.1/a.gguf": 400, "ollama://127.0.0.1:1/a": 400, "org/name:Q5_K": 404} {
		if status, body := request(t, "POST", url+"/api/pull", `{"stream":false,"model":"`+name+`"}`); status != want || !strings.Contains(body, `"error"`) {
			t.Errorf("pull %s: %d %s, want %d", name, status, body, want)
		}
	}
	if status, body := request(t, "DELETE", url+"/api/delete", `{"model":"org/name:Q4_0"}`); status != 200 {
		t.Errorf("delete: %d %s", status, body)
	}
	if left, _ := os.ReadDir(filepath.Join(cache, "models--org--name")); len(left) > 0 || len(namesOf(t, url)) != 1 {
		t.Errorf("delete leaves %v, %q", left, namesOf(t, url))
	}
}

// TestServeNoPull lets requests use the cache and not change it, and has no page.
func TestServeNoPull(t *testing.T) {
	atHome(t, "")
	hubOf(t, map[string]string{"tale-Q4_0.gguf": fileBytes(t, taleFile(t))})
	path := strings.TrimSpace(do(t, "", "pull", "org/name").out)
	url := served(t, io.Discard, "--no-pull", "--no-page", "-m", "org/name")
	if names := namesOf(t, url); !slices.Equal(names, []string{"org/name:Q4_0", "tale-Q4_0"}) {
		t.Errorf("the model of -m has the names %q", names)
	}
	for _, c := range []struct{ method, path, body string }{{"POST", "/api/pull", `{"model":"org/name:Q8_0"}`}, {"DELETE", "/api/delete", `{"model":"org/name"}`}} {
		if status, body := request(t, c.method, url+c.path, c.body); status != 400 && status != 403 {
			t.Errorf("%s: %d %s", c.path, status, body)
		}
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
	q, err := http.NewRequest("GET", url+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Accept", "text/html")
	if r, err := http.DefaultClient.Do(q); err != nil || r.StatusCode != 404 {
		t.Errorf("the page: %v, %v", r, err)
	}
}

// TestServeAliases serves the models of the configuration by name, with what it says of
// their texts; a request comes first.
func TestServeAliases(t *testing.T) {
	file := filepath.ToSlash(talesFile(t))
	atHome(t, `
[models.kind]
model = "`+file+`"
temp = 0
n-predict = 7
ctx-size = 300
system-prompt = "Be kind."

[models.seeded]
model = "`+file+`"
seed = 5
n-predict = 8

[models.tuned]
model = "`+file+`"
lora = "x.gguf"

[models.gone]
model = "nosuch.gguf"
`)
	hubOf(t, nil)
	var stderr bytes.Buffer
	url := served(t, &stderr)
	if names := namesOf(t, url); len(names) != 3 || !slices.Contains(names, "kind") || !slices.Contains(names, "seeded") {
		t.Errorf("names %q", names)
	}
	if s := stderr.String(); !strings.Contains(s, "models.tuned: lora: ") || !strings.Contains(s, "models.gone is not here") {
		t.Errorf("stderr %q", s)
	}
	answer := func(body string) string {
		status, s := request(t, "POST", url+"/v1/chat/completions", body)
		var a struct {
			Choices []struct{ Message struct{ Content string } }
		}
		if err := json.Unmarshal([]byte(s), &a); err != nil || status != 200 {
			t.Fatalf("%s: %d %s", body, status, s)
		}
		var texts []string
		for _, c := range a.Choices {
			texts = append(texts, c.Message.Content)
		}
		return strings.Join(texts, "|")
	}
	system := []chord.Message{{Role: "system", Content: "Be kind."}, {Role: "user", Content: "Hello"}}
	plain := strings.TrimSuffix(answered(t, file, system, "-n", "7", "--temp", "0"), "\n")
	if got := answer(`{"model":"kind","messages":[{"role":"user","content":"Hello"}]}`); got != plain {
		t.Errorf("got %q, want %q", got, plain)
	}
	other := strings.TrimSuffix(answered(t, file, []chord.Message{{Role: "system", Content: "Be rude."}, {Role: "user", Content: "Hello"}}, "-n", "5", "--temp", "0.9", "--seed", "3"), "\n")
	if got := answer(`{"model":"kind","max_tokens":5,"temperature":0.9,"seed":3,"messages":[{"role":"system","content":"Be rude."},{"role":"user","content":"Hello"}]}`); got != other {
		t.Errorf("a request comes first: got %q, want %q", got, other)
	}
	two := answer(`{"model":"seeded","n":2,"messages":[{"role":"user","content":"Hello"}]}`)
	if again := answer(`{"model":"seeded","n":2,"messages":[{"role":"user","content":"Hello"}]}`); again != two {
		t.Errorf("%q, then %q", two, again)
	} else if a, b, _ := strings.Cut(two, "|"); a == b {
		t.Errorf("both choices are %q", a)
	}
	if _, s := request(t, "POST", url+"/api/show", `{"model":"kind"}`); !strings.Contains(s, `"system":"Be kind."`) || !strings.Contains(s, `num_ctx                        300`) || !strings.Contains(s, `max_tokens                     7`) {
		t.Errorf("show: %.600s", s)
	}
	for _, args := range [][]string{{"-m", "kind"}, {"-m", "kind", "--alias", "gpt-4o"}} {
		url = served(t, io.Discard, args...)
		if got := answer(`{"messages":[{"role":"user","content":"Hello"}]}`); got != plain || namesOf(t, url)[0] != "kind" {
			t.Errorf("%q: got %q, want %q; names %q", args, got, plain, namesOf(t, url))
		}
	}
}

// TestServeAliasesOpen serves models of the configuration that are opened with adapters
// or with a draft model, or whose texts a grammar constrains, as chord run has them.
func TestServeAliasesOpen(t *testing.T) {
	one, two, file := adapters(t)
	table := func(name, more string) string {
		return "[models." + name + "]\nmodel = '" + filepath.ToSlash(file) + "'\ntemp = 0\nn-predict = 12\n" + more + "\n"
	}
	one, two = filepath.ToSlash(one), filepath.ToSlash(two)
	schema := `{"enum":["yes","no"]}`
	atHome(t, table("adapted", "lora = '"+one+"'\nlora-scaled = '"+two+":0.5'")+
		table("drafted", "model-draft = '"+filepath.ToSlash(file)+"'\ndraft-max = 4")+
		table("ruled", "json-schema = '"+schema+"'")+
		table("plain", "")+
		table("undrafted", "model-draft = 'nosuch.gguf'")+
		table("unruled", "grammar = 'root ='"))
	hubOf(t, nil)
	var stderr bytes.Buffer
	url := served(t, &stderr)
	for _, want := range []string{"models.undrafted: model-draft: ", "models.unruled: "} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("stderr %q, want %q", &stderr, want)
		}
	}
	complete := func(url, name string) string {
		t.Helper()
		status, s := request(t, "POST", url+"/v1/completions", `{"model":"`+name+`","prompt":"Once upon a time","max_tokens":12}`)
		var a struct{ Choices []struct{ Text string } }
		if err := json.Unmarshal([]byte(s), &a); err != nil || status != 200 || len(a.Choices) != 1 {
			t.Fatalf("%s: %d %s", name, status, s)
		}
		return a.Choices[0].Text
	}
	run := func(more ...string) string {
		args := append([]string{"run", "-m", file, "--raw", "--no-display-prompt", "--temp", "0", "-n", "12"}, more...)
		return strings.TrimSuffix(ok(t, "", append(args, "Once upon a time")...), "\n")
	}
	plain, adapted, ruled := run(), run("--lora", one, "--lora-scaled", two+":0.5"), run("--json-schema", schema)
	if plain == adapted || ruled != `"yes"` && ruled != `"no"` {
		t.Fatalf("%q, adapted %q, ruled %q", plain, adapted, ruled)
	}
	for name, want := range map[string]string{"plain": plain, "adapted": adapted, "drafted": plain, "ruled": ruled} {
		if got := complete(url, name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
		if name == "ruled" || name == "drafted" { // -m of serve
			if got := complete(served(t, io.Discard, "-m", name), name); got != want {
				t.Errorf("-m %s: got %q, want %q", name, got, want)
			}
		}
	}
	// A request's own schema comes first.
	for schema, want := range map[string]string{``: ruled, `,"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"const":1}}}`: "1"} {
		status, s := request(t, "POST", url+"/v1/chat/completions", `{"model":"ruled","messages":[{"role":"user","content":"Hello"}]`+schema+`}`)
		if status != 200 || !strings.Contains(s, `"content":`+strconv.Quote(want)) {
			t.Errorf("%s: got %d %s, want %s", schema, status, s, want)
		}
	}
	if _, s := request(t, "GET", url+"/lora-adapters?model=adapted", ""); strings.Count(s, `"scale"`) != 2 || !strings.Contains(s, "0.5") {
		t.Errorf("adapters: %s", s)
	}
	// What is opened with a model takes memory with it.
	size := map[string]int64{}
	var loaded []struct {
		Name string
		Size int64
	}
	if err := json.Unmarshal([]byte(ok(t, "", "ps", "--json", "--host", strings.TrimPrefix(url, "http://"))), &loaded); err != nil {
		t.Fatal(err)
	}
	for _, m := range loaded {
		size[m.Name] = m.Size
	}
	if plain := size["plain"]; plain == 0 || size["adapted"] <= plain || size["drafted"] <= plain*3/2 || plain > 1<<30 {
		t.Errorf("sizes %v", size)
	}
}
