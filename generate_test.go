package chord_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
)

const prompt = "Once upon a time"

// generate returns what m makes of p; the error is the last element's.
func generate(m *chord.Model, p chord.Params) (tokens []chord.Token, text string, err error) {
	for tok, e := range m.Generate(context.Background(), prompt, p) {
		if e != nil {
			err = e
			continue
		}
		tokens, text = append(tokens, tok), text+tok.Text
	}
	return tokens, text, err
}

// seeded is a story of n tokens that is the same each time.
func seeded(seed int64, n int) chord.Params {
	return chord.Params{MaxTokens: n, IgnoreEOS: true, Sampling: chord.Sampling{Temperature: 0.7, Seed: seed}}
}

func ids(tokens []chord.Token) []int32 {
	var out []int32
	for _, t := range tokens {
		out = append(out, t.ID)
	}
	return out
}

// TestTextIsDecodedTokens holds that the texts add up to the ids' text, each
// of them valid UTF-8, also where chance splits characters.
func TestTextIsDecodedTokens(t *testing.T) {
	m := story(t)
	for seed := range int64(20) {
		p := seeded(seed+1, 40)
		p.Temperature, p.TopK, p.TopP, p.MinP = 4, chord.Off, chord.Off, chord.Off
		p.Stop = []string{"\x00\x01 never", " th\x02"}
		tokens, text, err := generate(m, p)
		if err != nil {
			t.Fatal(err)
		}
		if len(tokens) != 40 {
			t.Errorf("seed %d: %d tokens, want 40", seed, len(tokens))
		}
		want := strings.ToValidUTF8(m.Tokenizer().Decode(ids(tokens), bpe.DecodeOptions{SkipSpecial: true}), "\uFFFD")
		if collapse(text) != collapse(want) {
			t.Errorf("seed %d: got %q, want %q", seed, text, want)
		}
		for i, tok := range tokens {
			if !utf8.ValidString(tok.Text) {
				t.Errorf("seed %d: token %d: %q", seed, i, tok.Text)
			}
		}
	}
}

// collapse makes runs of U+FFFD one: how many stand for a run of bad bytes is
// a matter of taste.
func collapse(s string) string {
	for strings.Contains(s, "\uFFFD\uFFFD") {
		s = strings.ReplaceAll(s, "\uFFFD\uFFFD", "\uFFFD")
	}
	return s
}

func TestSeedRepeats(t *testing.T) {
	m := story(t)
	var stats chord.Stats
	p := seeded(0, 30)
	p.Stats = &stats
	_, first, err := generate(m, p)
	if err != nil {
		t.Fatal(err)
	}
	p.Seed = stats.Seed
	if _, again, _ := generate(m, p); again != first {
		t.Errorf("seed %d: %q, then %q", stats.Seed, first, again)
	}
	p.Seed++
	if _, other, _ := generate(m, p); other == first {
		t.Errorf("seeds %d and %d: both %q", stats.Seed, p.Seed, other)
	}
}

// TestThreadsDoNotMatter compares texts of models with other threads and with
// a prompt longer than one turn.
func TestThreadsDoNotMatter(t *testing.T) {
	texts := map[string][]int{}
	for _, threads := range []int{1, 3} {
		m := openTales(t, chord.Options{Threads: threads, Context: 1024})
		var all strings.Builder
		for tok, err := range m.Generate(t.Context(), strings.Repeat(prompt+" ", 140), seeded(5, 10)) {
			if err != nil {
				t.Fatal(err)
			}
			all.WriteString(tok.Text)
		}
		texts[all.String()] = append(texts[all.String()], threads)
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	if len(texts) != 1 {
		t.Errorf("text by threads: %v", texts)
	}
}

// TestStopStrings stops a known story at every short piece of it.
func TestStopStrings(t *testing.T) {
	m := story(t)
	_, story, err := generate(m, seeded(3, 60))
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at+7 < len(story); at += 11 {
		var stats chord.Stats
		p := seeded(3, 60)
		p.Stop, p.Stats = []string{"unheard-of", story[at : at+7]}, &stats
		_, got, err := generate(m, p)
		want, _, _ := strings.Cut(story, story[at:at+7])
		if err != nil || got != want || stats.Finish != chord.FinishStop {
			t.Errorf("stop %q: got %q, %q, %v, want %q", p.Stop[1], got, stats.Finish, err, want)
		}
	}
}

func TestFinish(t *testing.T) {
	m := story(t)
	known, _, err := generate(m, seeded(1, 30))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		edit   func(*chord.Params)
		want   chord.Finish
		tokens int // -1: any
	}{
		"length":       {func(p *chord.Params) { p.MaxTokens = 7 }, chord.FinishLength, 7},
		"one token":    {func(p *chord.Params) { p.MaxTokens = 1 }, chord.FinishLength, 1},
		"stop token":   {func(p *chord.Params) { p.StopTokens = []int32{1, known[9].ID} }, chord.FinishEOG, slices.Index(ids(known), known[9].ID)},
		"end of story": {func(p *chord.Params) { p.MaxTokens, p.IgnoreEOS = 0, false }, chord.FinishEOG, -1},
		"forced end":   {func(p *chord.Params) { p.IgnoreEOS, p.LogitBias = false, map[int32]float32{2045: 1e9} }, chord.FinishEOG, 0},
		"context":      {func(p *chord.Params) { p.MaxTokens = -1 }, chord.FinishContext, m.Context() - 5 + 1},
	} {
		t.Run(name, func(t *testing.T) {
			var stats chord.Stats
			p := seeded(1, 30)
			c.edit(&p)
			p.Stats = &stats
			tokens, _, err := generate(m, p)
			if err != nil {
				t.Fatal(err)
			}
			if stats.Finish != c.want || stats.Tokens != len(tokens) || c.tokens >= 0 && c.tokens != len(tokens) {
				t.Errorf("finish %q after %d (%d) tokens, want %q after %d", stats.Finish, len(tokens), stats.Tokens, c.want, c.tokens)
			}
			if stats.PromptTokens != 5 || stats.PromptTime <= 0 || stats.Load <= 0 || stats.Tier == "" || stats.Seed != 1 {
				t.Errorf("stats %+v", stats)
			}
			if len(tokens) > 1 && stats.TokenRate() <= 0 || stats.PromptRate() <= 0 {
				t.Errorf("%g and %g tokens a second", stats.PromptRate(), stats.TokenRate())
			}
		})
	}
}

func TestErrors(t *testing.T) {
	m := story(t)
	small := openTales(t, chord.Options{Context: 8})
	defer small.Close()
	nan := float32(math.NaN())
	for want, c := range map[string]struct {
		m      *chord.Model
		p      chord.Params
		tokens int
	}{
		"Params.MaxTokens: -2":                            {m, chord.Params{MaxTokens: -2}, 0},
		"Params.Stop[1]: empty":                           {m, chord.Params{Stop: []string{"a", ""}}, 0},
		"Params.StopTokens[0]: token 2048":                {m, chord.Params{StopTokens: []int32{2048}}, 0},
		"Params.StopTokens[0]: token -1":                  {m, chord.Params{StopTokens: []int32{-1}}, 0},
		"LogitBias: token 2048, the vocabulary has 2048":  {m, chord.Params{Sampling: chord.Sampling{LogitBias: map[int32]float32{2048: 1}}}, 0},
		"Temperature: NaN":                                {m, chord.Params{Sampling: chord.Sampling{Temperature: nan}}, 0},
		"4 of 9 tokens generated after a prompt of 5, co": {small, seeded(1, 9), 4},
	} {
		tokens, _, err := generate(c.m, c.p)
		if err == nil || !strings.Contains(err.Error(), want) || len(tokens) != c.tokens {
			t.Errorf("got %d tokens, %v, want %d, %q", len(tokens), err, c.tokens, want)
		}
		if full := strings.Contains(want, "tokens generated"); errors.Is(err, chord.ErrContextFull) != full {
			t.Errorf("%v: ErrContextFull is %v", err, !full)
		}
	}
	for what, prompt := range map[string]string{"context of 8": strings.Repeat("a", 20), "nothing to continue": ""} {
		n := 0
		for tok, err := range small.Generate(t.Context(), prompt, chord.Params{NoBOS: true}) {
			if n++; err == nil || !strings.Contains(err.Error(), what) {
				t.Errorf("%q: %v, %v, want %q", prompt, tok, err, what)
			}
		}
		if n != 1 {
			t.Errorf("%q: %d elements, want one", prompt, n)
		}
	}
}

// TestPenaltiesSeeThePrompt forbids, in effect, every token that was there
// before, of the prompt or generated.
func TestPenaltiesSeeThePrompt(t *testing.T) {
	m := story(t)
	p := seeded(1, 60)
	p.Temperature, p.PresencePenalty, p.RepeatLastN = chord.Greedy, 1000, -1
	tokens, _, err := generate(m, p)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int32]bool{}
	for _, id := range m.Tokenizer().Encode(nil, prompt, bpe.EncodeOptions{}) {
		seen[id] = true
	}
	for i, tok := range tokens {
		if seen[tok.ID] {
			t.Errorf("token %d, %q, was there before", i, tok.Text)
		}
		seen[tok.ID] = true
	}
}

func TestCancel(t *testing.T) {
	m := story(t)
	for _, after := range []int{0, 1, 20} {
		ctx, cancel := context.WithCancel(t.Context())
		if after == 0 {
			cancel()
		}
		tokens, errs := 0, 0
		for _, err := range m.Generate(ctx, prompt, seeded(1, 100)) {
			if err != nil {
				if errs++; err != context.Canceled {
					t.Errorf("after %d: %v", after, err)
				}
				continue
			}
			if tokens++; tokens == after {
				cancel()
			}
		}
		cancel()
		if tokens != after || errs != 1 {
			t.Errorf("cancelled after %d: %d tokens, %d errors", after, tokens, errs)
		}
	}
}

// TestDeadlineInPrompt ends a prompt that takes longer than its time.
func TestDeadlineInPrompt(t *testing.T) {
	m := openTales(t, chord.Options{Context: 1 << 16})
	defer m.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
	defer cancel()
	start := time.Now()
	for tok, err := range m.Generate(ctx, strings.Repeat(prompt+" ", 12000), chord.Params{}) {
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v, %v", tok, err)
		}
	}
	if d := time.Since(start); d > 2*time.Second { // the prompt takes many seconds
		t.Errorf("it took %v", d)
	}
	if _, _, err := generate(m, seeded(1, 3)); err != nil {
		t.Errorf("after it: %v", err)
	}
}
