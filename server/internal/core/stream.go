package core

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// A stream writes parts of an answer as they come. It begins, with its header, at the
// first part; a comment keeps it alive while there is none for a while.
type stream struct {
	x       *Exchange
	format  func(id, name string, data []byte) []byte
	comment string // kept alive with it, "": with nothing
	kind    string // type of content

	mu    sync.Mutex
	begun bool
	ended bool
	id    int
	timer *time.Timer
}

// Events are server-sent events. Any goroutine may send.
type Events struct{ s *stream }

// Events returns the answer as server-sent events.
func (x *Exchange) Events() *Events {
	return &Events{x.newStream("text/event-stream", ": ping\n\n", formatEvent)}
}

// Send sends an event with the JSON of v; name "" is none.
func (e *Events) Send(name string, v any) error {
	b, err := Marshal(v)
	if err != nil {
		return err
	}
	return e.s.send(name, b)
}

// Data sends an event with data as it is, of one line.
func (e *Events) Data(data string) error { return e.s.send("", []byte(data)) }

// Progress tells in a comment how much of a prompt has been read.
func (e *Events) Progress(d Delta) error {
	return e.Comment(fmt.Sprintf("prompt %d/%d", d.Read, d.Total))
}

// Comment sends a comment, which clients ignore.
func (e *Events) Comment(text string) error { return e.s.raw(": " + text + "\n\n") }

// formatEvent formats an event; id "" is none.
func formatEvent(id, name string, data []byte) []byte {
	var b strings.Builder
	if name != "" {
		fmt.Fprintf(&b, "event: %s\n", name)
	}
	if id != "" {
		b.WriteString("id: " + id + "\n")
	}
	b.WriteString("data: ")
	b.Write(data)
	b.WriteString("\n\n")
	return []byte(b.String())
}

// Lines is a stream of one JSON value a line. Any goroutine may send.
type Lines struct{ s *stream }

// Lines returns the answer as one JSON value a line.
func (x *Exchange) Lines() *Lines {
	return &Lines{x.newStream("application/x-ndjson", "", func(_, _ string, data []byte) []byte {
		return append(data, '\n')
	})}
}

// Send sends a line.
func (l *Lines) Send(v any) error {
	b, err := Marshal(v)
	if err != nil {
		return err
	}
	return l.s.send("", b)
}

func (x *Exchange) newStream(kind, comment string, format func(id, name string, data []byte) []byte) *stream {
	if x.stream != nil {
		panic("core: an exchange has one stream")
	}
	s := &stream{x: x, kind: kind, comment: comment, format: format}
	s.mu.Lock() // the timer may end at once
	defer s.mu.Unlock()
	if comment != "" {
		s.timer = time.AfterFunc(x.Core.Limits.Ping, func() { _ = s.raw(comment) })
	}
	x.stream = s
	return s
}

// send sends a part, unless the client of a resumed stream has it.
func (s *stream) send(name string, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.id++
	id, muted := s.x.place(s.id)
	if muted {
		return s.x.ctx.Err()
	}
	return s.write(s.format(id, name, data))
}

// raw sends b as it is.
func (s *stream) raw(b string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.write([]byte(b))
}

// write begins the stream if it has not begun, writes b and sends it.
func (s *stream) write(b []byte) error {
	if s.ended {
		return nil
	}
	if !s.begun {
		s.begun = true
		h := s.x.Header()
		h.Set("Content-Type", s.kind)
		h.Set("Cache-Control", "no-cache")
		h.Set("X-Accel-Buffering", "no")
		s.x.begin(http.StatusOK)
	}
	if s.timer != nil {
		s.timer.Reset(s.x.Core.Limits.Ping)
	}
	if err := s.x.write(b); err != nil {
		s.ended = true
		return err
	}
	return s.x.flush()
}

// stop ends a stream that has not begun, and reports whether it has not.
func (s *stream) stop() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.begun {
		s.close()
	}
	return !s.begun
}

// last sends the last part, the body of an error. It has no id: a client that resumes
// the stream has all that came before.
func (s *stream) last(name string, v any) {
	if b, err := Marshal(v); err == nil {
		_ = s.raw(string(s.format("", name, b)))
	}
}

// end ends the stream. One whose client had all of it has no events.
func (s *stream) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.x.resumed != nil && !s.begun && s.x.ctx.Err() == nil {
		_ = s.write(nil)
	}
	s.close()
}

// abandon ends the stream without another byte: no ping comes after it.
func (s *stream) abandon() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.close()
}

func (s *stream) close() {
	s.ended = true
	if s.timer != nil {
		s.timer.Stop()
	}
}
