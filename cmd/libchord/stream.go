//go:build cgo

package main

import (
	"context"
	"encoding/json"
	"iter"
	"sync"
	"sync/atomic"

	"github.com/querent-ai/chord"
)

// A stream is a text that is being generated. A goroutine of its own does that: a C
// program may ask for each event from another thread, which no iterator can follow.
type stream struct {
	ctx    context.Context
	cancel context.CancelFunc
	events chan event    // closed at the end
	taken  chan struct{} // of one element: an event was taken
	queued atomic.Bool   // it is in a queue

	mu      sync.Mutex // of what asks for the next event
	pending []byte     // an event that has not been taken
	last    bool       // the result has come
	err     error      // ended the text
}

// An event is a delta as JSON, or the error that ends a text.
type event struct {
	json []byte
	last bool // the result
	err  error
}

// The JSON of events; one field is set.
type (
	eventJSON struct {
		Content   string          `json:"content,omitempty"`
		Reasoning string          `json:"reasoning,omitempty"`
		ToolCall  *chord.ToolCall `json:"tool_call,omitempty"`
		Token     *tokenJSON      `json:"token,omitempty"`
		Result    *resultJSON     `json:"result,omitempty"`
	}
	tokenJSON struct {
		ID      int32       `json:"id"`
		Text    string      `json:"text"`
		Logprob float32     `json:"logprob"`
		Top     []tokenJSON `json:"top,omitempty"`
	}
	resultJSON struct {
		Finish    chord.Finish `json:"finish"`
		Stop      string       `json:"stop,omitempty"`
		Prompt    int          `json:"prompt"`
		Cached    int          `json:"cached"`
		Generated int          `json:"generated"`
		Seed      int64        `json:"seed"`
	}
)

// start begins a text. When it has ended release is called.
func start(ctx context.Context, generate func(ctx context.Context) generator, release func()) *stream {
	ctx, cancel := context.WithCancel(ctx)
	s := &stream{ctx: ctx, cancel: cancel, events: make(chan event), taken: make(chan struct{}, 1)}
	send := func(e event) bool {
		select {
		case s.events <- e:
			return true
		case <-ctx.Done():
			return false
		}
	}
	go func() {
		defer close(s.events)
		defer release()
		defer func() {
			if r := recover(); r != nil {
				send(event{err: panicError{r}})
			}
		}()
		for d, err := range generate(ctx) {
			e := event{last: d.Result != nil, err: err}
			if err == nil {
				e.json, e.err = encode(d)
			}
			if (e.json != nil || e.err != nil) && !send(e) {
				return
			}
		}
	}()
	return s
}

// encode returns the JSON of a delta, nil if it has no event.
func encode(d chord.Delta) ([]byte, error) {
	e := eventJSON{Content: d.Content, Reasoning: d.Reasoning, ToolCall: d.ToolCall}
	if d.Token != nil {
		e.Token = encodeToken(d.Token)
	}
	if r := d.Result; r != nil {
		e.Result = &resultJSON{r.Finish, r.Stop, r.Prompt, r.Cached, r.Generated, r.Seed}
	}
	if e == (eventJSON{}) {
		return nil, nil
	}
	return json.Marshal(e)
}

// encodeToken returns what becomes the JSON of a token.
func encodeToken(t *chord.Token) *tokenJSON {
	e := &tokenJSON{ID: t.ID, Text: t.Text, Logprob: t.Logprob}
	for _, top := range t.Top {
		e.Top = append(e.Top, tokenJSON{ID: top.ID, Text: top.Text, Logprob: top.Logprob})
	}
	return e
}

// fill waits for the next event, unless one is pending. Its caller has mu.
func (s *stream) fill() error {
	if s.err != nil {
		return s.err
	}
	if s.ctx.Err() != nil && !s.last {
		s.pending, s.err = nil, s.ctx.Err()
	}
	if s.pending != nil || s.err != nil {
		return s.err
	}
	e, ok := <-s.events
	switch {
	case !ok && !s.last && s.ctx.Err() != nil:
		s.err = s.ctx.Err()
	case !ok:
		s.err = errDone
	case e.err != nil:
		s.err = e.err
	}
	if s.pending, s.last = e.json, s.last || e.last; s.last || s.err != nil {
		s.drain() // a session has what was generated before that is told
	}
	return s.err
}

// next calls take with the next event, which is kept if take refuses it. At the end it
// returns errDone.
func (s *stream) next(take func(json []byte) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.fill(); err != nil {
		s.drain()
		return err
	}
	if err := take(s.pending); err != nil {
		return err
	}
	s.pending = nil
	select {
	case s.taken <- struct{}{}:
	default:
	}
	return nil
}

// wait waits for an event, or the end, which it reports.
func (s *stream) wait() (end bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fill() != nil
}

// waiting reports whether an event has not been taken.
func (s *stream) waiting() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pending != nil
}

// end cancels the text and waits for its goroutine.
func (s *stream) end() {
	s.cancel()
	s.drain()
}

// drain waits until the text has ended.
func (s *stream) drain() {
	for range s.events {
	}
}

// tokens are the deltas of a text that is no chat.
func tokens(seq iter.Seq2[chord.Token, error], logprobs bool) generator {
	return func(yield func(chord.Delta, error) bool) {
		for t, err := range seq {
			if err != nil {
				yield(chord.Delta{}, err)
				return
			}
			if logprobs && t.Result == nil && !yield(chord.Delta{Token: &t}, nil) {
				return
			}
			if t.Text != "" && !yield(chord.Delta{Content: t.Text}, nil) {
				return
			}
			if t.Result != nil && !yield(chord.Delta{Result: t.Result}, nil) {
				return
			}
		}
	}
}
