package wasmnpm

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/querent-ai/chord"
)

// A browser shows pages, one after the other.
type browser struct {
	dir     string // of the project
	profile string
	results chan map[string]string // what pages post
	next    chan string            // where they go then, "" if nowhere
	ended   chan error
	process *exec.Cmd
}

// newBrowser is a browser that is not started yet.
func newBrowser(t *testing.T) *browser {
	need(t, "chromium")
	b := &browser{dir: project(t), results: make(chan map[string]string), next: make(chan string)}
	var err error
	if b.profile, err = os.MkdirTemp("", "chromium"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(b.profile) }) // the browser's children may still write
	return b
}

// start starts the browser at a page, without a GPU if there are no flags.
func (b *browser) start(t *testing.T, page string, flags ...string) {
	if len(flags) == 0 {
		flags = []string{"--disable-gpu"}
	}
	args := append([]string{"--headless", "--no-sandbox", "--disable-dev-shm-usage",
		"--no-first-run", "--disable-background-networking", "--remote-debugging-port=0", "--user-data-dir=" + b.profile}, flags...)
	b.process = exec.CommandContext(t.Context(), "chromium", append(args, page)...)
	if err := b.process.Start(); err != nil {
		t.Fatal(err)
	}
	b.ended = make(chan error, 1)
	go func(p *exec.Cmd) { b.ended <- p.Wait() }(b.process)
	t.Cleanup(func() { _ = b.process.Process.Kill() })
}

// stop ends the browser as its user would, so that it writes what it keeps.
func (b *browser) stop(t *testing.T) {
	b.next <- ""
	if err := b.process.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	select {
	case <-b.ended:
	case <-time.After(20 * time.Second):
		t.Fatal("the browser does not end")
	}
}

// result is what the page posts that is open now.
func (b *browser) result(t *testing.T) map[string]string {
	t.Helper()
	select {
	case err := <-b.ended:
		t.Fatalf("the browser has ended: %v", err)
	case got := <-b.results:
		return got
	}
	return nil
}

// open goes to another page and returns what it posts.
func (b *browser) open(t *testing.T, page string) map[string]string {
	t.Helper()
	b.next <- page
	return b.result(t)
}

// site serves a project's files, models and page.mjs. A page that is isolated may share
// memory; first is added to the beginning of the engine.
func (b *browser) site(t *testing.T, m http.Handler, isolated bool, first string) string {
	mux := http.NewServeMux()
	mux.Handle("/node_modules/", http.FileServer(http.Dir(b.dir)))
	mux.Handle("/examples/", http.FileServer(http.Dir(b.dir)))
	mux.Handle("/examples/html/node_modules/", http.StripPrefix("/examples/html", http.FileServer(http.Dir(b.dir))))
	mux.Handle("/models/", m)
	for _, name := range []string{"page.mjs", "caching.mjs", "far.mjs", "webgpu.mjs"} {
		mux.HandleFunc("/"+name, func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, filepath.Join("testdata", name)) })
	}
	mux.HandleFunc("/sw.mjs", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write([]byte(`import { serve } from "/node_modules/@querent-ai/wasm-chord/dist/service-worker.mjs"; serve();`))
	})
	mux.HandleFunc("/tab.html", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join("testdata", "tab.html"))
	})
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<script>
			const wrong = (e) => fetch("/result", { method: "POST", body: JSON.stringify({ error: e.message ?? "page.mjs does not load" }) });
			onerror = (_, __, ___, ____, err) => wrong(err);
		</script><script type="module" src="/page.mjs" onerror="wrong(event)"></script>`))
	})
	mux.HandleFunc("POST /result", func(w http.ResponseWriter, r *http.Request) {
		var raw map[string]json.RawMessage
		v := map[string]string{}
		if err := json.NewDecoder(r.Body).Decode(&raw); err != nil {
			v["error"] = err.Error()
		}
		for name, text := range raw {
			v[name] = string(text)
		}
		select {
		case b.results <- v:
		case <-t.Context().Done():
			return
		}
		select {
		case page := <-b.next:
			_, _ = w.Write([]byte(page))
		case <-t.Context().Done():
		}
	})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isolated {
			w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
			w.Header().Set("Cross-Origin-Embedder-Policy", "require-corp")
		}
		if first != "" && strings.HasSuffix(r.URL.Path, "/engine-browser.mjs") {
			data, err := os.ReadFile(filepath.Join(b.dir, r.URL.Path))
			if err != nil {
				t.Error(err)
			}
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = w.Write(append([]byte(first), data...))
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// dies makes an engine's memory too small for a model with a context of 1000, and ends its
// thread when it gets the prompt "die".
const dies = `
const Memory = WebAssembly.Memory;
let small = false;
WebAssembly.Memory = function (how) { return new Memory(small ? { ...how, maximum: how.initial + 16 } : how); };
addEventListener("message", ({ data: { method, args } }) => {
	if (method === "open") small = args[1].includes("1000");
	if (method === "generate" && args[0] === "die") close();
});
`

// Pages in Chromium get the text that the Go library gives, in threads if they are
// isolated from other origins, and else in one. Models that they keep are there after the
// browser has been started anew; damaged and partial ones are found.
func TestBrowser(t *testing.T) {
	b := newBrowser(t)
	text := demo(t, chord.Params{Seed: 7, MaxTokens: 20}).Text
	m := newModels(t)
	isolated := b.site(t, m, true, "")
	other := b.site(t, newModels(t), false, "")
	unable := b.site(t, newModels(t), false, "delete FileSystemFileHandle.prototype.createSyncAccessHandle;\n")
	dying := b.site(t, newModels(t), true, dies)
	b.start(t, isolated+"/?texts")
	check(t, texts(b.result(t)), pageTexts(text, true, 3))
	check(t, texts(b.open(t, other+"/?texts")), pageTexts(text, false, 1))
	check(t, b.open(t, other+"/?served"), map[string]any{
		"nobody": 503, "done": "[DONE]", "streamed": true, "length": true, "models": []string{"chord-tales"}, "wrong": 400, "aborted": "AbortError", "ended": 503,
	})
	check(t, b.open(t, isolated+"/?shared"), map[string]any{
		"texts": []string{text, text, text}, "loads": 1, "session": true, "own": 0, "aborted": "aborted", "wrong": "invalid", "lost": "crashed",
		"again": text, "the other": text, "loads again": 1, "closed": "closed",
	})
	check(t, b.open(t, isolated+"/?caching"), cachingValues(text))
	check(t, b.open(t, dying+"/?dying"), map[string]any{"memory": "memory", "lost": "crashed", "lost for good": "crashed", "again": text})
	check(t, b.open(t, unable+"/?unable"), map[string]any{
		"first": text, "kept": text, "first, requests": []string{"GET"}, "kept, requests": []string{},
		"entries": []any{[]bool{true, true}}, "deleted": []any{true, []int{}},
	})
	b.stop(t)
	m.mu.Lock()
	m.gone, m.requests = true, nil
	m.mu.Unlock()
	b.start(t, isolated+"/?again")
	check(t, b.result(t), map[string]any{
		"entries": keptEntries, "kept": text, "kept: load, requests": []string{}, "file": text, "file: load, requests": []string{}, "cannot be fetched": "source",
	})
	b.stop(t)
}

// The pages of npm/examples, which Vite and esbuild bundle, show what they should.
func TestPages(t *testing.T) {
	b := newBrowser(t)
	installTools(t)
	run(t, root, "cp", "-r", "npm/examples", b.dir)
	run(t, filepath.Join(b.dir, "examples", "vite"), "node", filepath.Join(b.dir, "..", "node_modules", "vite", "bin", "vite.js"), "build")
	run(t, filepath.Join(b.dir, "examples", "esbuild"), "node", "build.mjs")
	b.start(t, b.site(t, newModels(t), true, "")+"/?examples")
	text := demo(t, chord.Params{Seed: 7, MaxTokens: 40}).Text
	check(t, b.result(t), map[string]any{"vite": text, "esbuild": text, "html": text})
	b.stop(t)
}

// texts are values but for how many cores there are.
func texts(values map[string]string) map[string]string {
	delete(values, "threads")
	return values
}

// pageTexts are what page.mjs gives for texts.
func pageTexts(text string, isolated bool, threads int) map[string]any {
	want := map[string]any{"isolated": isolated, "aborted": "aborted", "missing": "source", "format": "format"}
	for _, name := range []string{"demo", "url", "file", "stream"} {
		want[name], want[name+", threads"] = text, threads
	}
	return want
}

// keptEntries are the entries that caching.mjs leaves.
var keptEntries = []any{
	[]any{"cache:mine.gguf", true, true, true}, []any{"cache:stream", true, true, true}, []any{"breaks.gguf", true, true, true},
	[]any{"demo.gguf", true, true, true}, []any{"slow.gguf", true, true, true}, []any{"two.gguf", true, true, true},
}

// cachingValues are what caching.mjs gives the first time.
func cachingValues(text string) map[string]any {
	want := map[string]any{
		"empty": []int{}, "two at once, requests": []string{"GET"}, "in use": "busy", "aborted": "aborted", "partial": []bool{false},
		"aborted, requests": []string{"GET"}, "hash": true, "without a cache, requests": []string{"GET"}, "no key": "invalid",
		"another hash": "source", "no model": "format", "no such file": "source", "not in the cache": "source", "estimate": true,
		"deleted": []bool{true, false}, "entries": keptEntries,
	}
	for name, requests := range map[string][]string{
		"first: download,load": {"GET"}, "kept: load": {}, "damaged: download,load": {"GET"}, "cut short: download,load": {"GET"},
		"breaks off: download,load": {"GET", "rest"}, "goes on: download,load": {"rest"}, "file: download,load": {},
		"the file again: load": {}, "stream: download,load": {}, "bytes: download,load": {},
	} {
		title, _, _ := strings.Cut(name, ":")
		want[title], want[name+", requests"] = text, requests
	}
	return want
}
