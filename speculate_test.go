package chord_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
)

// repeated is a prompt whose text can be looked up.
var repeated = strings.Repeat("Once upon a time there was a cat. The cat was big and red. ", 3) + "Once upon a"

// Text, seed and everything else but the number of passes are those of plain
// decoding.
func TestLookup(t *testing.T) {
	m := story(t)
	drafted, accepted := 0, 0
	check := func(name, prompt string, p chord.Params) {
		t.Helper()
		want, err := m.Complete(t.Context(), prompt, p)
		if err != nil {
			t.Fatal(err)
		}
		p.Lookup = 12
		got, err := m.Complete(t.Context(), prompt, p)
		if err != nil || got.Text != want.Text || got.Finish != want.Finish || got.Generated != want.Generated || got.Seed != want.Seed {
			t.Errorf("%s: got %+v, %v, want %+v", name, got, err, want)
		}
		if want.Drafted != 0 || got.Accepted > got.Drafted {
			t.Errorf("%s: %d of %d drafted tokens accepted, %d without", name, got.Accepted, got.Drafted, want.Drafted)
		}
		drafted, accepted = drafted+got.Drafted, accepted+got.Accepted
	}
	for seed := range int64(40) {
		check(fmt.Sprint("seed ", seed), repeated, seeded(seed+1, 40))
	}
	for name, edit := range map[string]func(*chord.Params){
		"greedy":         func(p *chord.Params) { p.Temperature = chord.Greedy },
		"the whole text": func(p *chord.Params) { p.MaxTokens, p.IgnoreEOS, p.Temperature = 0, true, chord.Greedy },
		"one token":      func(p *chord.Params) { p.MaxTokens = 1 },
		"two tokens":     func(p *chord.Params) { p.MaxTokens = 2 },
		"penalties":      func(p *chord.Params) { p.RepeatPenalty = 1.3 },
		"a stop string":  func(p *chord.Params) { p.Stop = []string{" big"} },
		"logprobs":       func(p *chord.Params) { p.Logprobs = 3 },
		"a processor":    func(p *chord.Params) { p.Processor = commaLess{} },
	} {
		p := seeded(7, 60)
		edit(&p)
		check(name, repeated, p)
		check(name+", nothing to look up", prompt, p)
	}
	if accepted < 100 {
		t.Errorf("%d of %d drafted tokens were accepted", accepted, drafted)
	}
}

// commaLess is a Processor that looks at the tokens.
type commaLess struct{}

// Process makes the logits of the last few tokens smaller.
func (commaLess) Process(tokens []int32, logits []float32) {
	for _, id := range tokens[max(0, len(tokens)-3):] {
		logits[id]--
	}
}

// A session is left by its loop within a draft as it would be without one.
func TestLookupInSession(t *testing.T) {
	m := story(t)
	for n := 1; n < 30; n += 3 {
		var texts [2]string
		var tokens [2][]int32
		for i, lookup := range []int{0, 12} {
			s := m.NewSession()
			if err := s.Append(t.Context(), repeated); err != nil {
				t.Fatal(err)
			}
			p := seeded(3, 40)
			p.Temperature, p.Lookup = chord.Greedy, lookup
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
			tokens[i] = append(tokens[i], s.Tokens()...)
			texts[i] += "|" + say(t, s, seeded(4, 10))
			s.Rewind(len(tokens[i]) - 1)
			texts[i] += "|" + say(t, s, seeded(5, 5))
			s.Close()
		}
		if texts[0] != texts[1] || fmt.Sprint(tokens[0]) != fmt.Sprint(tokens[1]) {
			t.Errorf("left after %d: got %q, %v, want %q, %v", n, texts[1], tokens[1], texts[0], tokens[0])
		}
	}
}
