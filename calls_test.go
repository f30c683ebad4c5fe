package chord_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/inside"
)

// An entry is a call with a context.
type entry struct {
	name string
	call func(ctx context.Context) error
	idle bool // it computes nothing
}

// entries are all calls with a context, of a model and of an empty session of it.
func entries(t *testing.T, m *chord.Model, s *chord.Session) []entry {
	t.Helper()
	filled := m.NewSession()
	defer filled.Close()
	if err := filled.Append(t.Context(), prompt); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if _, err := filled.WriteTo(&file); err != nil {
		t.Fatal(err)
	}
	p := seeded(1, 2)
	p.Receipt = true
	receipt := result(t, m, p).Receipt
	p.Receipt = false
	c := chord.ChatParams{Params: p}
	ids := []int32{1, 300, 301}
	return []entry{
		{name: "Generate", call: func(ctx context.Context) error { return lastErr(m.Generate(ctx, prompt, p)) }},
		{name: "GenerateTokens", call: func(ctx context.Context) error { return lastErr(m.GenerateTokens(ctx, ids, p)) }},
		{name: "Complete", call: func(ctx context.Context) error { _, err := m.Complete(ctx, prompt, p); return err }},
		{name: "GenerateAs", call: func(ctx context.Context) error { _, err := chord.GenerateAs[bool](ctx, m, prompt, p); return err }},
		{name: "Chat", call: func(ctx context.Context) error { return lastErr(m.Chat(ctx, hello, c)) }},
		{name: "ChatTokens", idle: true, call: func(ctx context.Context) error { _, err := m.ChatTokens(ctx, hello, c); return err }},
		{name: "ChatAs", call: func(ctx context.Context) error { _, err := chord.ChatAs[bool](ctx, m, hello, c); return err }},
		{name: "Reply", call: func(ctx context.Context) error { _, err := m.Reply(ctx, hello, c); return err }},
		{name: "Score", call: func(ctx context.Context) error { _, err := m.Score(ctx, prompt, []string{" a"}); return err }},
		{name: "Logits", call: func(ctx context.Context) error { return lastErr(m.Logits(ctx, ids, 1)) }},
		{name: "Logprobs", call: func(ctx context.Context) error { return lastErr(m.Logprobs(ctx, ids, 1)) }},
		{name: "Embed", call: func(ctx context.Context) error {
			_, err := m.Embed(ctx, []string{"a"}, chord.EmbedOptions{})
			return err
		}},
		{name: "EmbedTokens", call: func(ctx context.Context) error {
			_, err := m.EmbedTokens(ctx, [][]int32{ids}, chord.EmbedOptions{})
			return err
		}},
		{name: "Verify", call: func(ctx context.Context) error { return m.Verify(ctx, receipt) }},
		{name: "ReadSession", idle: true, call: func(ctx context.Context) error {
			s, err := m.ReadSession(ctx, bytes.NewReader(file.Bytes()))
			if err == nil {
				s.Close()
			}
			return err
		}},
		{name: "Session.Append", call: func(ctx context.Context) error { return s.Append(ctx, "a cat") }},
		{name: "Session.AppendTokens", call: func(ctx context.Context) error { return s.AppendTokens(ctx, ids) }},
		{name: "Session.Chat", call: func(ctx context.Context) error { return lastErr(s.Chat(ctx, hello, c)) }},
	}
}

// lastErr returns the error of the last element.
func lastErr[T any](list iter.Seq2[T, error]) (err error) {
	for _, err = range list {
	}
	return err
}

// A nil context panics with a sentence.
func TestNilContext(t *testing.T) {
	m := story(t)
	s := m.NewSession()
	defer s.Close()
	all := append(entries(t, m, s),
		entry{name: "Rerank", call: func(ctx context.Context) error { _, err := m.Rerank(ctx, "a", []string{"b"}); return err }},
		entry{name: "Session.Generate", call: func(ctx context.Context) error { return lastErr(s.Generate(ctx, chord.Params{})) }})
	for _, e := range all {
		var ctx context.Context
		if r := caught(func() { _ = e.call(ctx) }); fmt.Sprint(r) != "chord: the context is nil" {
			t.Errorf("%s: %v", e.name, r)
		}
	}
}

// Calls with a context that is done return its error, and nothing has changed.
func TestCancelledCalls(t *testing.T) {
	m := openTales(t, chord.Options{})
	defer m.Close()
	s := m.NewSession()
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, e := range entries(t, m, s) {
		if err := e.call(ctx); err != context.Canceled && !(e.idle && err == nil) {
			t.Errorf("%s: %v, want %v", e.name, err, context.Canceled)
		}
		if e.name != "Session.Chat" && s.Len() != 0 {
			t.Errorf("%s: the session has %d tokens", e.name, s.Len())
		}
	}
	for _, e := range entries(t, m, s) {
		s.Rewind(0)
		if err := e.call(t.Context()); err != nil && !errors.Is(err, chord.ErrIncomplete) {
			t.Errorf("%s afterwards: %v", e.name, err)
		}
	}
}

// Beyond MaxQueue every call of a new text that computes is refused and says so, and the one that
// waits is served.
func TestBusy(t *testing.T) {
	m := openTales(t, chord.Options{MaxQueue: 1, NoPrefixCache: true})
	defer m.Close()
	s := m.NewSession()
	defer s.Close()
	all := entries(t, m, s)
	want := result(t, m, seeded(1, 5)).Text
	got := make(chan string)
	if err := inside.Engine(m).Between(t.Context(), func() { // nothing is served meanwhile
		go func() {
			r, err := m.Complete(context.Background(), prompt, seeded(1, 5))
			got <- fmt.Sprint(r.Text, err)
		}()
		for m.Metrics().Waiting == 0 {
			runtime.Gosched()
		}
		for _, e := range all {
			if e.idle {
				continue
			}
			err := e.call(t.Context())
			busy, ok := errors.AsType[*chord.BusyError](err)
			if !ok || !errors.Is(err, chord.ErrBusy) || busy.Queued != 1 || busy.RetryAfter <= 0 {
				t.Errorf("%s: %#v", e.name, err)
			}
			s.Rewind(0)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if text := <-got; text != fmt.Sprint(want, nil) {
		t.Errorf("the one that waited: got %q, want %q", text, want)
	}
}
