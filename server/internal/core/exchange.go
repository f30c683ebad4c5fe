package core

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"mime/multipart"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server/internal/wire"
)

// An Exchange is one request and its answer. Its methods are for the handler's goroutine,
// except those of streams.
type Exchange struct {
	Core    *Core
	Request *http.Request
	ID      string // of the request
	Body    []byte // whole
	Face    *Face

	w      http.ResponseWriter
	rc     *http.ResponseController
	ctx    context.Context
	sent   bool    // the header is written
	status int     // that is written
	stream *stream // nil: none
	leases []*Lease
	span   trace.Span // nil: none

	resumed *resumption // nil: none
	placing sync.Mutex  // of what follows
	at      position    // of the last event
	counted bool        // positions count its runs
	checked string      // of the request and the model, "" before it is computed

	mu        sync.Mutex // of what runs add up
	model     string
	prompt    int
	generated int
}

// NewExchange returns the exchange of a request that has passed the checks.
func NewExchange(c *Core, w http.ResponseWriter, r *http.Request, id string) *Exchange {
	x := &Exchange{Core: c, Request: r, ID: id, w: w, rc: http.NewResponseController(w), ctx: r.Context()}
	_ = x.rc.SetWriteDeadline(time.Time{}) // that of the last request on the connection
	return x
}

// Context is done when the client has left or the server gives up draining.
func (x *Exchange) Context() context.Context { return x.ctx }

// Header returns the header of the answer.
func (x *Exchange) Header() http.Header { return x.w.Header() }

// Decode decodes the body into v; see wire.Decode.
func (x *Exchange) Decode(v any) error { return wire.Decode(x.Body, v) }

// Model returns the model called name, "" for the loaded one, until the handler returns.
func (x *Exchange) Model(name string) (*Lease, error) { return x.ModelFor(name, nil) }

// ModelFor is Model, and says how long the model stays loaded afterwards; see
// [Registry.Acquire].
func (x *Exchange) ModelFor(name string, keep *time.Duration) (*Lease, error) {
	m, err := x.Core.Models.Acquire(x.ctx, name, keep)
	if err != nil {
		return nil, err
	}
	x.leases = append(x.leases, m)
	x.model = m.Name
	return m, x.verify(m)
}

// finished adds up the tokens of a run.
func (x *Exchange) finished(r *chord.Result, err error) {
	x.mu.Lock()
	x.prompt += r.Prompt
	x.generated += r.Generated
	x.mu.Unlock()
	x.Core.Metrics.add(r, err)
}

// Count adds tokens of a prompt that no run reads, such as those of an embedding.
func (x *Exchange) Count(prompt int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.prompt += prompt
}

// Serve calls h and prints its error. The error of a panic is 500.
func (x *Exchange) Serve(h Handler) {
	start := time.Now()
	x.startSpan()
	ctx, cancel := context.WithCancel(x.ctx)
	stop := context.AfterFunc(x.Core.kill, cancel)
	x.ctx = ctx
	defer func() {
		if x.stream != nil {
			x.stream.abandon() // the handler may have panicked
		}
		stop()
		cancel()
		for _, m := range x.leases {
			m.Release()
		}
		x.log(start)
		x.endSpan()
	}()
	err := x.call(h)
	if err == nil && x.stream != nil {
		err = x.reached()
	}
	if err != nil {
		x.Fail(err)
	}
	if x.stream != nil {
		x.stream.end()
	}
}

// call calls h. Its panic is an error.
func (x *Exchange) call(h Handler) (err error) {
	defer func() {
		switch p := recover(); {
		case p == nil:
		case p == http.ErrAbortHandler:
			panic(p)
		default:
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return h(x)
}

// Fail answers with an error in the shape of the face: with its status if nothing has
// been sent, else as the last event.
func (x *Exchange) Fail(err error) {
	e := Classify(err)
	if x.ctx.Err() != nil && x.Request.Context().Err() == nil && e.Status == statusClosed { // killed by the server
		e = &Error{Status: http.StatusServiceUnavailable, Type: TypeUnavailable, Code: "draining", Message: "the server is shutting down"}
	}
	if e.Status == http.StatusInternalServerError {
		x.Core.Log.Error("internal error", "request", x.ID, "error", e.Err)
	}
	if e.Status == statusClosed && x.Request.Context().Err() != nil {
		x.status = statusClosed
		return
	}
	told := *e
	told.RequestID = x.ID
	var body any = map[string]any{"error": map[string]any{"message": e.Message, "type": e.Type, "param": nil, "code": nil}}
	status := e.Status
	if x.Face != nil {
		body = x.Face.Error(&told)
		if x.Face.Status != nil {
			status = x.Face.Status(e)
		}
	}
	if x.stream != nil && !x.stream.stop() {
		name := ""
		if x.Face != nil {
			name = x.Face.ErrorEvent
		}
		x.stream.last(name, body)
		return
	}
	if x.sent {
		return
	}
	h := x.Header()
	if e.Allow != "" {
		h.Set("Allow", e.Allow)
	}
	switch e.Status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer")
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		h.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(e.RetryAfter.Seconds())))))
	}
	if x.Core.Draining() {
		h.Set("Connection", "close")
	}
	x.writeJSON(status, body)
}

// JSON answers with v.
func (x *Exchange) JSON(v any) error { return x.writeJSON(http.StatusOK, v) }

// Status answers with v and a status.
func (x *Exchange) Status(status int, v any) error { return x.writeJSON(status, v) }

// Text answers with bytes of a type of content.
func (x *Exchange) Text(status int, contentType string, b []byte) error {
	x.Header().Set("Content-Type", contentType)
	if len(b) > 0 { // that of status 304 would be the file's
		x.Header().Set("Content-Length", strconv.Itoa(len(b)))
	}
	x.begin(status)
	if len(b) == 0 || x.Request.Method == http.MethodHead {
		return nil
	}
	return x.write(b)
}

// Copy answers with what r has, of a type of content.
func (x *Exchange) Copy(contentType string, size int64, r io.Reader) error {
	x.Header().Set("Content-Type", contentType)
	x.Header().Set("Content-Length", strconv.FormatInt(size, 10))
	x.begin(http.StatusOK)
	if x.Request.Method == http.MethodHead {
		return nil
	}
	b := make([]byte, 64<<10)
	for {
		n, err := r.Read(b)
		if n > 0 {
			if err := x.write(b[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// Parts calls f with the parts of a form, for which the client has some time.
func (x *Exchange) Parts(f func(*multipart.Part) error) error {
	_ = x.rc.SetReadDeadline(time.Now().Add(formTimes * x.Core.Limits.BodyTime))
	defer func() { _ = x.rc.SetReadDeadline(time.Time{}) }()
	form, err := x.Request.MultipartReader()
	for n := 0; err == nil; n++ {
		var p *multipart.Part
		if p, err = form.NextPart(); err == io.EOF {
			return nil
		}
		if err == nil && n == formParts {
			x.Header().Set("Connection", "close")
			return BadRequest("", "the form has more than %d parts", formParts)
		}
		if err == nil {
			if err := f(p); err != nil {
				x.Header().Set("Connection", "close") // the rest is not read
				return x.formError(err)
			}
		}
	}
	x.Header().Set("Connection", "close")
	return x.formError(BadRequest("", "the form cannot be read: %v", err))
}

// formError returns err, or that of a client that is too slow.
func (x *Exchange) formError(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &Error{Status: http.StatusRequestTimeout, Type: TypeInvalid, Code: "timeout", Message: "the body took too long"}
	}
	return err
}

// The bounds of forms: how many times the time of a body they have, and their parts.
const formTimes, formParts = 10, 16

func (x *Exchange) writeJSON(status int, v any) error {
	b, err := Marshal(v)
	if err != nil {
		return err
	}
	return x.Text(status, "application/json", b)
}

// begin writes the header.
func (x *Exchange) begin(status int) {
	if !x.sent {
		x.sent, x.status = true, status
		x.deadline()
		x.w.WriteHeader(status)
	}
}

// deadline gives the next write its time. Writers without deadlines have none.
func (x *Exchange) deadline() {
	if err := x.rc.SetWriteDeadline(time.Now().Add(x.Core.Limits.WriteTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		x.Core.Log.Debug("write deadline", "error", err)
	}
}

// write writes b. A client that has left is context.Canceled, one that does not read
// os.ErrDeadlineExceeded.
func (x *Exchange) write(b []byte) error {
	x.deadline()
	if _, err := x.w.Write(b); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return &Error{Status: statusClosed, Type: TypeServer, Message: "the client does not read", Err: err}
		}
		return fmt.Errorf("the client has left: %w", context.Canceled)
	}
	return nil
}

// flush sends what was written.
func (x *Exchange) flush() error {
	if err := x.rc.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("the client has left: %w", context.Canceled)
	}
	return nil
}

// log logs the exchange, without any text of it.
func (x *Exchange) log(start time.Time) {
	x.Core.Metrics.answered(x.Request.Method, x.status)
	x.Core.Log.LogAttrs(context.Background(), slog.LevelInfo, "request", slog.String("request", x.ID),
		slog.String("method", x.Request.Method), slog.String("path", x.Request.URL.Path), slog.Int("status", x.status),
		slog.Duration("time", time.Since(start)), slog.String("model", x.model), slog.Int("prompt", x.prompt), slog.Int("generated", x.generated))
}

// Marshal returns the JSON of v in one line, in which <, > and & are themselves.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Writer returns the writer of the answer, for deadlines.
func (x *Exchange) Writer() http.ResponseWriter { return x.w }

// Handle lets h write the answer.
func (x *Exchange) Handle(h http.Handler) error {
	x.sent, x.status = true, http.StatusOK
	x.deadline()
	h.ServeHTTP(x.w, x.Request)
	return nil
}
