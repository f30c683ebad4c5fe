//go:build cgo

package main

import (
	"context"
	"encoding/json"
	"iter"
	"sync"

	"github.com/querent-ai/chord"
)

// A stream is a text that is being generated. A goroutine of its own does that: a C
// program may ask for each event from another thread, which no iterator can follow.
type stream struct {
	ctx    context.Context
	cancel context.CancelFunc
	events chan event // closed at the end

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

// start begins a text.
func start(generate func(ctx context.Context) iter.Seq2[chord.Delta, error]) *stream {
	ctx, cancel := context.WithCancel(context.Background())
	s := &stream{ctx: ctx, cancel: cancel, events: make(chan event)}
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
	if t := d.Token; t != nil {
		e.Token = &tokenJSON{ID: t.ID, Text: t.Text, Logprob: t.Logprob}
		for _, top := range t.Top {
			e.Token.Top = append(e.Token.Top, tokenJSON{ID: top.ID, Text: top.Text, Logprob: top.Logprob})
		}
	}
	if r := d.Result; r != nil {
		e.Result = &resultJSON{r.Finish, r.Stop, r.Prompt, r.Cached, r.Generated, r.Seed}
	}
	if e == (eventJSON{}) {
		return nil, nil
	}
	return json.Marshal(e)
}

// next calls take with the next event, which is kept if take refuses it. At the end it
// returns errDone.
func (s *stream) next(take func(json []byte) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	if s.pending == nil {
		e, ok := <-s.events
		switch {
		case !ok && !s.last && s.ctx.Err() != nil:
			s.err = s.ctx.Err()
		case !ok:
			s.err = errDone
		case e.err != nil:
			s.err = e.err
		}
		if s.err != nil {
			return s.err
		}
		s.pending, s.last = e.json, e.last
	}
	if err := take(s.pending); err != nil {
		return err
	}
	s.pending = nil
	return nil
}

// tokens are the deltas of a text that is no chat.
func tokens(seq iter.Seq2[chord.Token, error], logprobs bool) iter.Seq2[chord.Delta, error] {
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
