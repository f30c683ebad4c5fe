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
