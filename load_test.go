package chord_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/querent-ai/chord"
)

// TestLoad tells many stories at once, with prompts that begin alike, forks,
// cancels and callers that leave, a cache for a few of them and steps of any
// length: every text is the one that it is alone.
func TestLoad(t *testing.T) {
	const texts = 32
	prompts, want := make([]string, texts), make([]string, texts)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range prompts {
		prompts[i] = strings.Repeat("Once upon a time there was a cat. ", 1+r.IntN(8)) + fmt.Sprint("Her number was ", i%7, ".")
		want[i] = result2(t, story(t), prompts[i], int64(i+1))
	}
	for _, o := range []chord.Options{
		{},
		{StepTime: time.Microsecond, Threads: 1},
		{CacheBytes: 3 << 20, StepTime: 1 + rand.N(time.Millisecond)}, // room for a quarter of the texts
		{CacheBytes: 3 << 20, NoPrefixCache: true},
		{CacheBytes: 3 << 20, StepTime: 2 * time.Millisecond, Threads: 1}, // on one processor
	} {
		if o.Threads == 1 && o.CacheBytes > 0 {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
		}
		m := openTales(t, o)
		var wg sync.WaitGroup
		for i := range texts {
			wg.Go(func() {
				switch i % 4 {
				case 1:
					leave(m, prompts[i], i)
				case 2:
					forked(t, m, prompts[i], int64(i+1), want[i])
				}
				if got := result2(t, m, prompts[i], int64(i+1)); got != want[i] {
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
func result2(t *testing.T, m *chord.Model, prompt string, seed int64) string {
	t.Helper()
	r, err := m.Complete(context.Background(), prompt, seeded(seed, 25))
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
func forked(t *testing.T, m *chord.Model, prompt string, seed int64, want string) {
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
		text := ""
		for tok, err := range s.Generate(context.Background(), seeded(seed, 25)) {
			if err != nil {
				t.Error(err)
			}
			text += tok.Text
		}
		if text != want {
			t.Errorf("session: got %q, want %q", text, want)
		}
		if s.Len() != n+25 {
			t.Errorf("session of %d tokens, want %d", s.Len(), n+25)
		}
		s.Rewind(n)
	}
}

// A panic of a Processor, or in the body of a loop, reaches its own caller and
// nobody else.
func TestPanicsAreTheCallers(t *testing.T) {
	m := story(t)
	want := result(t, m, seeded(1, 20)).Text
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if i%2 == 0 {
				if got, err := m.Complete(context.Background(), prompt, seeded(1, 20)); err != nil || got.Text != want {
					t.Errorf("got %q, %v, want %q", got.Text, err, want)
				}
				return
			}
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			p := seeded(1, 20)
			if i == 1 {
				p.Processor = panics{}
			}
			for range m.Generate(context.Background(), prompt, p) {
				panic("body")
			}
		})
	}
	wg.Wait()
}

type panics struct{}

// Process panics.
func (panics) Process([]int32, []float32) { panic("processor") }

// A nil context panics with a sentence.
func TestNilContext(t *testing.T) {
	m := story(t)
	s := m.NewSession()
	defer s.Close()
	var ctx context.Context
	for name, f := range map[string]func(){
		"Generate": func() {
			for range m.Generate(ctx, prompt, chord.Params{}) {
			}
		},
		"Chat": func() {
			for range m.Chat(ctx, hello, chord.ChatParams{}) {
			}
		},
		"Score":  func() { _, _ = m.Score(ctx, prompt, []string{" a"}) },
		"Embed":  func() { _, _ = m.Embed(ctx, []string{"a"}, chord.EmbedOptions{}) },
		"Append": func() { _ = s.Append(ctx, "a") },
		"Logits": func() {
			for range m.Logits(ctx, []int32{1}, 1) {
			}
		},
	} {
		func() {
			defer func() {
				if r := recover(); fmt.Sprint(r) != "chord: the context is nil" {
					t.Errorf("%s: %v", name, r)
				}
			}()
			f()
		}()
	}
}
