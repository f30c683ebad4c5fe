package chord_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/chordtest"
	"github.com/querent-ai/chord/grammar"
	"github.com/querent-ai/chord/internal/inside"
	"github.com/querent-ai/chord/tales"
)

// repeated is a prompt whose text can be looked up.
var repeated = strings.Repeat("Once upon a time there was a cat. The cat was big and red. ", 3) + "Once upon a"

// A speculating is a way to speculate.
type speculating struct {
	name  string
	model *chord.Model
	edit  func(*chord.Params)
}

// speculations returns every way to speculate with the embedded model. The draft models
// are itself and itself with other angles of RoPE, which often disagrees.
func speculations(t *testing.T) []speculating {
	t.Helper()
	lookup := func(p *chord.Params) { p.Lookup = 12 }
	other := func(o chord.Options) *chord.Model {
		m := openTales(t, o)
		inside.AlwaysDraft(m)
		t.Cleanup(func() { m.Close() })
		return m
	}
	worse := other(chord.Options{OverrideKV: []string{"llama.rope.freq_base=float:12000"}})
	return []speculating{
		{"lookup", other(chord.Options{NoSharedLookup: true}), lookup},
		{"pool", other(chord.Options{}), lookup},
		{"itself", other(chord.Options{Draft: story(t)}), func(*chord.Params) {}},
		{"another", other(chord.Options{Draft: worse}), func(p *chord.Params) { p.DraftMax = 6 }},
		{"all", other(chord.Options{Draft: worse}), lookup},
	}
}

// edits are kinds of Params.
func edits(t *testing.T) map[string]func(*chord.Params) {
	gbnf, err := grammar.GBNF(`root ::= ("The " ("cat" | "dog") " is " [a-z]+ ". ")+ "The end."`)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]func(*chord.Params){
		"greedy":         func(p *chord.Params) { p.Temperature = chord.Greedy },
		"the whole text": func(p *chord.Params) { p.MaxTokens, p.Temperature = 0, chord.Greedy },
		"one token":      func(p *chord.Params) { p.MaxTokens = 1 },
		"two tokens":     func(p *chord.Params) { p.MaxTokens = 2 },
		"its own end":    func(p *chord.Params) { p.IgnoreEOS = false },
		"min tokens":     func(p *chord.Params) { p.IgnoreEOS, p.MinTokens = false, 30 },
		"penalties":      func(p *chord.Params) { p.RepeatPenalty, p.FrequencyPenalty = 1.3, 0.2 },
		"DRY":            func(p *chord.Params) { p.DRYMultiplier = 0.8 },
		"XTC":            func(p *chord.Params) { p.XTCProbability = 0.5 },
		"mirostat":       func(p *chord.Params) { p.Mirostat = 2 },
		"adaptive-p":     func(p *chord.Params) { p.AdaptiveTarget = 0.5 },
		"stop strings":   func(p *chord.Params) { p.Stop = []string{" big", "red. The"} },
		"banned strings": func(p *chord.Params) { p.BannedStrings = []string{" big red", "happy", " the d"} },
		"logprobs":       func(p *chord.Params) { p.Logprobs = 3 },
		"processor":      func(p *chord.Params) { p.Processor = commaLess{} },
		"grammar":        func(p *chord.Params) { p.Grammar, p.IgnoreEOS, p.Temperature = gbnf, false, 1.3 },
		"draft limits":   func(p *chord.Params) { p.DraftMax, p.DraftMin, p.DraftPMin = 5, 2, 0.3 },
		"a receipt":      func(p *chord.Params) { p.Receipt = true },
	}
}

// tokensOf returns the tokens of a text and its result without what speculation may
// change.
func spelled(t *testing.T, m *chord.Model, prompt string, p chord.Params) (text string, r chord.Result) {
	t.Helper()
	for tok, err := range m.Generate(t.Context(), prompt, p) {
		if err != nil {
			t.Fatal(err)
		}
		if tok.Result != nil {
			r = *tok.Result
			continue
		}
		text += fmt.Sprint(tok.ID, tok.Text, tok.Logprob, tok.Top, ";")
	}
	return text, r
}

// Tokens, probabilities, seed and end are those of plain decoding.
func TestSpeculation(t *testing.T) {
	seeds := int64(200)
	if testing.Short() {
		seeds = 20
	}
	kinds := speculations(t)
	drafted, accepted := make([]int, len(kinds)), make([]int, len(kinds))
	type plainText struct {
		text string
		r    chord.Result
	}
	plainly := map[string]plainText{}
	check := func(name, prompt string, p chord.Params, i int) {
		t.Helper()
		if _, ok := plainly[name]; !ok {
			text, r := spelled(t, story(t), prompt, p)
			plainly[name] = plainText{text, r}
		}
		want, plain := plainly[name].text, plainly[name].r
		kinds[i].edit(&p)
		got, r := spelled(t, kinds[i].model, prompt, p)
		if got != want || r.Finish != plain.Finish || r.Generated != plain.Generated || r.Seed != plain.Seed {
			t.Errorf("%s, %s: got %s, %+v, want %s, %+v", kinds[i].name, name, got, r, want, plain)
		}
		if p.Receipt && r.Receipt.Logits == "" {
			t.Errorf("%s, %s: no receipt", kinds[i].name, name)
		}
		if p.Grammar == nil && plain.Drafted != 0 || r.Accepted > r.Drafted {
			t.Errorf("%s, %s: %d of %d drafted tokens accepted, %d without", kinds[i].name, name, r.Accepted, r.Drafted, plain.Drafted)
		}
		drafted[i], accepted[i] = drafted[i]+r.Drafted, accepted[i]+r.Accepted
	}
	for i := range kinds {
		for seed := range seeds {
			check(fmt.Sprint("seed ", seed), repeated, seeded(seed+1, 30), i)
		}
		for name, edit := range edits(t) {
			p := seeded(7, 50)
			edit(&p)
			check(name, repeated, p, i)
			check(name+", nothing to look up", prompt, p, i)
		}
		if accepted[i] < 5*int(seeds) {
			t.Errorf("%s: %d of %d drafted tokens were accepted", kinds[i].name, accepted[i], drafted[i])
		}
	}
	t.Logf("drafted %v, accepted %v", drafted, accepted)
}

// commaLess is a Processor that looks at the tokens.
type commaLess struct{}

// Process makes the logits of the last few tokens smaller.
func (commaLess) Process(tokens []int32, logits []float32) {
	for _, id := range tokens[max(0, len(tokens)-3):] {
		logits[id]--
	}
}

// A session is left by its loop within a draft, forked, rewound and continued as it would
// be without one.
func TestSpeculationInSession(t *testing.T) {
	for _, kind := range speculations(t) {
		for n := 1; n < 30; n += 5 {
			var texts [2]string
			for i, m := range []*chord.Model{story(t), kind.model} {
				s := m.NewSession()
				if err := s.Append(t.Context(), repeated); err != nil {
					t.Fatal(err)
				}
				p := seeded(3, 40)
				p.Temperature = chord.Greedy
				if i > 0 {
					kind.edit(&p)
				}
				k := 0
				for tok, err := range s.Generate(t.Context(), p) {
					if err != nil {
						t.Fatal(err)
					}
					if texts[i] += tok.Text; k == n {
						break
					}
					k++
				}
				f := s.Fork()
				texts[i] += fmt.Sprint("|", s.Tokens(), "|", say(t, s, seeded(4, 10)))
				p.Seed = 5
				texts[i] += "|" + say(t, f, p)
				f.Rewind(f.Len() - n/2)
				texts[i] += "|" + say(t, f, p)
				f.Close()
				s.Close()
			}
			if texts[0] != texts[1] {
				t.Errorf("%s, left after %d: got %q, want %q", kind.name, n, texts[1], texts[0])
			}
		}
	}
}

// Texts are the same when others change the pool meanwhile, use the same draft model,
// are cancelled, and when the caches of all of them do not fit.
func TestSpeculationConcurrent(t *testing.T) {
	small := openTales(t, chord.Options{CacheBytes: 3 << 20, Context: 256})
	defer small.Close()
	m := openTales(t, chord.Options{CacheBytes: 3 << 20, Context: 256, Draft: small})
	defer m.Close()
	inside.AlwaysDraft(m)
	const n = 12
	var want [n]string
	params := func(i int) chord.Params {
		p := seeded(int64(i%5+1), 40)
		if i%3 == 0 {
			p.Temperature = chord.Greedy
		}
		return p
	}
	for i := range want {
		want[i], _ = spelled(t, story(t), repeated[i%5:], params(i))
	}
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			p := params(i)
			p.Lookup = i % 4 * 4
			for range 3 {
				if got, _ := spelled(t, m, repeated[i%5:], p); got != want[i] {
					t.Errorf("text %d: got %s, want %s", i, got, want[i])
				}
			}
		})
		wg.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			k := 0
			for _, err := range m.Generate(ctx, repeated[i%5:], params(i)) {
				if k++; k == 2*i {
					cancel()
				}
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if m.Metrics().Preempted == 0 {
		t.Error("no sequence was preempted")
	}
}

// A draft model that fails, at once or later, ends its drafts only.
func TestDraftFails(t *testing.T) {
	p := seeded(1, 60)
	want, _ := spelled(t, story(t), prompt, p)
	d := openTales(t, chord.Options{Context: 40}) // shorter than the text
	m := openTales(t, chord.Options{Draft: d})
	defer m.Close()
	inside.AlwaysDraft(m)
	got, r := spelled(t, m, prompt, p)
	if got != want || r.Accepted == 0 {
		t.Errorf("a full context: got %s, %d accepted, want %s", got, r.Accepted, want)
	}
	got, k := "", 0
	for tok, err := range m.Generate(t.Context(), prompt, p) {
		if err != nil {
			t.Fatal(err)
		}
		if tok.Result == nil {
			got += fmt.Sprint(tok.ID, tok.Text, tok.Logprob, tok.Top, ";")
		}
		if k++; k == 9 {
			d.Close()
		}
	}
	if got != want {
		t.Errorf("closed meanwhile: got %s, want %s", got, want)
	}
	if got, r := spelled(t, m, prompt, p); got != want || r.Drafted > 0 {
		t.Errorf("closed: got %s, %d drafted, want %s", got, r.Drafted, want)
	}
	if _, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{Draft: d}); !errors.Is(err, chord.ErrClosed) {
		t.Errorf("a draft model that is closed: %v, want ErrClosed", err)
	}
}

// A draft model of another vocabulary is refused, and the error says what differs.
func TestDraftMismatch(t *testing.T) {
	for _, c := range []struct {
		name  string
		draft *chord.Model
		want  string
	}{
		{"another vocabulary", chordtest.Model(t, "an answer of a few words"), "its vocabulary has"},
		{"another BOS", openTales(t, chord.Options{OverrideKV: []string{"tokenizer.ggml.bos_token_id=int:5"}}), "its BOS is token 5"},
	} {
		m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{Draft: c.draft})
		if err == nil {
			m.Close()
		}
		if !errors.Is(err, chord.ErrMismatch) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want ErrMismatch with %q", c.name, err, c.want)
		}
		c.draft.Close()
	}
}

// A draft model that is the model itself is always right: with the random numbers of the
// sampler it samples the same tokens.
func TestDraftAgrees(t *testing.T) {
	m := openTales(t, chord.Options{Draft: story(t)})
	defer m.Close()
	inside.AlwaysDraft(m)
	drafted, accepted := 0, 0
	for seed := range int64(10) {
		p := seeded(seed+1, 60)
		p.Temperature = 1.2
		_, r := spelled(t, m, prompt, p)
		drafted, accepted = drafted+r.Drafted, accepted+r.Accepted
	}
	if accepted != drafted || accepted < 300 {
		t.Errorf("%d of %d drafted tokens accepted, want all", accepted, drafted)
	}
}
