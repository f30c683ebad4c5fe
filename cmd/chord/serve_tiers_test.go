package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/querent-ai/chord/server/sse"
)

// child starts a process of chord serve, on a tier, and returns its address.
func child(t *testing.T, tier string, args ...string) (url string, kill func()) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, append([]string{"serve", "--port", "0", "--threads", "1", "--quiet"}, args...)...)
	cmd.Env = append(os.Environ(), "CHORD_TEST_RUN=1", "CHORD_CPU="+tier)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	kill = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	_, url, ok := strings.Cut(strings.TrimSpace(line), " at ")
	if !ok {
		t.Fatalf("%q, %v", line, err)
	}
	return url, kill
}

// ofCache are the figures of a stream that depend on what a server has computed before.
var ofCache = regexp.MustCompile(`"(cached_tokens|input_tokens|cache_read_input_tokens)":\d+`)

// streamFrom returns the events that a server sends after one that a client has.
func streamFrom(t *testing.T, url, body, after string) (list []sse.Event) {
	t.Helper()
	q, err := http.NewRequest("POST", url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	if after != "" {
		q.Header.Set("Last-Event-ID", after)
	}
	r, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	for e, err := range sse.Read(r.Body) {
		if err != nil {
			t.Fatal(err)
		}
		e.Data = ofCache.ReplaceAllString(e.Data, `"$1":0`)
		list = append(list, e)
	}
	if r.StatusCode != 200 {
		t.Fatalf("%s: status %d", body, r.StatusCode)
	}
	return list
}

// TestResumeTiers resumes streams of all APIs on a server with other kernels, in a process
// of its own: the events are the same.
func TestResumeTiers(t *testing.T) {
	tiers := []string{"", "generic"}
	if runtime.GOARCH == "amd64" && strings.Contains(ok(t, "", "version"), "avx2") {
		tiers[1] = "avx2"
	}
	var urls [2]string
	for i, tier := range tiers {
		urls[i], _ = child(t, tier)
	}
	for _, c := range []struct{ path, body string }{
		{"/v1/responses", `{"input":"Tell me of cats","max_output_tokens":40,"stream":true}`},
		{"/v1/responses", `{"input":"Tell me of cats","max_output_tokens":40,"stream":true,"temperature":1.5,"include":["message.output_text.logprobs"],"top_logprobs":3}`},
		{"/v1/messages", `{"messages":[{"role":"user","content":"Tell me of cats"}],"max_tokens":40,"stream":true}`},
		{"/v1/chat/completions", `{"messages":[{"role":"user","content":"Tell me of cats"}],"max_tokens":40,"stream":true,"logprobs":true}`},
	} {
		whole := streamFrom(t, urls[0]+c.path, c.body, "")
		for i := 0; i < len(whole); i += 1 + len(whole)/5 {
			if rest := streamFrom(t, urls[1]+c.path, c.body, whole[i].ID); fmt.Sprint(rest) != fmt.Sprint(whole[i+1:]) {
				t.Fatalf("%s after event %d of %d, %s:\n%v\nwant\n%v", c.body, i, len(whole), whole[i].ID, rest, whole[i+1:])
			}
		}
	}
	ollamaTiers(t, urls)
}

// ollamaTiers does so with Ollama's API, where a client repeats its request with the text
// that it has.
func ollamaTiers(t *testing.T, urls [2]string) {
	const body = `{"messages":[{"role":"user","content":"Tell me of cats"}],"options":{"num_predict":40}`
	read := func(url, body string) (text, id string) {
		r, err := http.Post(url+"/api/chat", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		for lines := json.NewDecoder(r.Body); ; {
			var line struct {
				Message struct{ Content string }
				Error   string
			}
			if err := lines.Decode(&line); err == io.EOF {
				return text, r.Header.Get("X-Request-Id")
			} else if err != nil || line.Error != "" {
				t.Fatal(err, line.Error)
			}
			text += line.Message.Content
		}
	}
	whole, id := read(urls[0], body+"}")
	for n := range len(whole) {
		if n%(1+len(whole)/5) > 0 || strings.ToValidUTF8(whole[:n], "") != whole[:n] {
			continue
		}
		had, err := json.Marshal(map[string]string{"id": id, "text": whole[:n]})
		if err != nil {
			t.Fatal(err)
		}
		if rest, _ := read(urls[1], body+`,"resume":`+string(had)+"}"); whole[:n]+rest != whole {
			t.Errorf("after %d bytes %q, want %q", n, rest, whole[n:])
		}
	}
}
