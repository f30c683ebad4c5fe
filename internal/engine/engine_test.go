package engine

import (
	"context"
	"errors"
	"testing"

	"github.com/querent-ai/chord/internal/kvcache"
	"github.com/querent-ai/chord/llama"
)

// groupSets are the kinds of cache that tests run with.
var groupSets = map[string][]kvcache.Group{
	"full":         {fullGroup},
	"window":       {fullGroup, windowGroup},
	"state":        {fullGroup, stateGroup},
	"all":          {fullGroup, windowGroup, stateGroup},
	"only windows": {windowGroup},
}

func TestForward(t *testing.T) {
	for name, groups := range groupSets {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.groups = groups
			e := f.start(t, 0, Options{})
			s := e.NewSeq(nil, SeqOptions{})
			f.forward(t, e, s, ids(1, 100), 7)
			for i := range 20 {
				f.forward(t, e, s, ids(i, 1), 1)
			}
			f.forward(t, e, s, ids(2, 40), 40)
			s.Rewind(77)
			f.forward(t, e, s, ids(3, 3), 3)
			two := s.Fork()
			f.forward(t, e, two, ids(4, 9), 2)
			f.forward(t, e, s, ids(5, 9), 2)
			f.forward(t, e, two, ids(6, 1), 1)
			all := s.Tokens()
			s.Close()
			three := e.NewSeq(all, SeqOptions{})
			if n := three.Len(); n == 0 || n >= len(all) {
				t.Errorf("%d of %d tokens from the tree", n, len(all))
			}
			f.forward(t, e, three, all[three.Len():], 1)
			v := e.NewSeq(nil, SeqOptions{Embed: true})
			f.forward(t, e, v, ids(7, 12), 12)
		})
	}
}

// A sequence of a model that computes long ones otherwise changes over when it
// becomes long, and rows of both kinds in one call are each what they are in a
// call of their own.
func TestForwardLong(t *testing.T) {
	for name, want := range map[string]int{"all rows": 100, "rows of both kinds": 70, "long rows": 10, "none": 0} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.long = 50
			e := f.start(t, 0, Options{})
			s := e.NewSeq(nil, SeqOptions{})
			f.forward(t, e, s, ids(1, 100), want)
			f.forward(t, e, s, ids(2, 1), 1)
			s.Rewind(20)
			f.forward(t, e, s, ids(3, 80), 80)
			s.Rewind(45)
			for i := range 10 {
				f.forward(t, e, s, ids(i, 1), 1)
			}
		})
	}
}

func TestForwardErrors(t *testing.T) {
	f := newFake()
	e := f.start(t, 0, Options{})
	s := e.NewSeq(nil, SeqOptions{})
	f.forward(t, e, s, ids(1, 10), 1)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		ids  []int32
		is   error
	}{
		{"no tokens", t.Context(), nil, nil},
		{"an id below 0", t.Context(), []int32{1, -1}, nil},
		{"an id beyond the vocabulary", t.Context(), []int32{testVocab}, nil},
		{"beyond the context", t.Context(), ids(1, fakeDepth-9), llama.ErrContextFull},
		{"a context that is done", gone, ids(1, 1), context.Canceled},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := e.Forward(c.ctx, s, c.ids, 0)
			if err == nil || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("got %v", err)
			}
			if s.Len() != 10 {
				t.Errorf("%d tokens afterwards", s.Len())
			}
		})
	}
	f.forward(t, e, s, ids(2, fakeDepth-10), 1) // all that fits
}

// A wrong call panics, and hits nobody but its caller.
func TestWrongCalls(t *testing.T) {
	f := newFake()
	inPass, release := make(chan struct{}), make(chan struct{})
	f.before = func(context.Context) error {
		inPass <- struct{}{}
		<-release
		return nil
	}
	e := f.start(t, 0, Options{})
	s := e.NewSeq(nil, SeqOptions{})
	done := make(chan struct{})
	go func() { defer close(done); f.forward(t, e, s, ids(1, 20), 1) }()
	<-inPass
	for name, call := range map[string]func(){
		"Forward":             func() { _, _ = e.Forward(t.Context(), s, ids(1, 1), 1) },
		"no context":          func() { var none context.Context; _, _ = e.Forward(none, s, ids(1, 1), 1) },
		"rows beyond the ids": func() { _, _ = e.Forward(t.Context(), e.NewSeq(nil, SeqOptions{}), ids(1, 1), 2) },
		"Rewind":              func() { s.Rewind(0) },
		"Fork":                func() { s.Fork() },
		"Close":               s.Close,
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
		}()
	}
	close(release)
	for n := 20; n > 0; n -= aloneRows {
		select {
		case <-inPass:
		case <-done:
		}
	}
	<-done
}
