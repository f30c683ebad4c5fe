package batch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/querent-ai/chord/server/internal/core"
)

// record is a line of the output or of the errors.
type record struct {
	ID       string    `json:"id"`
	CustomID *string   `json:"custom_id"`
	Response *response `json:"response"`
	Error    *failure  `json:"error"`
}

type response struct {
	Status    int             `json:"status_code"`
	RequestID string          `json:"request_id"`
	Body      json.RawMessage `json:"body"`
}

type failure struct {
	Code    string  `json:"code"`
	Message string  `json:"message"`
	Param   *string `json:"param,omitempty"`
	Line    int     `json:"line"`
}

// transient are the codes of errors that pass: the line is to be answered again.
var transient = []string{"busy", "draining", "model_unloaded", "cancelled", "timeout"}

// Answer answers a line of a job with h, the handler of a server. It returns an error if
// the server cannot answer now.
func Answer(ctx context.Context, h http.Handler, job string, when time.Time, number int, raw []byte) (Result, error) {
	l := parse(number, raw, "")
	if e, ok := l.Err.(*LineError); ok {
		return refused(job, l, e), nil
	}
	id := l.ID(job)
	ctx = core.WithFixed(ctx, &core.Fixed{ID: id, Time: when})
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://localhost"+l.URL, bytes.NewReader(l.Body))
	if err != nil {
		return Result{}, err
	}
	q.RequestURI = l.URL
	q.Header.Set("Content-Type", "application/json")
	w := &writer{header: http.Header{}}
	h.ServeHTTP(w, q)
	if err := w.again(ctx); err != nil {
		return Result{}, err
	}
	if !json.Valid(w.body.Bytes()) {
		return refused(job, l, &LineError{Number: number, Code: "server_error", Message: fmt.Sprintf("status %d without JSON", w.status)}), nil
	}
	return encode(record{ID: "batch_req_" + id, CustomID: &l.CustomID, Response: &response{w.status, id, w.body.Bytes()}}), nil
}

// again returns an error if what was answered is no answer to the line.
func (w *writer) again(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if w.status == 0 {
		return context.Canceled
	}
	if w.status < 400 {
		return nil
	}
	var e struct {
		Error struct{ Code, Message string }
	}
	_ = json.Unmarshal(w.body.Bytes(), &e) // another error is an answer
	if slices.Contains(transient, e.Error.Code) {
		return fmt.Errorf("status %d: %s", w.status, e.Error.Message)
	}
	return nil
}

// refused returns the record of a line that was not answered.
func (j *Job) refused(l *Line, e *LineError) Result { return refused(j.ID, l, e) }

func refused(job string, l *Line, e *LineError) Result {
	r := record{ID: "batch_req_" + l.ID(job), Error: &failure{Code: e.Code, Message: e.Error(), Line: e.Number}}
	if l.CustomID != "" {
		r.CustomID = &l.CustomID
	}
	if e.Param != "" {
		r.Error.Param = &e.Param
	}
	return encode(r)
}

// encode returns the result of a record.
func encode(r record) Result {
	b, err := core.Marshal(r)
	if err != nil {
		panic(err) // its body is valid
	}
	return Result{JSON: b, OK: r.Response != nil && r.Response.Status == http.StatusOK}
}

// TooLarge returns the result of a line of a job whose answer cannot be kept.
func TooLarge(job string, number int, raw []byte, size, most int64) Result {
	return refused(job, parse(number, raw, ""), &LineError{Number: number, Code: "answer_too_large",
		Message: fmt.Sprintf("the answer has %d bytes, the queue takes at most %d", size, most)})
}

// A writer keeps an answer.
type writer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header returns the header.
func (w *writer) Header() http.Header { return w.header }

// WriteHeader keeps the status.
func (w *writer) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
}

// Write keeps a part of the body.
func (w *writer) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}
