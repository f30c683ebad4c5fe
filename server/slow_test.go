package server_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server"
)

// dial connects to a server.
func dial(t *testing.T, url string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// trickle writes a byte each millisecond until the connection is closed.
func trickle(c net.Conn) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if _, err := io.WriteString(c, "1"); err != nil {
			return
		}
	}
}

// flood writes chunks of a body until the connection is closed.
func flood(c net.Conn) {
	for chunk := "1000\r\n" + strings.Repeat(" ", 0x1000) + "\r\n"; ; {
		if _, err := io.WriteString(c, chunk); err != nil {
			return
		}
	}
}

// TestSlow has clients that send slowly, or without end, beside a neighbour: each is
// answered, or its connection closed.
func TestSlow(t *testing.T) {
	m := talesModel(t, chord.Options{})
	limits := server.Limits{HeaderTime: 500 * time.Millisecond, BodyTime: 500 * time.Millisecond, Body: 1 << 20}
	open := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: m}}, Limits: limits})
	locked := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: m}}, Limits: limits, Keys: []string{"key"}})
	neighbour(t, open)
	const head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
	for _, c := range []struct {
		name, begin string
		rest        func(net.Conn) // nil: nothing
		want        int            // 0: closed without an answer
	}{
		{"nothing", "", nil, 0},
		{"header that does not end", head, nil, 0},
		{"header by bytes", head + "X: ", trickle, 0},
		{"body by bytes", head + "Content-Length: 1000000\r\n\r\n", trickle, 408},
		{"body that does not begin", head + "Content-Length: 100\r\n\r\n", nil, 408},
		{"chunks without end", head + "Transfer-Encoding: chunked\r\n\r\n", flood, 413},
		{"body of a gigabyte", head + "Content-Length: 1073741824\r\n\r\n", flood, 413},
		{"no key, body by bytes", head + "Content-Length: 1000000\r\n\r\n", trickle, 401},
		{"no key, body that does not begin", head + "Content-Length: 100\r\n\r\n", nil, 401},
		{"no key, chunks without end", head + "Transfer-Encoding: chunked\r\n\r\n", flood, 401},
		{"another origin, no body", head + "Origin: https://evil.example\r\nContent-Length: 100\r\n\r\n", nil, 403},
		{"another host, no body", strings.Replace(head, "localhost", "evil.example", 1) + "Content-Length: 100\r\n\r\n", nil, 421},
		{"no such path, no body", strings.Replace(head, "/v1/chat", "/v9", 1) + "Content-Length: 100\r\n\r\n", nil, 404},
		{"PUT, no body", strings.Replace(head, "POST", "PUT", 1) + "Content-Length: 100\r\n\r\n", nil, 405},
		{"form, no body", strings.Replace(head, "application/json", "text/plain", 1) + "Content-Length: 100\r\n\r\n", nil, 415},
		{"waits for 100 Continue", head + "Expect: 100-continue\r\nContent-Length: 1073741824\r\n\r\n", nil, 413},
		{"waits for 100 Continue without a key", head + "Expect: 100-continue\r\nContent-Length: 100\r\n\r\n", nil, 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url := open
			if c.want == 401 {
				url = locked
			}
			conn := dial(t, url)
			_ = conn.SetReadDeadline(time.Now().Add(time.Minute)) // a server that waits for ever fails
			if _, err := io.WriteString(conn, c.begin); err != nil {
				t.Fatal(err)
			}
			if c.rest != nil {
				go c.rest(conn)
			}
			in := bufio.NewReader(conn)
			a, err := http.ReadResponse(in, nil)
			switch {
			case err != nil && c.want == 0 && !isTimeout(err):
				return
			case err != nil:
				t.Fatal(err)
			case a.StatusCode != c.want:
				t.Fatalf("status %d, want %d", a.StatusCode, c.want)
			}
			b, _ := io.ReadAll(a.Body)
			if e := decode[apiError](t, string(b)).Error; e.Message == "" || str(e.Code) == "" {
				t.Errorf("the error is %s", b)
			}
			if allow := a.Header.Get("Allow"); c.want == 405 && allow != "POST" {
				t.Errorf("Allow: %q", allow)
			}
			if _, err := in.ReadByte(); err == nil || isTimeout(err) {
				t.Errorf("the connection stays open: %v", err)
			}
		})
	}
}

// isTimeout reports whether err is that of a deadline.
func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

// TestIdleTime wants connections without a request to be closed, but not before.
func TestIdleTime(t *testing.T) {
	url := serve(t, server.Options{Limits: server.Limits{IdleTime: 50 * time.Millisecond, HeaderTime: time.Hour}})
	c := dial(t, url)
	_ = c.SetReadDeadline(time.Now().Add(time.Minute))
	in := bufio.NewReader(c)
	if _, err := io.WriteString(c, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	a, err := http.ReadResponse(in, nil)
	if err != nil || a.StatusCode != 200 {
		t.Fatal(a, err)
	}
	_, _ = io.Copy(io.Discard, a.Body)
	if _, err := in.ReadByte(); err != io.EOF {
		t.Errorf("the idle connection: %v, want it closed", err)
	}
}

// TestIdleConnections opens ten thousand connections that send nothing or half a header,
// or as many as this process may have. Requests are answered beside them, a neighbour has
// its texts, and each takes little memory.
func TestIdleConnections(t *testing.T) {
	n := 10_000
	if testing.Short() {
		n = 200
	}
	m := talesModel(t, chord.Options{})
	url := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: m}}})
	neighbour(t, url)
	before := memory()
	var idle []net.Conn
	defer func() {
		for _, c := range idle {
			c.Close()
		}
	}()
	for i := range n {
		c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil { // no more files
			const spare = 100 // for others
			if len(idle) < 10*spare {
				t.Fatalf("connection %d: %v", i, err)
			}
			for _, c := range idle[:spare] {
				c.Close()
			}
			idle = idle[spare:]
			break
		}
		if idle = append(idle, c); i%2 == 0 {
			if _, err := io.WriteString(c, "POST /v1/completions HTTP/1.1\r\nHost: lo"); err != nil {
				t.Fatalf("connection %d: %v", i, err)
			}
		}
	}
	if a := post(t, url+"/v1/completions", `{"prompt":"Once upon a time","max_tokens":3}`); !strings.Contains(a.body, `"finish_reason":"length"`) {
		t.Errorf("beside %d connections: %s", len(idle), a.body)
	}
	const each = 24 << 10 // a goroutine and its buffers, and the client's side
	if more := memory() - before; !testing.Short() && more > len(idle)*each+64<<20 {
		t.Errorf("%d connections take %d MiB", len(idle), more>>20)
	} else {
		t.Logf("%d connections take %d MiB", len(idle), more>>20)
	}
}

// TestStalledNeighbour has clients that do not read their streams, which end, beside one
// that reads.
func TestStalledNeighbour(t *testing.T) {
	m := talesModel(t, chord.Options{})
	var log records
	s, err := server.New(server.Options{Models: []server.Model{{Name: "tales", Loaded: m}}, Log: slog.New(&log), Limits: server.Limits{WriteTime: time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewUnstartedServer(nil)
	h.Config = s.HTTP()
	h.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		_ = c.(*net.TCPConn).SetWriteBuffer(4096)
		return ctx
	}
	h.Start()
	t.Cleanup(h.Close)
	neighbour(t, h.URL)
	const n, body = 4, `{"prompt":"Once","max_tokens":400,"ignore_eos":true,"stream":true,"logprobs":5}`
	for range n {
		c := dial(t, h.URL)
		_ = c.(*net.TCPConn).SetReadBuffer(4096)
		if _, err := fmt.Fprintf(c, "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(time.Minute); log.count("499") < n; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d streams have ended", log.count("499"), n)
		}
	}
	settled(t, m)
}

// records is a log that counts the requests of each status, and keeps all texts.
type records struct {
	mu       sync.Mutex
	statuses map[string]int
	text     strings.Builder
}

func (r *records) Enabled(context.Context, slog.Level) bool { return true }
func (r *records) WithAttrs([]slog.Attr) slog.Handler       { return r }
func (r *records) WithGroup(string) slog.Handler            { return r }

func (r *records) Handle(ctx context.Context, record slog.Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	record.Attrs(func(a slog.Attr) bool {
		if a.Key == "status" {
			if r.statuses == nil {
				r.statuses = map[string]int{}
			}
			r.statuses[a.Value.String()]++
		}
		return true
	})
	return slog.NewTextHandler(&r.text, nil).Handle(ctx, record)
}

// count returns how many requests had a status.
func (r *records) count(status string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.statuses[status]
}
