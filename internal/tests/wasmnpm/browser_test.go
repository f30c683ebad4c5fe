package wasmnpm

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"

	"github.com/querent-ai/chord"
)

// site serves a project's files and a page that uses the package, and passes on what
// the page posts. A page that is isolated may share memory.
func site(t *testing.T, dir string, isolated bool, result chan<- map[string]string) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/node_modules/", http.FileServer(http.Dir(dir)))
	mux.HandleFunc("/page.mjs", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "testdata/page.mjs") })
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
		case result <- v:
		default: // a second one
		}
	})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isolated {
			w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
			w.Header().Set("Cross-Origin-Embedder-Policy", "require-corp")
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// A page in Chromium gets the text that the Go library gives, in threads if it is
// isolated from other origins, and else in one.
func TestBrowser(t *testing.T) {
	need(t, "chromium")
	dir := project(t)
	text := demo(t, chord.Params{Seed: 7, MaxTokens: 20}).Text
	for _, c := range []struct {
		name     string
		isolated bool
		threads  int
	}{{"isolated", true, 3}, {"not isolated", false, 1}} {
		t.Run(c.name, func(t *testing.T) {
			result := make(chan map[string]string, 1)
			profile, err := os.MkdirTemp("", "chromium")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = os.RemoveAll(profile) }() // the browser's children may still write
			b := exec.CommandContext(t.Context(), "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
				"--no-first-run", "--remote-debugging-port=0", "--user-data-dir="+profile, site(t, dir, c.isolated, result))
			if err := b.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- b.Wait() }()
			defer func() { b.Process.Kill(); <-ended }()
			select {
			case err := <-ended:
				ended <- err
				t.Fatalf("the browser has ended: %v", err)
			case got := <-result:
				want := map[string]any{"isolated": c.isolated, "aborted": "aborted", "missing": "source", "format": "format"}
				for _, name := range []string{"demo", "url", "file", "stream"} {
					want[name], want[name+", threads"] = text, c.threads
				}
				delete(got, "threads") // as many as the machine has cores
				check(t, got, want)
			}
		})
	}
}
