package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/querent-ai/chord/server/sse"
)

// A replica is a chord serve that can be killed.
type replica struct {
	t    *testing.T
	tier string // CHORD_CPU
	addr string // the same for each process
	cmd  *exec.Cmd
}

// start starts a process and waits until it listens.
func (r *replica) start() {
	r.t.Helper()
	self, err := os.Executable()
	if err != nil {
		r.t.Fatal(err)
	}
	port := "0"
	if r.addr != "" {
		_, port, _ = net.SplitHostPort(r.addr)
	}
	r.cmd = exec.Command(self, "serve", "--port", port, "--threads", "1", "--quiet")
	r.cmd.Env = append(os.Environ(), "CHORD_TEST_RUN=1", "CHORD_CPU="+r.tier)
	r.cmd.Stderr = os.Stderr
	out, err := r.cmd.StdoutPipe()
	if err == nil {
		err = r.cmd.Start()
	}
	if err != nil {
		r.t.Error(err)
		return
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	_, addr, ok := strings.Cut(strings.TrimSpace(line), " at http://")
	if !ok {
		r.t.Errorf("replica %q: it says %q, %v", r.tier, line, err)
	}
	r.addr = addr
}

// kill ends the process at once, as power failure does.
func (r *replica) kill() {
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait()
}

// balance starts HAProxy with the configuration that is shipped, and returns its address.
func balance(t *testing.T, list []*replica) string {
	t.Helper()
	path, err := exec.LookPath("haproxy")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no haproxy: apt-get install haproxy")
		}
		t.Skip("no haproxy")
	}
	socket := filepath.Join(t.TempDir(), "s") // HAProxy tells no port that it chose
	cmd := exec.Command(path, "-db", "-f", filepath.Join("..", "..", "deploy", "haproxy.cfg"))
	cmd.Env = append(os.Environ(), "LISTEN=unix@"+socket)
	for i, r := range list {
		cmd.Env = append(cmd.Env, fmt.Sprintf("CHORD_%d=%s", i+1, r.addr))
	}
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("haproxy: %s", said.String())
		}
	})
	return socket
}

// An ask is a request for a stream and what came of it.
type ask struct {
	path, body string
	id, text   string
	breaks     int
}

// add adds an event.
func (a *ask) add(t *testing.T, e sse.Event) {
	if e.Data == "[DONE]" {
		return
	}
	var c struct {
		ID      string
		Choices []struct {
			Text  string
			Delta struct{ Content string }
		}
	}
	if err := json.Unmarshal([]byte(e.Data), &c); err != nil || a.id != "" && a.id != c.ID {
		t.Errorf("event %q, of answer %s: %v", e.Data, a.id, err)
		return
	}
	a.id = c.ID
	for _, k := range c.Choices {
		a.text += k.Text + k.Delta.Content
	}
}

// length is how many tokens each text has.
const length = 200

// asks returns n requests: chats and texts, greedy, with a seed and without.
func asks(n int) []*ask {
	list := make([]*ask, n)
	for i := range list {
		options := []string{`"temperature":0`, `"seed":` + fmt.Sprint(i), `"temperature":1.5`}[i%3]
		a := &ask{path: "/v1/completions", body: fmt.Sprintf(`{"prompt":"One day, %d", "max_tokens":%d,"stream":true,"ignore_eos":true,%s}`, i, length, options)}
		if i%2 == 1 {
			a.path = "/v1/chat/completions"
			a.body = fmt.Sprintf(`{"messages":[{"role":"user","content":"Tell me of %d cats"}],"max_tokens":%d,"stream":true,"ignore_eos":true,%s}`, i, length, options)
		}
		list[i] = a
	}
	return list
}

// TestReplicasKilled kills the replicas one after the other in the middle of streams
// through HAProxy, and wants each text to be that of a solo run.
func TestReplicasKilled(t *testing.T) {
	n := 200
	if testing.Short() {
		n = 12
	}
	list := []*replica{{t: t}, {t: t, tier: "generic"}, {t: t, tier: "avx2"}}
	for _, r := range list {
		r.start()
		t.Cleanup(r.kill)
	}
	socket := balance(t, list)
	client := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return net.Dial("unix", socket) }, MaxIdleConnsPerHost: n}}
	all := asks(n)
	var seen atomic.Int64
	kills, killed := make(chan int, len(list)), make(chan struct{})
	step := int64(n * length / 12)
	go func() {
		defer close(killed)
		var starts sync.WaitGroup
		defer starts.Wait()
		for i := range kills {
			list[i].kill()
			starts.Go(list[i].start)
		}
	}()
	var wg sync.WaitGroup
	for _, a := range all {
		wg.Go(func() {
			q := sse.Request{URL: "http://localhost" + a.path, Body: []byte(a.body), Client: client, Attempts: 600, Pause: 100 * time.Millisecond,
				Reconnected: func(last sse.Event, _ error) {
					if last.ID != "" {
						a.breaks++
					}
				}}
			for e, err := range sse.Follow(t.Context(), q) {
				if err != nil {
					t.Errorf("%s: %v", a.body, err)
					return
				}
				a.add(t, e)
				if k := seen.Add(1); k%step == 0 && k/step <= int64(len(list)) {
					kills <- int(k/step) - 1
				}
			}
		})
	}
	wg.Wait()
	close(kills)
	<-killed
	broken := 0
	for i, a := range all {
		if want := a.solo(t, list[0].addr); a.text != want || want == "" {
			t.Errorf("stream %d, broken %d times: %q, alone %q", i, a.breaks, a.text, want)
		}
		if a.breaks > 0 {
			broken++
		}
	}
	t.Logf("%d of %d streams were broken", broken, n)
	if broken < n/4 {
		t.Errorf("only %d of %d streams were broken", broken, n)
	}
}

// solo returns the text of a request that is alone on a server. One without a seed has
// that of the answer.
func (a *ask) solo(t *testing.T, addr string) string {
	body := strings.Replace(a.body, `"stream":true`, `"stream":false`, 1)
	if strings.Contains(body, `"temperature":1.5`) {
		body = strings.TrimSuffix(body, "}") + `,"resume":{"id":"` + a.id + `"}}`
	}
	r, err := http.Post("http://"+addr+a.path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var c struct {
		Choices []struct {
			Text    string
			Message struct{ Content string }
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&c); err != nil || len(c.Choices) != 1 {
		t.Fatalf("%s: %d, %v", body, r.StatusCode, err)
	}
	return c.Choices[0].Text + c.Choices[0].Message.Content
}
