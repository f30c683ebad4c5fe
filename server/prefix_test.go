package server_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/querent-ai/chord/server"
)

// prefixAsks are requests of every API, and the text whose hash their header has.
var prefixAsks = []struct{ name, path, body, text string }{
	{"chat", "/v1/chat/completions", `{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Why?"}]}`, "Be brief.Why?"},
	{"next turn", "/v1/chat/completions", `{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Why?"},{"role":"assistant","content":"So."},{"role":"user","content":"How?"}]}`, "Be brief.Why?"},
	{"chat of a user", "/v1/chat/completions", `{"messages":[{"role":"user","content":"Why \"ä\"?"},{"role":"assistant","content":"So."},{"role":"user","content":"How?"}],"stream":true}`, `Why "ä"?`},
	{"text", "/v1/completions", `{"prompt":"` + strings.Repeat("Once upon a time ", 80) + `"}`, strings.Repeat("Once upon a time ", 80)[:1024]},
	{"responses", "/v1/responses", `{"instructions":"Be brief.","input":"Why?","store":false}`, "Be brief.Why?"},
	{"messages", "/v1/messages", `{"max_tokens":9,"system":"Be brief.","messages":[{"role":"user","content":"Why?"}]}`, "Be brief.Why?"},
	{"Ollama", "/api/chat", `{"messages":[{"role":"user","content":"Why?"}],"stream":false}`, "Why?"},
	{"llama-server", "/completion", `{"prompt":"Why?"}`, "Why?"},
}

// TestPrefix wants the header of answers to be the hash of what the prompts of a
// conversation share, from every replica, and that of the request where it has one.
func TestPrefix(t *testing.T) {
	for range 2 {
		url := serve(t, server.Options{Models: []server.Model{echoModel(t, "m", "Yes, it is.")}})
		for _, c := range prefixAsks {
			want := fmt.Sprintf("%016X", xxhash.Sum64String(c.text))
			plain := strings.Replace(c.body, `,"stream":true`, `,"stream":false`, 1)
			for _, body := range []string{plain, with(strings.Replace(plain, `,"stream":false`, "", 1), `"stream":true`)} {
				if got := post(t, url+c.path, body).header.Get("X-Chord-Prefix"); got != want {
					t.Errorf("%s, %s: %q, want %q", c.name, body[len(body)-16:], got, want)
				}
			}
		}
		ids := post(t, url+"/v1/completions", `{"prompt":[72,105]}`).header.Get("X-Chord-Prefix")
		if want := fmt.Sprintf("%016X", xxhash.Sum64String("72,105")); ids != want {
			t.Errorf("tokens: %q, want %q", ids, want)
		}
		for given, want := range map[string]string{"my-chat_7": "my-chat_7", "a b": fmt.Sprintf("%016X", xxhash.Sum64String("Hello")), strings.Repeat("a", 65): fmt.Sprintf("%016X", xxhash.Sum64String("Hello"))} {
			if got := do(t, "POST", url+"/v1/chat/completions", hello, "X-Chord-Prefix", given).header.Get("X-Chord-Prefix"); got != want {
				t.Errorf("given %.20q: %q, want %q", given, got, want)
			}
		}
		if got := do(t, "GET", url+"/v1/models", "").header.Get("X-Chord-Prefix"); got != "" {
			t.Errorf("a list of models has %q", got)
		}
	}
}

// TestAffinity has HAProxy, with the configuration that is shipped, send the turns of a
// conversation to one of three replicas, under the name that the replica gives it too.
func TestAffinity(t *testing.T) {
	path, err := exec.LookPath("haproxy")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no haproxy: apt-get install haproxy")
		}
		t.Skip("no haproxy")
	}
	socket := filepath.Join(t.TempDir(), "s")
	cmd := exec.Command(path, "-db", "-f", filepath.Join("..", "deploy", "haproxy.cfg"))
	cmd.Env = append(os.Environ(), "LISTEN=unix@"+socket)
	type asked struct{ replica, name string }
	seen := make(chan asked, 1)
	for i := range 3 {
		s, err := server.New(server.Options{Models: []server.Model{echoModel(t, "m", "Yes, it is.")}})
		if err != nil {
			t.Fatal(err)
		}
		h := s.Handler()
		l := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			if q.Method == "POST" {
				seen <- asked{fmt.Sprint("replica ", i), q.Header.Get("X-Chord-Prefix")}
				q.Header.Del("X-Chord-Prefix") // so that the replica computes its own
			}
			h.ServeHTTP(w, q)
		}))
		t.Cleanup(l.Close)
		cmd.Env = append(cmd.Env, fmt.Sprintf("CHORD_%d=%s", i+1, strings.TrimPrefix(l.URL, "http://")))
	}
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}}
	ask := func(path, body string) (asked, string) {
		for deadline := time.Now().Add(time.Minute); ; {
			r, err := client.Post("http://localhost"+path, "application/json", strings.NewReader(body))
			if err == nil {
				_, _ = io.Copy(io.Discard, r.Body)
				r.Body.Close()
			}
			if err == nil && r.StatusCode == 200 {
				return <-seen, r.Header.Get("X-Chord-Prefix")
			}
			if time.Now().After(deadline) {
				t.Fatalf("%v, %+v: %s", err, r, said.String())
			}
		}
	}
	for _, c := range prefixAsks {
		q, told := ask(c.path, c.body)
		if q.name != told || told != fmt.Sprintf("%016X", xxhash.Sum64String(c.text)) {
			t.Errorf("%s: the balancer says %q, the replica %q, want the hash of %.40q", c.name, q.name, told, c.text)
		}
	}
	used, strayed := map[string]bool{}, 0
	const conversations = 24
	for i := range conversations {
		first := fmt.Sprintf(`{"role":"user","content":"Question %d"}`, i)
		one, _ := ask("/v1/chat/completions", `{"messages":[`+first+`]}`)
		two, _ := ask("/v1/chat/completions", `{"messages":[`+first+`,{"role":"assistant","content":"So."},{"role":"user","content":"And then?"}]}`)
		if one.name != two.name {
			t.Errorf("conversation %d is %s and then %s", i, one.name, two.name)
		}
		if one != two {
			strayed++ // the balancer still counts the first request, and spares its replica
		}
		used[one.replica] = true
	}
	if len(used) != 3 || strayed > conversations/4 {
		t.Errorf("%d conversations go to %v, want all three; %d change their replica", conversations, used, strayed)
	}
}
