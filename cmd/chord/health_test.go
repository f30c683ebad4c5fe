package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealth(t *testing.T) {
	status, body := http.StatusOK, `{"status": "ok"}`
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path != "/health" {
			t.Errorf("got %s", q.URL.Path)
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	defer s.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(s.URL, "http://"), ":")
	t.Setenv("OLLAMA_HOST", "")
	for _, host := range []string{"127.0.0.1", "0.0.0.0", ""} { // as a server in a container has them
		t.Setenv("CHORD_HOST", host)
		t.Setenv("CHORD_PORT", port)
		if got := ok(t, "", "health"); got != "ok\n" {
			t.Errorf("CHORD_HOST=%s: got %q", host, got)
		}
	}
	for _, c := range []struct {
		status int
		body   string
		want   string
	}{
		{http.StatusServiceUnavailable, `{"error": {"message": "the server is shutting down"}}`, "shutting down"},
		{http.StatusOK, `{"status": "loading"}`, "loading"},
		{http.StatusOK, `hello`, "no chord server"},
	} {
		status, body = c.status, c.body
		if r := do(t, "", "health"); r.code != 1 || !strings.Contains(r.stderr, c.want) {
			t.Errorf("%d %s: %+v", c.status, c.body, r)
		}
	}
	s.Close()
	if r := do(t, "", "health"); r.code != 1 || !strings.Contains(r.stderr, "no server runs") {
		t.Errorf("no server: %+v", r)
	}
}
