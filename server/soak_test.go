package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server"
)

// soakClients is how many clients stream at the same time in TestSoak.
const soakClients = 256

// A soakAsk is a greedy request for a stream, and the text that it has alone.
type soakAsk struct{ path, body, want string }

// soakAsks are requests of every API, with short and long prompts and texts.
func soakAsks() (list []*soakAsk) {
	for i := range 4 {
		begin := fmt.Sprintf("Once upon a time, in year %d, %s", i, strings.Repeat("there was a girl who had a dog. ", 1+6*i))
		n := 6 + 12*i
		talk := fmt.Sprintf(`"messages":[{"role":"user","content":%q}]`, begin)
		for _, a := range []soakAsk{
			{path: "/v1/completions", body: `"prompt":%q,"max_tokens":%d,"temperature":0,"stream":true`},
			{path: "/completion", body: `"prompt":%q,"n_predict":%d,"temperature":0,"stream":true`},
			{path: "/api/generate", body: `"prompt":%q,"options":{"num_predict":%d,"temperature":0},"raw":true`},
		} {
			list = append(list, &soakAsk{path: a.path, body: "{" + fmt.Sprintf(a.body, begin, n) + "}"})
		}
		for _, a := range []soakAsk{
			{path: "/v1/chat/completions", body: `"max_tokens":%d,"temperature":0,"stream":true,`},
			{path: "/v1/responses", body: `"max_output_tokens":%d,"temperature":0,"stream":true,"store":false,`},
			{path: "/v1/messages", body: `"max_tokens":%d,"temperature":0,"stream":true,`},
			{path: "/api/chat", body: `"options":{"num_predict":%d,"temperature":0},`},
		} {
			said := talk
			if a.path == "/v1/responses" {
				said = strings.Replace(talk, "messages", "input", 1)
			}
			list = append(list, &soakAsk{path: a.path, body: "{" + fmt.Sprintf(a.body, n) + said + "}"})
		}
	}
	return list
}

// pieceOf returns the text that one line of a stream adds, of any of the APIs.
func pieceOf(line string) string {
	var c struct {
		Choices []struct {
			Text  string
			Delta struct{ Content string }
		}
		Type     string
		Content  json.RawMessage // of llama-server; Anthropic has a list of this name
		Delta    json.RawMessage // a text of responses, an object of Anthropic
		Response json.RawMessage // a text of Ollama, an object of responses
		Message  struct{ Content json.RawMessage }
	}
	if json.Unmarshal([]byte(strings.TrimPrefix(line, "data: ")), &c) != nil {
		return ""
	}
	text := ""
	for _, o := range c.Choices {
		text += o.Text + o.Delta.Content
	}
	var delta struct{ Text string }
	_ = json.Unmarshal(c.Delta, &delta)
	text += delta.Text
	for _, raw := range []json.RawMessage{c.Content, c.Response, c.Message.Content} {
		var s string
		if c.Type == "" && json.Unmarshal(raw, &s) == nil {
			text += s
		}
	}
	if s := ""; c.Type == "response.output_text.delta" && json.Unmarshal(c.Delta, &s) == nil {
		text += s
	}
	return text
}

// A soak counts what came of the requests.
type soak struct {
	t      *testing.T
	url    string
	client *http.Client
	asks   []*soakAsk
	most   int // bytes of memory seen while requests ran

	mu                   sync.Mutex
	statuses             map[int]int
	whole, cut, unopened int
}

// ask sends a request. A client that leaves does so as soon as the request is written, or
// after some lines of the answer; lines < 0 never does.
func (s *soak) ask(a *soakAsk, lines int) (text string, status int, err error) {
	ctx, cancel := context.WithCancel(s.t.Context())
	defer cancel()
	if lines == 0 {
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { cancel() }})
	}
	q, err := http.NewRequestWithContext(ctx, "POST", s.url+a.path, strings.NewReader(a.body))
	if err != nil {
		return "", 0, err
	}
	q.Header.Set("Content-Type", "application/json")
	r, err := s.client.Do(q)
	if err != nil {
		return "", 0, err
	}
	defer r.Body.Close()
	in := bufio.NewScanner(r.Body)
	in.Buffer(nil, 1<<20)
	for n := 0; in.Scan() && n != lines; n++ {
		text += pieceOf(in.Text())
	}
	if r.StatusCode != 200 && lines < 0 {
		text = r.Header.Get("Retry-After")
	}
	return text, r.StatusCode, in.Err()
}

// talk is one request of a client, which leaves in three of ten cases.
func (s *soak) talk(r *rand.Rand) {
	a, lines := s.asks[r.IntN(len(s.asks))], -1
	if r.IntN(10) < 3 {
		lines = r.IntN(24)
	}
	text, status, err := s.ask(a, lines)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err != nil && lines == 0:
		s.unopened++
		return
	case err != nil:
		s.t.Errorf("%s: %v", a.path, err)
		return
	}
	s.statuses[status]++
	switch {
	case status == 503 && lines < 0 && text == "":
		s.t.Errorf("%s: 503 without Retry-After", a.path)
	case status == 503:
	case status != 200:
		s.t.Errorf("%s: status %d", a.path, status)
	case lines >= 0:
		if s.cut++; !strings.HasPrefix(a.want, text) {
			s.t.Errorf("%s: a stream that its client left is %q, alone %q", a.path, text, a.want)
		}
	case text != a.want:
		s.t.Errorf("%s: the stream is %q, alone %q", a.path, text, a.want)
	default:
		s.whole++
	}
}

// round has every client make some requests, and waits until nothing is left of them.
func (s *soak) round(m *chord.Model, seed uint64, requests, base int) {
	var wg sync.WaitGroup
	for i := range soakClients {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(i)))
			for range requests {
				s.talk(r)
			}
			if i == 0 { // while most of the others go on
				n := memory()
				s.mu.Lock()
				s.most = max(s.most, n)
				s.mu.Unlock()
			}
		})
	}
	wg.Wait()
	s.client.CloseIdleConnections()
	for deadline := time.Now().Add(time.Minute); m.Metrics().Sequences > 0 || runtime.NumGoroutine() > base; runtime.Gosched() {
		if time.Now().After(deadline) {
			b := make([]byte, 1<<20)
			s.t.Fatalf("%d texts and %d goroutines are left, want 0 and %d:\n%s", m.Metrics().Sequences, runtime.NumGoroutine(), base, b[:runtime.Stack(b, true)])
		}
	}
}

// memory returns the bytes of memory of this process that no file backs, 0 where the
// system does not tell.
func memory() int {
	debug.FreeOSMemory()
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), "RssAnon:")
	var kb int
	_, _ = fmt.Sscan(rest, &kb)
	return kb << 10
}

// TestSoak has clients stream from all APIs, three of ten leaving at any point: while
// they wait, while their prompt is read, in the middle of a text. Every text is the one
// that the request has alone, no status but 503 is the server's fault, and nothing stays
// behind: no text, no goroutine and, when CHORD_SOAK=10m makes it last so long, no memory.
func TestSoak(t *testing.T) {
	long, err := time.ParseDuration(os.Getenv("CHORD_SOAK"))
	if err != nil && os.Getenv("CHORD_SOAK") != "" {
		t.Fatal(err)
	}
	rounds, requests := 3, 1
	switch {
	case long > 0:
		rounds, requests = 1<<30, 10
	case testing.Short():
		rounds, requests = 1, 1
	}
	const cache, slack = 32 << 20, 256 << 20
	m := talesModel(t, chord.Options{CacheBytes: cache, MaxQueue: soakClients - 8})
	h, err := server.New(server.Options{Models: []server.Model{{Name: "tales", Loaded: m}}})
	if err != nil {
		t.Fatal(err)
	}
	base := runtime.NumGoroutine()
	l := httptest.NewUnstartedServer(nil)
	l.Config = h.HTTP()
	l.Start()
	s := &soak{t: t, url: l.URL, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: soakClients}}, asks: soakAsks(), statuses: map[int]int{}}
	for _, a := range s.asks {
		var status int
		if a.want, status, err = s.ask(a, -1); err != nil || status != 200 || a.want == "" {
			t.Fatalf("%s alone: %d, %q, %v", a.path, status, a.want, err)
		}
	}
	serving := base + 1 // the listener's
	start, first, last := time.Now(), 0, 0
	n := 0
	for ; n < rounds && (long == 0 || n < 2 || time.Since(start) < long); n++ {
		s.round(m, uint64(n), requests, serving)
		if last = memory(); n == 0 {
			first = last // the caches are full
		}
		if long > 0 {
			t.Logf("%v: %d MiB, statuses %v", time.Since(start).Round(time.Second), last>>20, s.statuses)
		}
	}
	l.Close()
	if s.whole == 0 || s.cut+s.unopened == 0 {
		t.Errorf("%d whole streams, %d cut, %d not begun: want some of each", s.whole, s.cut, s.unopened)
	}
	if limit := int(m.Info().WeightSize) + cache + slack; s.most > limit {
		t.Errorf("%d bytes while clients stream, want at most %d", s.most, limit)
	}
	drift := float64(last-first) / float64(max(1, first))
	if long > 0 && first > 0 && last > first+first/50 { // that of a short run is not steady yet
		t.Errorf("%d bytes after the first round, %d at the end: %.1f %% more", first, last, 100*drift)
	}
	t.Logf("%d rounds of %d × %d requests: %d whole, %d cut, %d left before an answer; statuses %v; %d MiB at the end, %+.2f %%, %d at most",
		n, soakClients, requests, s.whole, s.cut, s.unopened, slices.Sorted(maps.Keys(s.statuses)), last>>20, 100*drift, s.most>>20)
}
