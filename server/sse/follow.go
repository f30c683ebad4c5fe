package sse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strconv"
	"time"
)

// A Request asks for a stream.
type Request struct {
	URL    string
	Body   []byte      // JSON, sent again unchanged
	Header http.Header // more headers, such as Authorization
	Client *http.Client
	// Last reports whether an event is the last one of a whole stream. nil: its data is
	// OpenAI's [DONE].
	Last func(Event) bool
	// Failed reports whether an event says that the server gives up, so that another one
	// has to be asked. nil: it has no id.
	Failed func(Event) bool
	// Attempts is how often in a row a server is asked in vain. 0 means 10.
	Attempts int
	// Pause is the time between two such attempts. 0 means what Retry-After says, or
	// 100 ms.
	Pause time.Duration
	// Reconnected is called before a server is asked again, nil: none.
	Reconnected func(after Event, why error)
}

// A StatusError is an answer that is no stream.
type StatusError struct {
	Status int
	Body   string // its first bytes
	after  time.Duration
}

// Error describes the error.
func (e *StatusError) Error() string { return fmt.Sprintf("sse: status %d: %.300s", e.Status, e.Body) }

// temporary reports whether another attempt may succeed.
func (e *StatusError) temporary() bool {
	switch e.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// Follow returns the events of a stream. When the connection breaks before the last one,
// it sends the request again with the header Last-Event-ID, and goes on with the next.
//
// The error is ctx's, a [*StatusError], or that of the last attempt.
func Follow(ctx context.Context, q Request) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		f := &follower{q: &q, left: attempts(&q)}
		for {
			done, err := f.connect(ctx, yield)
			if done {
				return
			}
			var pause time.Duration
			if pause, err = f.retry(ctx, err); err != nil {
				yield(Event{}, err)
				return
			}
			if q.Reconnected != nil {
				q.Reconnected(f.last, f.why)
			}
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
		}
	}
}

// attempts returns how often in a row a server may be asked in vain.
func attempts(q *Request) int {
	if q.Attempts > 0 {
		return q.Attempts
	}
	return 10
}

// A follower follows one stream.
type follower struct {
	q    *Request
	last Event
	left int
	why  error
}

// retry returns the pause before the next attempt, or the error that ends all.
func (f *follower) retry(ctx context.Context, err error) (time.Duration, error) {
	f.why = err
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	pause := 100 * time.Millisecond
	if s, ok := errors.AsType[*StatusError](err); ok {
		if !s.temporary() {
			return 0, err
		}
		pause = max(pause, s.after)
	}
	if f.left--; f.left < 0 {
		return 0, err
	}
	if f.q.Pause > 0 {
		pause = f.q.Pause
	}
	return pause, nil
}

// connect asks a server and yields its events. It reports whether the stream is whole or
// the caller wants no more.
func (f *follower) connect(ctx context.Context, yield func(Event, error) bool) (done bool, err error) {
	r, err := f.ask(ctx)
	if err != nil {
		return false, err
	}
	defer r.Body.Close()
	for e, err := range Read(r.Body) {
		switch {
		case err != nil:
			return false, err
		case f.failed(e):
			return false, fmt.Errorf("sse: the server gave up: %.300s", e.Data)
		}
		f.last, f.left = e, attempts(f.q)
		if last := f.q.Last; !yield(e, nil) || last != nil && last(e) || last == nil && e.Data == "[DONE]" {
			return true, nil
		}
	}
	return false, io.ErrUnexpectedEOF
}

// failed reports whether e says that the server gives up.
func (f *follower) failed(e Event) bool {
	if f.q.Failed != nil {
		return f.q.Failed(e)
	}
	return e.ID == f.last.ID
}

// ask sends the request.
func (f *follower) ask(ctx context.Context) (*http.Response, error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, f.q.URL, bytes.NewReader(f.q.Body))
	if err != nil {
		return nil, err
	}
	q.Header = f.q.Header.Clone()
	if q.Header == nil {
		q.Header = http.Header{}
	}
	q.Header.Set("Content-Type", "application/json")
	if f.last.ID != "" {
		q.Header.Set("Last-Event-ID", f.last.ID)
	}
	c := f.q.Client
	if c == nil {
		c = http.DefaultClient
	}
	r, err := c.Do(q)
	if err != nil || r.StatusCode == http.StatusOK {
		return r, err
	}
	defer r.Body.Close()
	b, _ := io.ReadAll(io.LimitReader(r.Body, 4<<10))
	after, _ := strconv.Atoi(r.Header.Get("Retry-After"))
	return nil, &StatusError{r.StatusCode, string(b), time.Duration(after) * time.Second}
}
