package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestLife takes a model through the commands as a person does: what one of them prints
// is what the next one is given.
func TestLife(t *testing.T) {
	cache := hubOf(t, map[string]string{"tale-Q4_0.gguf": fileBytes(t, taleFile(t)), "README.md": "text"})
	for _, name := range []string{"CHORD_HOST", "OLLAMA_HOST", "CHORD_API_KEY"} {
		t.Setenv(name, "")
	}
	pulled := do(t, "", "pull", "org/name")
	path := strings.TrimSpace(pulled.out)
	if _, err := os.Stat(path); pulled.code != 0 || err != nil {
		t.Fatalf("pull: %+v, %v", pulled, err)
	}
	var list []listed
	if err := json.Unmarshal([]byte(ok(t, "", "list", "--json")), &list); err != nil || len(list) != 1 || list[0].Path != path {
		t.Fatalf("list: %+v, %v", list, err)
	}
	name := list[0].Name
	var card modelCard
	if err := json.Unmarshal([]byte(ok(t, "", "show", name, "--json")), &card); err != nil || card.Name != name || card.Path != path {
		t.Errorf("show: %+v, %v", card, err)
	}
	args := []string{"run", "--temp", "0", "-n", "12", "Tell a story.", "-m"}
	text := ok(t, "", append(args, path)...)
	if got := ok(t, "", append(args, name)...); got != text || len(got) < 20 {
		t.Errorf("run: by name %q, by path %q", got, text)
	}
	serveModel(t, name, path, text)
	if s := ok(t, "", "rm", "--yes", name); !strings.Contains(s, name) {
		t.Errorf("rm: %q", s)
	}
	if left, _ := os.ReadDir(cache + "/models--org--name"); len(left) > 0 {
		t.Errorf("rm leaves %v", left)
	}
	if r := do(t, "", append(args, name)...); r.code != 1 || !strings.Contains(r.stderr, "chord pull "+name+" fetches it") {
		t.Errorf("run after rm: %+v", r)
	}
}

// serveModel serves a model by name, and wants ps and stop to know it, and the one that
// is opened on demand, by the names that they have.
func serveModel(t *testing.T, name, path, text string) {
	out, w := io.Pipe()
	a := newApp(strings.NewReader(""), w, io.Discard)
	code := make(chan int, 1)
	go func() {
		code <- a.run([]string{"serve", "-m", name, "--port", "0", "--model-file", "late=" + path})
		w.Close()
	}()
	line := make([]byte, 200)
	n, err := out.Read(line)
	said, url, ok1 := strings.Cut(strings.TrimSpace(string(line[:n])), " at http://")
	_, port, err2 := net.SplitHostPort(url)
	if err != nil || err2 != nil || !ok1 || said != name {
		t.Fatalf("serve: %q, %v, %v", line[:n], err, err2)
	}
	names := func() (names []string) {
		var list []loadedModel
		if err := json.Unmarshal([]byte(ok(t, "", "ps", "--port", port, "--json")), &list); err != nil {
			t.Fatal(err)
		}
		for _, m := range list {
			names = append(names, m.Name)
		}
		return names
	}
	for _, m := range []string{name, "late", "late"} { // loaded again after stop
		body := strings.NewReader(`{"model": "` + m + `", "temperature": 0, "max_tokens": 12, "messages": [{"role": "user", "content": "Tell a story."}]}`)
		r, err := http.Post("http://"+url+"/v1/chat/completions", "application/json", body)
		if err != nil {
			t.Fatal(err)
		}
		var answer struct {
			Choices []struct {
				Message struct{ Content string }
			}
		}
		err = json.NewDecoder(r.Body).Decode(&answer)
		r.Body.Close()
		if err != nil || len(answer.Choices) != 1 || answer.Choices[0].Message.Content+"\n" != text {
			t.Errorf("%s: %+v, %v, chord run says %q", m, answer, err, text)
		}
		if m == "late" {
			if got := names(); len(got) != 2 {
				t.Errorf("ps: %q, want %q and late", got, name)
			}
			ok(t, "", "stop", "late", "--port", port)
		}
		if got := names(); len(got) != 1 || got[0] != name {
			t.Errorf("ps: %q, want %q", got, name)
		}
	}
	if r := do(t, "", "stop", name, "--port", port); r.code != 1 || !strings.Contains(r.stderr, "stays loaded") {
		t.Errorf("stop of the model of -m: %+v", r)
	}
	a.signals <- syscall.SIGTERM
	if got := <-code; got != exitTerm {
		t.Errorf("serve: exit %d", got)
	}
}
