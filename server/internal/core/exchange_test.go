package core

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// newTest returns a core without models, whose log goes to log.
func newTest(t *testing.T, log *bytes.Buffer) *Core {
	l := slog.New(slog.NewTextHandler(log, nil))
	r, err := NewRegistry(nil, nil, 0, 0, false, l)
	if err != nil {
		t.Fatal(err)
	}
	return New(DefaultLimits, l, r)
}

// testFace prints the message of an error.
var testFace = &Face{Error: func(e *Error) any { return e.Message }, ErrorEvent: "error"}

// TestServe wants the answer of handlers that fail at each moment.
func TestServe(t *testing.T) {
	secret := errors.New("the secret")
	for _, c := range []struct {
		name   string
		handle Handler
		status int
		body   string
	}{
		{"error", func(*Exchange) error { return BadRequest("n", "too many") }, 400, `"n: too many"`},
		{"unknown error", func(*Exchange) error { return secret }, 500, `"internal error"`},
		{"panic", func(*Exchange) error { panic(secret) }, 500, `"internal error"`},
		{"error before the stream", func(x *Exchange) error { x.Events(); return NotFound("m") }, 404, `"the model \"m\" does not exist"`},
		{"error in the stream", func(x *Exchange) error {
			_ = x.Events().Send("", 1)
			return secret
		}, 200, "id: 1\ndata: 1\n\nevent: error\ndata: \"internal error\"\n\n"},
		{"panic in the stream", func(x *Exchange) error {
			_ = x.Events().Send("", 1)
			panic("no")
		}, 200, "id: 1\ndata: 1\n\nevent: error\ndata: \"internal error\"\n\n"},
		{"error in lines", func(x *Exchange) error {
			_ = x.Lines().Send(1)
			return secret
		}, 200, "1\n\"internal error\"\n"},
		{"comment", func(x *Exchange) error { return x.Events().Comment("read 1 of 2") }, 200, ": read 1 of 2\n\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log bytes.Buffer
			w := httptest.NewRecorder()
			x := NewExchange(newTest(t, &log), w, httptest.NewRequest("POST", "/x?secret=1", nil), "id")
			x.Face = testFace
			x.Serve(c.handle)
			if w.Code != c.status || w.Body.String() != c.body {
				t.Errorf("%d %q, want %d %q", w.Code, w.Body, c.status, c.body)
			}
			if strings.Contains(log.String(), "secret=1") || c.status == 500 && !strings.Contains(log.String(), "secret") {
				t.Errorf("log %s", &log)
			}
		})
	}
}

// TestServeAborted has no ping after a handler that ended the connection.
func TestServeAborted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		w := httptest.NewRecorder()
		x := NewExchange(newTest(t, &log), w, httptest.NewRequest("POST", "/x", nil), "id")
		x.Face = testFace
		func() {
			defer func() {
				if p := recover(); p != http.ErrAbortHandler {
					t.Errorf("panic %v", p)
				}
			}()
			x.Serve(func(x *Exchange) error {
				_ = x.Events().Send("", 1)
				panic(http.ErrAbortHandler)
			})
		}()
		sent := w.Body.String()
		time.Sleep(time.Hour)
		if w.Body.String() != sent {
			t.Errorf("after the end came %q", w.Body.String()[len(sent):])
		}
	})
}
