package server_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server"
)

// TestGuard wants a status for each request that is refused before a handler sees it.
func TestGuard(t *testing.T) {
	m := echoModel(t, "m", "Yes, it is.")
	open := serve(t, server.Options{Models: []server.Model{m}, Hosts: []string{"chord.example"}, Origins: []string{"https://app.example"}})
	locked := serve(t, server.Options{Models: []server.Model{m}, Keys: []string{"first-key", "second-key"}})
	figures := serve(t, server.Options{Models: []server.Model{m}, Keys: []string{"first-key"}, PublicMetrics: true})
	const chat = "/v1/chat/completions"
	type header = []string
	for _, c := range []struct {
		name, method, url string
		header            header
		status            int
		code              string
	}{
		{"plain", "POST", open + chat, nil, 200, ""},
		{"charset", "POST", open + chat, header{"Content-Type", "application/json; charset=UTF-8"}, 200, ""},
		{"another charset", "POST", open + chat, header{"Content-Type", "application/json; charset=latin1"}, 415, "unsupported_media_type"},
		{"form", "POST", open + chat, header{"Content-Type", "text/plain"}, 415, "unsupported_media_type"},
		{"no type", "POST", open + chat, header{"Content-Type", ""}, 415, "unsupported_media_type"},
		{"what curl -d says", "POST", open + chat, header{"Content-Type", "application/x-www-form-urlencoded"}, 200, ""},
		{"form of a page", "POST", open + chat, header{"Content-Type", "application/x-www-form-urlencoded", "Origin", open}, 415, "unsupported_media_type"},
		{"form of a page without Origin", "POST", open + chat, header{"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "cross-site"}, 415, "unsupported_media_type"},
		{"compressed", "POST", open + chat, header{"Content-Encoding", "gzip"}, 415, "unsupported_media_type"},
		{"GET", "GET", open + chat, nil, 405, "method_not_allowed"},
		{"DELETE", "DELETE", open + chat, nil, 405, "method_not_allowed"},
		{"unknown path", "POST", open + "/v1/nothing", nil, 404, "not_found"},
		{"another host", "POST", open + chat, header{"Host", "evil.example"}, 421, "host_not_allowed"},
		{"another host, health", "GET", open + "/health", header{"Host", "evil.example:8080"}, 421, "host_not_allowed"},
		{"localhost", "POST", open + chat, header{"Host", "LOCALHOST:80"}, 200, ""},
		{"IPv6 loopback", "POST", open + chat, header{"Host", "[::1]:80"}, 200, ""},
		{"address of another", "POST", open + chat, header{"Host", "10.0.0.1"}, 421, "host_not_allowed"},
		{"own name", "POST", open + chat, header{"Host", "Chord.Example:8080"}, 200, ""},
		{"another origin", "POST", open + chat, header{"Origin", "https://evil.example"}, 403, "origin_not_allowed"},
		{"another origin, health", "GET", open + "/health", header{"Origin", "https://evil.example"}, 403, "origin_not_allowed"},
		{"null origin", "POST", open + chat, header{"Origin", "null"}, 403, "origin_not_allowed"},
		{"another port", "POST", open + chat, header{"Origin", "http://127.0.0.1:1"}, 403, "origin_not_allowed"},
		{"own origin", "POST", open + chat, header{"Origin", open}, 200, ""},
		{"listed origin", "POST", open + chat, header{"Origin", "https://app.example"}, 200, ""},
		{"preflight of another", "OPTIONS", open + chat, header{"Origin", "https://evil.example", "Access-Control-Request-Method", "POST"}, 403, "origin_not_allowed"},
		{"preflight", "OPTIONS", open + chat, header{"Origin", "https://app.example", "Access-Control-Request-Method", "POST"}, 200, ""},
		{"preflight without CORS", "OPTIONS", locked + chat, header{"Access-Control-Request-Method", "POST"}, 405, "method_not_allowed"},
		{"no key", "POST", locked + chat, nil, 401, "invalid_api_key"},
		{"wrong key", "POST", locked + chat, header{"Authorization", "Bearer first-ke"}, 401, "invalid_api_key"},
		{"empty key", "POST", locked + chat, header{"Authorization", "Bearer "}, 401, "invalid_api_key"},
		{"another scheme", "POST", locked + chat, header{"Authorization", "Basic first-key"}, 401, "invalid_api_key"},
		{"key", "POST", locked + chat, header{"Authorization", "Bearer first-key"}, 200, ""},
		{"second key", "POST", locked + chat, header{"X-Api-Key", "second-key"}, 200, ""},
		{"metrics without a key", "GET", locked + "/metrics", nil, 401, "invalid_api_key"},
		{"public metrics without a key", "GET", figures + "/metrics", nil, 200, ""},
		{"models beside public metrics", "GET", figures + "/v1/models", nil, 401, "invalid_api_key"},
		{"models without a key", "GET", locked + "/v1/models", nil, 401, "invalid_api_key"},
		{"health without a key", "GET", locked + "/health", nil, 200, ""},
		{"HEAD", "HEAD", open + "/v1/models", nil, 200, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := hello
			if c.method == "GET" || c.method == "HEAD" {
				body = ""
			}
			a := do(t, c.method, c.url, body, c.header...)
			if a.status != c.status {
				t.Fatalf("%d, want %d: %s", a.status, c.status, a.body)
			}
			if c.code != "" {
				if got := str(decode[apiError](t, a.body).Error.Code); got != c.code {
					t.Errorf("code %q, want %q", got, c.code)
				}
			}
			if len(a.header.Get("X-Request-Id")) != 24 {
				t.Errorf("request id %q", a.header.Get("X-Request-Id"))
			}
			switch cors := a.header.Get("Access-Control-Allow-Origin"); {
			case strings.Contains(c.name, "listed") || c.name == "preflight":
				if cors != "https://app.example" {
					t.Errorf("CORS for %q", cors)
				}
			case cors != "":
				t.Errorf("CORS for %q that nobody asked for", cors)
			}
			if allow := a.header.Get("Allow"); c.status == 405 && allow != "POST" {
				t.Errorf("Allow: %q", allow)
			}
			if c.status == 401 && a.header.Get("WWW-Authenticate") == "" {
				t.Error("no WWW-Authenticate")
			}
		})
	}
}

// TestBodyLimit sends bodies at the limit and above it, with and without a length.
func TestBodyLimit(t *testing.T) {
	const most = 1 << 12
	url := serve(t, server.Options{Models: []server.Model{echoModel(t, "m", "Yes, it is.")}, Limits: server.Limits{Body: most}})
	for _, c := range []struct{ size, want int }{{most, 200}, {most + 1, 413}, {1 << 20, 413}} {
		for _, chunked := range []bool{false, true} {
			body := hello + strings.Repeat(" ", c.size-len(hello))
			var r io.Reader = strings.NewReader(body)
			if chunked {
				r = struct{ io.Reader }{r}
			}
			a, err := http.Post(url+"/v1/chat/completions", "application/json", r)
			if err != nil {
				t.Fatal(err)
			}
			a.Body.Close()
			if a.StatusCode != c.want {
				t.Errorf("%d bytes, chunked %v: %d, want %d", c.size, chunked, a.StatusCode, c.want)
			}
		}
	}
}

// raw sends a request as it is and returns the status, 0 if the connection was closed
// without an answer.
func raw(t *testing.T, url, request string) int {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := io.WriteString(c, request); err != nil {
		return 0
	}
	a, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0
	}
	a.Body.Close()
	return a.StatusCode
}

// TestRaw sends what HTTP clients do not.
func TestRaw(t *testing.T) {
	url := serve(t, server.Options{Models: []server.Model{echoModel(t, "m", "Yes, it is.")}, Limits: server.Limits{BodyTime: 50 * time.Millisecond}})
	const post = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
	for _, c := range []struct {
		name, request string
		want          int
	}{
		{"body that does not come", post + "Content-Length: 100\r\n\r\n{", 408},
		{"chunks that do not end", post + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", 408},
		{"length of a gigabyte", post + "Content-Length: 1073741824\r\n\r\n{", 413},
		{"length shorter than the body", post + "Content-Length: 2\r\n\r\n" + hello, 400},
		{"length that is none", post + "Content-Length: -1\r\n\r\n", 400},
		{"two lengths", post + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400},
		{"headers of 60 KiB", "GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", 60<<10) + "\r\n\r\n", 200},
		{"headers of 70 KiB", "GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", 70<<10) + "\r\n\r\n", 431},
		{"no host", "GET /health HTTP/1.1\r\n\r\n", 400},
		{"two origins", "GET /health HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nOrigin: https://evil.example\r\n\r\n", 403},
		{"every path", "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := raw(t, url, c.request); got != c.want {
				t.Errorf("%d, want %d", got, c.want)
			}
		})
	}
}

// TestHTTPLimits wants the limits of connections, which a test cannot wait for.
func TestHTTPLimits(t *testing.T) {
	s, err := server.New(server.Options{})
	if err != nil {
		t.Fatal(err)
	}
	h := s.HTTP()
	if h.ReadHeaderTimeout != 10*time.Second || h.IdleTimeout != 120*time.Second || h.WriteTimeout != 0 || h.ReadTimeout != 0 {
		t.Errorf("%v %v %v %v", h.ReadHeaderTimeout, h.IdleTimeout, h.WriteTimeout, h.ReadTimeout)
	}
}

// TestOptions wants errors about options.
func TestOptions(t *testing.T) {
	for _, c := range []struct {
		o    server.Options
		want string
	}{
		{server.Options{Models: []server.Model{{Path: "x"}}}, "no name"},
		{server.Options{Models: []server.Model{{Name: "x"}}}, "neither loaded"},
		{server.Options{Models: []server.Model{{Name: "x", Path: "x"}, {Name: "y", Path: "y", Aliases: []string{"x"}}}}, "two models"},
		{server.Options{Keys: []string{""}}, "key"},
		{server.Options{Keys: []string{" a"}}, "key"},
		{server.Options{Origins: []string{"example.com"}}, "origin"},
		{server.Options{Origins: []string{"https://example.com/"}}, "origin"},
	} {
		if _, err := server.New(c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.o, err, c.want)
		}
	}
}

// TestBusy wants 503 and Retry-After from a model whose queue is full.
func TestBusy(t *testing.T) {
	m := talesModel(t, chord.Options{MaxQueue: 1})
	url := serve(t, server.Options{Models: []server.Model{{Name: "m", Loaded: m}}})
	prompt := strings.Repeat("Once upon a time there was a dragon. ", 30)
	answers := make(chan answer)
	const n = 64
	for i := range n {
		go func() {
			answers <- do(t, "POST", url+"/v1/completions", fmt.Sprintf(`{"prompt":"%d %s","max_tokens":1}`, i, prompt))
		}()
	}
	count := map[int]int{}
	for range n {
		a := <-answers
		count[a.status]++
		if a.status == 503 {
			if e := decode[apiError](t, a.body).Error; a.header.Get("Retry-After") == "" || str(e.Code) != "busy" {
				t.Errorf("Retry-After %q, %s", a.header.Get("Retry-After"), a.body)
			}
		}
	}
	if count[200]+count[503] != n || count[200] == 0 || count[503] == 0 {
		t.Errorf("statuses %v", count)
	}
}

// TestDrain wants a server that drains to refuse new requests, to let a stream end, and
// to cut it when the time is over.
func TestDrain(t *testing.T) {
	for _, cut := range []bool{false, true} {
		t.Run(fmt.Sprint("cut ", cut), func(t *testing.T) {
			m := talesModel(t, chord.Options{})
			s, url := start(t, server.Options{Models: []server.Model{{Name: "m", Loaded: m}}})
			r, err := http.Post(url+"/v1/completions", "application/json", strings.NewReader(`{"prompt":"Once","max_tokens":400,"stream":true,"temperature":0,"ignore_eos":true}`))
			if err != nil {
				t.Fatal(err)
			}
			defer r.Body.Close()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			done := make(chan error, 1)
			go func() { done <- s.Drain(ctx) }()
			for do(t, "GET", url+"/health", "").status != 503 {
			}
			a := do(t, "GET", url+"/v1/models", "")
			if a.status != 503 || a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "draining") {
				t.Errorf("while draining: %d %s", a.status, a.body)
			}
			if cut {
				cancel()
			}
			b, err := io.ReadAll(r.Body)
			if err != nil {
				t.Fatal(err)
			}
			err = <-done
			if whole := strings.HasSuffix(string(b), "data: [DONE]\n\n"); !cut && (!whole || err != nil) {
				t.Errorf("the stream ends with %.100q, Drain with %v", b[max(0, len(b)-100):], err)
			}
			if cut && !errors.Is(err, context.Canceled) && err != nil {
				t.Errorf("Drain: %v", err)
			}
		})
	}
}
