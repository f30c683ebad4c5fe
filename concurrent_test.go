package chord_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"sync"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/tales"
)

// TestConcurrent checks that stories told at the same time are those told one
// by one, whatever happens to others: left, cancelled, or of bad Params.
func TestConcurrent(t *testing.T) {
	m := story(t)
	const n = 6
	var alone [n]string
	for i := range alone {
		_, alone[i], _ = generate(m, seeded(int64(i+1), 25))
	}
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if _, text, err := generate(m, seeded(int64(i+1), 25)); err != nil || text != alone[i] {
				t.Errorf("story %d: %q, %v, want %q", i, text, err, alone[i])
			}
		})
		wg.Go(func() {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			for range m.Generate(ctx, prompt, seeded(9, 25)) {
				if i%2 == 0 {
					break
				}
				cancel()
			}
		})
	}
	wg.Wait()
}

// TestLeaveEarly leaves loops at every kind of element; the model stays usable.
func TestLeaveEarly(t *testing.T) {
	m := story(t)
	_, want, _ := generate(m, seeded(1, 5))
	for _, p := range []chord.Params{
		seeded(1, 5),
		{MaxTokens: -5},
		{MaxTokens: 5, Stop: []string{"zzz"}, Seed: 1},
	} {
		for range m.Generate(t.Context(), prompt, p) {
			break
		}
	}
	if _, got, err := generate(m, seeded(1, 5)); err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

// TestClose checks that a closed model answers with an error, also in the
// middle of a story, and that closing twice is nothing.
func TestClose(t *testing.T) {
	m := openTales(t, chord.Options{})
	n := 0
	var last error
	for _, err := range m.Generate(t.Context(), prompt, seeded(1, 50)) {
		if last = err; err != nil {
			continue
		}
		if n++; n == 3 {
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	if n != 3 || !errors.Is(last, chord.ErrClosed) {
		t.Errorf("%d tokens, then %v", n, last)
	}
	if err := m.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
	if _, _, err := generate(m, chord.Params{}); !errors.Is(err, chord.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

// Whatever is asked of a closed model is refused as such, and a tokenizer that
// was got before stays valid.
func TestEverythingAfterClose(t *testing.T) {
	m := openTales(t, chord.Options{})
	tok := m.Tokenizer()
	s := m.NewSession()
	if err := s.Append(t.Context(), prompt); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	last := func(seq iter.Seq2[chord.Token, error]) (err error) {
		for _, err = range seq {
		}
		return err
	}
	for name, f := range map[string]func() error{
		"Generate": func() error { return last(m.Generate(t.Context(), prompt, chord.Params{})) },
		"Score":    func() error { _, err := m.Score(t.Context(), prompt, []string{" a"}); return err },
		"Embed":    func() error { _, err := m.Embed(t.Context(), []string{"a"}, chord.EmbedOptions{}); return err },
		"Reply":    func() error { _, err := m.Reply(t.Context(), hello, chord.ChatParams{}); return err },
		"Logits": func() (err error) {
			for _, err = range m.Logits(t.Context(), []int32{1}, 1) {
			}
			return err
		},
		"Session.Append":   func() error { return s.Append(t.Context(), "a") },
		"Session.Generate": func() error { return last(s.Generate(t.Context(), chord.Params{})) },
		"NewSession":       func() error { return m.NewSession().Append(t.Context(), "a") },
	} {
		if err := f(); !errors.Is(err, chord.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if m.Tokenizer() != nil || len(tok.Encode(nil, prompt, bpe.EncodeOptions{})) == 0 {
		t.Error("the tokenizer")
	}
	m.Info()
	m.Metrics()
	s.Close()
}

// TestGenerateAllocatesNothing compares a long story with a short one: the
// tokens between them are the steady state.
func TestGenerateAllocatesNothing(t *testing.T) {
	m := story(t)
	for name, edit := range map[string]func(*chord.Params){
		"default":   func(*chord.Params) {},
		"greedy":    func(p *chord.Params) { p.Temperature = chord.Greedy },
		"penalties": func(p *chord.Params) { p.RepeatPenalty = 1.1 },
		"stops":     func(p *chord.Params) { p.Stop = []string{"nobody", "The End.", "\n\n\n"} },
		"whole":     func(p *chord.Params) { p.TopK, p.TypicalP = chord.Off, 0.9 },
	} {
		// How many allocations a story of n tokens makes, on average.
		mallocs := func(n int) float64 {
			p := seeded(1, n)
			edit(&p)
			return testing.AllocsPerRun(3, func() {
				for _, err := range m.Generate(t.Context(), prompt, p) {
					if err != nil {
						t.Fatal(err)
					}
				}
			})
		}
		// The runtime itself allocates now and then; what a token allocates
		// is there 40 times.
		if short, long := mallocs(80), mallocs(120); long-short >= 20 {
			t.Errorf("%s: %g allocations in 40 tokens", name, long-short)
		}
	}
}

// TestOpeners opens the embedded model in every way.
func TestOpeners(t *testing.T) {
	raw, err := tales.FS.ReadFile(tales.Name)
	if err != nil {
		t.Fatal(err)
	}
	_, want, _ := generate(story(t), seeded(1, 10))
	readerAt, err := chord.OpenReaderAt(bytes.NewReader(raw), int64(len(raw)), chord.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	path, err := chord.Open("tales/"+tales.Name, chord.Options{Context: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []*chord.Model{readerAt, path} {
		if _, got, err := generate(m, seeded(1, 10)); err != nil || got != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
		if i := m.Info(); i.Name != "chord-tales" || i.Vocab != m.Tokenizer().Len() || i.Load <= 0 || i.Threads < 1 {
			t.Errorf("%+v", i)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	if readerAt.Context() != 512 || path.Context() != 100 {
		t.Errorf("contexts %d and %d, want 512 and 100", readerAt.Context(), path.Context())
	}
}

func TestOpenErrors(t *testing.T) {
	for want, o := range map[string]chord.Options{
		"Options.Context: -1":        {Context: -1},
		"Options.Threads: -1":        {Threads: -1},
		"Options.Threads: 100000":    {Threads: 100000},
		`Options.CacheTypeK: "q5_0"`: {CacheTypeK: "q5_0"},
		`Options.CacheTypeV: "q4_1"`: {CacheTypeV: "q4_1"},
	} {
		if _, err := chord.OpenFS(tales.FS, tales.Name, o); err == nil || !bytes.Contains([]byte(err.Error()), []byte(want)) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if _, err := chord.Open("no such file.gguf", chord.Options{}); err == nil {
		t.Error("no error for a missing file")
	}
	if _, err := chord.OpenReaderAt(bytes.NewReader([]byte("GGUF")), 4, chord.Options{}); err == nil {
		t.Error("no error for a cut file")
	}
}
