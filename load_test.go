package chord_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/chordtest"
	"github.com/querent-ai/chord/grammar"
)

// loadKinds are the ways to generate of TestLoad, by text.
func loadKinds(t *testing.T, m *chord.Model) []func(*chord.Params) {
	t.Helper()
	g, err := grammar.GBNF(`root ::= ("the " | "cat " | "big " | [a-z] [a-z] " ")+`)
	if err != nil {
		t.Fatal(err)
	}
	a, b := adapter(t, m, 1), adapter(t, m, 2)
	banned, bias := []string{"cat", " the"}, map[int32]float32{300: 4, 301: -4} // shared by requests
	return []func(*chord.Params){
		func(*chord.Params) {},
		func(p *chord.Params) { p.Grammar = g },
		func(p *chord.Params) { p.Adapters = []chord.AdapterScale{{Adapter: a}} },
		func(p *chord.Params) { p.Lookup, p.Temperature = 8, chord.Greedy },
		func(p *chord.Params) { p.BannedStrings, p.LogitBias = banned, bias },
		func(p *chord.Params) { p.Adapters = []chord.AdapterScale{{Adapter: a}, {Adapter: b, Scale: 0.5}} },
		func(p *chord.Params) { p.Grammar, p.Adapters = g, []chord.AdapterScale{{Adapter: b}} },
	}
}

// TestLoad tells many stories at once, with prompts that begin alike, grammars,
// adapters, drafts, priorities, forks, cancels and callers that leave, a cache for a
// few of them and steps of any length: every text is the one that it is alone.
func TestLoad(t *testing.T) {
	const texts = 32
	prompts, want := make([]string, texts), make([]string, texts)
	r := rand.New(rand.NewPCG(1, 2))
	params := func(kinds []func(*chord.Params), i int) chord.Params {
		p := seeded(int64(i+1), 25)
		p.Priority = i % 3
		kinds[i%len(kinds)](&p)
		return p
	}
	alone := loadKinds(t, story(t))
	for i := range prompts {
		prompts[i] = strings.Repeat("Once upon a time there was a cat. ", 1+r.IntN(8)) + fmt.Sprint("Her number was ", i%7, ".")
		want[i] = result2(t, story(t), prompts[i], params(alone, i))
	}
	for _, o := range []chord.Options{
		{},
		{StepTime: time.Microsecond, Threads: 1},
		{CacheBytes: 3 << 20, StepTime: 1 + time.Duration(r.Int64N(int64(time.Millisecond)))}, // room for a quarter of the texts
		{CacheBytes: 3 << 20, NoPrefixCache: true},
		{CacheBytes: 3 << 20, StepTime: 2 * time.Millisecond, Threads: 1}, // on one processor
	} {
		if o.Threads == 1 && o.CacheBytes > 0 {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
		}
		m := openTales(t, o)
		kinds := loadKinds(t, m)
		var wg sync.WaitGroup
		for i := range texts {
			wg.Go(func() {
				p := params(kinds, i)
				switch i % 4 {
				case 1:
					leave(m, prompts[i], i)
				case 2:
					forked(t, m, prompts[i], p, want[i])
				}
				if got := result2(t, m, prompts[i], p); got != want[i] {
					t.Errorf("%+v: text %d: got %q, want %q", o, i, got, want[i])
				}
			})
		}
		wg.Wait()
		if s := m.Metrics(); s.CacheUsed != 0 || s.Sequences != 0 || s.CacheUsed+s.CacheKept+s.CacheFree > s.CacheLimit {
			t.Errorf("%+v: afterwards %+v", o, s)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

// result2 returns what continues prompt.
func result2(t *testing.T, m *chord.Model, prompt string, p chord.Params) string {
	t.Helper()
	r, err := m.Complete(context.Background(), prompt, p)
	if err != nil {
		t.Error(err)
	}
	return r.Text
}

// leave begins to tell a story and goes, or is cancelled.
func leave(m *chord.Model, prompt string, i int) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n := 0
	for range m.Generate(ctx, prompt, seeded(9, 25)) {
		if n++; n > i%5 {
			if i%8 == 1 {
				break
			}
			cancel()
		}
	}
}

// forked tells a story in a session, takes it back, and tells it in a fork.
func forked(t *testing.T, m *chord.Model, prompt string, p chord.Params, want string) {
	s := m.NewSession()
	defer s.Close()
	if err := s.Append(context.Background(), prompt); err != nil {
		t.Error(err)
		return
	}
	n := s.Len()
	fork := s.Fork()
	defer fork.Close()
	for _, s := range []*chord.Session{s, fork, s} {
		text, generated := "", 0
		for tok, err := range s.Generate(context.Background(), p) {
			if err != nil {
				t.Error(err)
			}
			if text += tok.Text; tok.Result != nil {
				generated = tok.Result.Generated
			}
		}
		if text != want {
			t.Errorf("session: got %q, want %q", text, want)
		}
		if s.Len() != n+generated || generated == 0 {
			t.Errorf("session of %d tokens, want %d and %d", s.Len(), n, generated)
		}
		s.Rewind(n)
	}
}

// A panic of a Processor, of a tool or in the body of a loop reaches its own caller,
// and one of them that never ends holds up its own caller: nobody else notices.
func TestPanicsAreTheCallers(t *testing.T) {
	release := make(chan struct{})
	var steps atomic.Int64
	m := openTales(t, chord.Options{Context: 2048, OnStep: func(chord.Step) { steps.Add(1); <-release }})
	defer m.Close()
	want := result(t, story(t), seeded(1, 20)).Text
	var stuck, wg sync.WaitGroup
	for name, f := range own(t, m, func() { <-release }) {
		stuck.Go(func() {
			if r := caught(f); r != nil {
				t.Errorf("%s, which ends: %v", name, r)
			}
		})
	}
	for name, f := range own(t, m, func() { panic("mine") }) {
		wg.Go(func() {
			if r := caught(f); r != "mine" {
				t.Errorf("%s, which panics: %v", name, r)
			}
		})
	}
	for range 4 {
		wg.Go(func() {
			if got, err := m.Complete(context.Background(), prompt, seeded(1, 20)); err != nil || got.Text != want {
				t.Errorf("got %q, %v, want %q", got.Text, err, want)
			}
		})
	}
	wg.Wait() // all but those that are stuck
	close(release)
	stuck.Wait()
	if err := m.Close(); err != nil || steps.Load() == 0 {
		t.Errorf("%d steps, %v", steps.Load(), err)
	}
}

// own are calls that call f, by where.
func own(t *testing.T, m *chord.Model, f func()) map[string]func() {
	caller := chordtest.Model(t, `<tool_call>
{"name": "f", "arguments": {}}
</tool_call>`)
	return map[string]func(){
		"a Processor": func() {
			p := seeded(1, 20)
			p.Processor = calls(f)
			_, _ = m.Complete(context.Background(), prompt, p)
		},
		"Progress": func() {
			p := seeded(1, 1)
			p.Progress = func(int, int) { f() }
			_, _ = m.Complete(context.Background(), strings.Repeat("a b c d ", 300), p)
		},
		"a loop": func() {
			for range m.Generate(context.Background(), prompt, seeded(1, 20)) {
				f()
				break
			}
		},
		"a loop over a session": func() {
			s := m.NewSession()
			defer s.Close()
			if err := s.Append(context.Background(), prompt); err != nil {
				t.Error(err)
			}
			for range s.Generate(context.Background(), seeded(1, 20)) {
				f()
				break
			}
		},
		"a tool": func() {
			p := chord.ChatParams{MaxToolRounds: 1, Tools: []chord.Tool{{Name: "f", Call: func(context.Context, json.RawMessage) (string, error) {
				f()
				return "", nil
			}}}}
			_, _ = caller.Reply(context.Background(), hello, p)
		},
	}
}

// caught returns what f panics with, nil if it does not.
func caught(f func()) (r any) {
	defer func() { r = recover() }()
	f()
	return nil
}

// calls is a Processor that calls a function.
type calls func()

// Process calls f.
func (f calls) Process([]int32, []float32) { f() }
