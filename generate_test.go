package chord_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
)

const prompt = "Once upon a time"

// generate returns what m makes of p; the error is the last element's.
func generate(m *chord.Model, p chord.Params) (tokens []chord.Token, text string, err error) {
	for tok, e := range m.Generate(context.Background(), prompt, p) {
		if tok.Result != nil {
			err = e
			continue
		}
		tokens, text = append(tokens, tok), text+tok.Text
	}
	return tokens, text, err
}

// seeded is a story of n tokens that is the same each time.
func seeded(seed int64, n int) chord.Params {
	return chord.Params{MaxTokens: n, IgnoreEOS: true, Temperature: 0.7, Seed: seed}
}

// result returns what p comes to.
func result(t *testing.T, m *chord.Model, p chord.Params) chord.Result {
	t.Helper()
	r, err := m.Complete(t.Context(), prompt, p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func ids(tokens []chord.Token) []int32 {
	var out []int32
	for _, t := range tokens {
		out = append(out, t.ID)
	}
	return out
}

// TestTextIsDecodedTokens checks that the texts add up to the ids' text, each
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
	p := seeded(0, 30)
	first := result(t, m, p)
	p.Seed = first.Seed
	if again := result(t, m, p); again.Text != first.Text {
		t.Errorf("seed %d: %q, then %q", first.Seed, first.Text, again.Text)
	}
	p.Seed++
	if other := result(t, m, p); other.Text == first.Text {
		t.Errorf("seeds %d and %d: both %q", first.Seed, p.Seed, other.Text)
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
		p := seeded(3, 60)
		p.Stop = []string{"unheard-of", story[at : at+7]}
		got := result(t, m, p)
		want, _, _ := strings.Cut(story, story[at:at+7])
		if got.Text != want || got.Finish != chord.FinishStop || got.Stop != p.Stop[1] {
			t.Errorf("stop %q: got %q, %q of %q, want %q", p.Stop[1], got.Text, got.Finish, got.Stop, want)
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
			p := seeded(1, 30)
			c.edit(&p)
			tokens, _, err := generate(m, p)
			if err != nil {
				t.Fatal(err)
			}
			r := result(t, m, p)
			if r.Finish != c.want || r.Generated != len(tokens) || c.tokens >= 0 && c.tokens != len(tokens) {
				t.Errorf("finish %q after %d (%d) tokens, want %q after %d", r.Finish, len(tokens), r.Generated, c.want, c.tokens)
			}
			if r.Prompt != 5 || r.Cached != 4 || r.PromptTime <= 0 || r.Seed != 1 {
				t.Errorf("result %+v", r)
			}
			if len(tokens) > 1 && r.TokenRate() <= 0 || r.PromptRate() <= 0 {
				t.Errorf("%g and %g tokens a second", r.PromptRate(), r.TokenRate())
			}
		})
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
