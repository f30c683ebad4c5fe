package wasm

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/tales"
)

// chromium is Debian's browser; without it the test is left out.
func chromium(t *testing.T) string {
	t.Helper()
	name, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" && runtime.GOOS == "linux" { // .ci/run installs it
			t.Fatal(err)
		}
		t.Skip("no chromium")
	}
	return name
}

// told is what a page posts.
type told struct {
	Text            string
	Taken, Isolated bool
	Error           string
}

// page serves what a build has written, and a page that tells a story with it, to
// told.
func page(t *testing.T, build string, threads int, result chan<- told) string {
	mux := http.NewServeMux()
	mux.Handle("/build/", http.StripPrefix("/build/", http.FileServer(http.Dir(build))))
	mux.HandleFunc("/worker.mjs", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "testdata/worker.mjs") })
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<script type="module">
			const worker = new Worker("/worker.mjs", { type: "module" });
			worker.onerror = (e) => fetch("/result", { method: "POST", body: JSON.stringify({ error: e.message }) });
			worker.postMessage({ threads: %d, seed: 7 });
		</script>`, threads)
	})
	mux.HandleFunc("/result", func(w http.ResponseWriter, r *http.Request) {
		var v told
		if err := json.NewDecoder(r.Body).Decode(&v); err != nil {
			v.Error = err.Error()
		}
		select {
		case result <- v:
		default: // a second one
		}
	})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
		w.Header().Set("Cross-Origin-Embedder-Policy", "require-corp")
		w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// A page in Chromium gets the text that a program in Go gets, with one thread and
// with workers over shared memory.
func TestBrowser(t *testing.T) {
	browser, build := chromium(t), builder(t)
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	story, err := m.Complete(t.Context(), "Once upon a time", chord.Params{Seed: 7, MaxTokens: 60})
	if err != nil {
		t.Fatal(err)
	}
	for _, threads := range []int{1, 3} {
		t.Run("threads="+strconv.Itoa(threads), func(t *testing.T) {
			dir, result := t.TempDir(), make(chan told, 1)
			args := []string{"-o", dir}
			if threads > 1 {
				args = append(args, "-threads")
			}
			run(t, nil, build, args...)
			profile, err := os.MkdirTemp("", "chromium")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = os.RemoveAll(profile) }() // the browser's children may still write
			c := exec.CommandContext(t.Context(), browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
				"--no-first-run", "--remote-debugging-port=0", "--user-data-dir="+profile, page(t, dir, threads, result))
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- c.Wait() }()
			defer func() { c.Process.Kill(); <-ended }()
			select {
			case err := <-ended:
				ended <- err
				t.Fatalf("the browser has ended: %v", err)
			case got := <-result:
				if want := (told{Text: story.Text, Taken: threads > 1, Isolated: true}); got != want {
					t.Errorf("got %+v, want %+v", got, want)
				}
			}
		})
	}
}
