package page

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/tales"
)

// root is chord's folder.
const root = "../../.."

// goRun runs a command of chord, which is built for it.
func goRun(t *testing.T, dir, pkg string, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), "go", append([]string{"run", pkg}, args...)...)
	c.Dir, c.Stderr = dir, os.Stderr
	return c
}

// demoSite builds the demo into a folder, with models beside it.
func demoSite(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := goRun(t, root, "./cmd/chord-wasm/build", "-web", dir).Run(); err != nil {
		t.Fatal(err)
	}
	guide, err := os.ReadFile(filepath.Join("testdata", "guide.md"))
	if err != nil {
		t.Fatal(err)
	}
	tale, err := tales.FS.ReadFile(tales.Name)
	if err != nil {
		t.Fatal(err)
	}
	damaged := append([]byte(nil), tale...)
	for i := 20; i < 400; i++ {
		damaged[i] ^= 255
	}
	for name, b := range map[string][]byte{
		"guide.gguf": forChats(t, file(t, string(guide))), "object.gguf": file(t, `{"city": "Rome", "warm": true}`),
		"long.gguf": file(t, strings.Repeat("one two three four five ", 6000)), "tale.gguf": tale,
		"damaged.gguf": damaged, "cut.gguf": tale[:len(tale)/2],
	} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// Files of 4 and 17 GiB without content, which take no space.
	for name, size := range map[string]int64{"large.gguf": 4 << 30, "huge.gguf": 17 << 30} {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, tale[:1<<16], 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(name, size); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// forChats returns the file of a model with a template of chats.
func forChats(t *testing.T, b []byte) []byte {
	t.Helper()
	f, err := gguf.OpenReaderAt(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tensors := make([]gguf.WriteTensor, len(f.Tensors))
	for i := range f.Tensors {
		from := &f.Tensors[i]
		tensors[i] = gguf.WriteTensor{Name: from.Name, Type: from.Type, Shape: from.Shape, Data: func(w io.Writer) error {
			_, err := io.Copy(w, f.Reader(from))
			return err
		}}
	}
	var to bytes.Buffer
	if err := gguf.Write(&to, append(slices.Clone(f.KV), gguf.KV{Key: "tokenizer.chat_template", Value: template}), tensors); err != nil {
		t.Fatal(err)
	}
	return to.Bytes()
}

// buildChord builds the command.
func buildChord(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "chord")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-trimpath=false", "-o", program, root+"/cmd/chord").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// webCommand starts chord web in a folder and returns the address that it prints.
func webCommand(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), program, append([]string{"web", "--port", "0"}, args...)...)
	c.Dir, c.Stderr = dir, os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	_, url, found := strings.Cut(strings.TrimSpace(line), " at ")
	if err != nil || !found {
		t.Fatalf("chord web says %q: %v", line, err)
	}
	return url
}

// plainHost serves a folder without headers, as many hosts do, and models to other
// origins: held.gguf is the tale, whose first half comes at once and then a little at a
// time, until /rest is asked for; slow.gguf all of it.
func plainHost(t *testing.T, dir string) string {
	t.Helper()
	tale, err := os.ReadFile(filepath.Join(dir, "tale.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	rest := make(chan struct{})
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServer(http.Dir(dir)))
	mux.HandleFunc("/slow.gguf", func(w http.ResponseWriter, _ *http.Request) { anyOrigin(w, tale) })
	mux.HandleFunc("/rest", func(w http.ResponseWriter, r *http.Request) {
		select {
		case rest <- struct{}{}:
		case <-r.Context().Done():
		}
		anyOrigin(w, nil)
	})
	mux.HandleFunc("/held.gguf", func(w http.ResponseWriter, r *http.Request) {
		some := len(tale) / 2
		w.Header().Set("Content-Length", strconv.Itoa(len(tale)))
		anyOrigin(w, tale[:some])
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			_ = http.NewResponseController(w).Flush() // a client that has gone ends the request
			select {
			case <-tick.C:
				const few = 256 // a quarter of the file takes minutes
				if some < len(tale)*3/4 {
					_, _ = w.Write(tale[some : some+few])
					some += few
				}
			case <-rest:
				_, _ = w.Write(tale[some:])
				return
			case <-r.Context().Done():
				return
			}
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL + "/"
}

// anyOrigin answers with bytes that pages of other origins may read.
func anyOrigin(w http.ResponseWriter, b []byte) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	_, _ = w.Write(b)
}

// TestDemo runs demo.mjs, which prints a line for each thing that it has tried.
func TestDemo(t *testing.T) {
	program(t, "go")
	command := script(t, "demo.mjs")
	dir := demoSite(t)
	command.Args = append(command.Args, webCommand(t, ".", buildChord(t), "--dir", dir), plainHost(t, dir), dir, *shots)
	drive(t, command)
}

// TestWebInClone wants chord web to build the page in a clone, and to say what is missing
// elsewhere.
func TestWebInClone(t *testing.T) {
	program(t, "go")
	chord := buildChord(t)
	url := webCommand(t, root, chord)
	for _, name := range []string{"", "demo/main.js", "chord/index.mjs", "chord/chord.wasm"} {
		r, err := http.Get(url + name)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != 200 || r.Header.Get("Cross-Origin-Embedder-Policy") != "require-corp" {
			t.Errorf("/%s: %d %v", name, r.StatusCode, r.Header)
		}
	}
	elsewhere := exec.CommandContext(t.Context(), chord, "web", "--port", "0")
	elsewhere.Dir = t.TempDir()
	if out, err := elsewhere.CombinedOutput(); err == nil || !strings.Contains(string(out), "no web demo: name a release's chord-web-VERSION.zip with --dir") {
		t.Errorf("elsewhere: %v, %s", err, out)
	}
}
