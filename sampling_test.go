package chord_test

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/sample"
)

// TestEverySamplerCounts requires that each parameter of sampling changes a text.
func TestEverySamplerCounts(t *testing.T) {
	m, plain := story(t), seeded(3, 40)
	want := result(t, m, plain)
	for name, set := range map[string]func(*chord.Params){
		"samplers":        func(p *chord.Params) { p.Samplers = []string{"temperature"} },
		"top-n-sigma":     func(p *chord.Params) { p.TopNSigma = 0.1 },
		"xtc":             func(p *chord.Params) { p.XTCProbability = 1 },
		"dynatemp":        func(p *chord.Params) { p.DynatempRange = 0.8 },
		"dry":             func(p *chord.Params) { p.DRYMultiplier, p.DRYAllowedLength = 9, chord.Off },
		"mirostat 1":      func(p *chord.Params) { p.Mirostat = 1 },
		"mirostat 2":      func(p *chord.Params) { p.Mirostat = 2 },
		"adaptive-p":      func(p *chord.Params) { p.AdaptiveTarget = 0.2 },
		"penalties of xs": func(p *chord.Params) { p.PresencePenalty = 3 },
	} {
		p := plain
		set(&p)
		got := result(t, m, p)
		if got.Text == want.Text {
			t.Errorf("%s changes nothing", name)
		}
		if again := result(t, m, p); again.Text != got.Text {
			t.Errorf("%s: %q, then %q", name, got.Text, again.Text)
		}
	}
}

// TestBreakersEndRepetitions compares DRY without breakers and with all letters
// as breakers, which leaves nothing to be penalised.
func TestBreakersEndRepetitions(t *testing.T) {
	m, p := story(t), chord.Params{MaxTokens: 60, Temperature: chord.Greedy}
	plain := result(t, m, p)
	p.DRYMultiplier, p.DRYAllowedLength = 20, chord.Off
	p.DRYSequenceBreakers = []string{}
	if got := result(t, m, p); got.Text == plain.Text {
		t.Error("DRY without breakers changes nothing")
	}
	p.DRYSequenceBreakers = append(strings.Split("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,!?'\"-;:0123456789", ""), " ", "\n", "<")
	if got := result(t, m, p); got.Text != plain.Text {
		t.Errorf("DRY with everything a breaker: got %q, want %q", got.Text, plain.Text)
	}
}

// TestMinTokens requires an end no earlier than asked for.
func TestMinTokens(t *testing.T) {
	m := story(t)
	p := chord.Params{Temperature: chord.Greedy, MaxTokens: 400}
	whole := result(t, m, p)
	if whole.Finish != chord.FinishEOG || whole.Generated < 10 {
		t.Fatalf("the story has no end: %+v", whole)
	}
	p.MinTokens, p.MaxTokens = whole.Generated+5, whole.Generated+20
	if got := result(t, m, p); got.Generated < p.MinTokens || !strings.HasPrefix(got.Text, whole.Text) {
		t.Errorf("%d tokens, want %d or more: %q", got.Generated, p.MinTokens, got.Text)
	}
	tokens, _, err := generate(m, chord.Params{Temperature: chord.Greedy, MaxTokens: 9})
	if err != nil {
		t.Fatal(err)
	}
	p = chord.Params{Temperature: chord.Greedy, StopTokens: []int32{tokens[4].ID}, MinTokens: 8, MaxTokens: 20}
	if got := result(t, m, p); got.Generated < 8 {
		t.Errorf("a token of StopTokens ends the text after %d tokens", got.Generated)
	}
}

// TestPostSamplingProbs compares the probabilities before and after sampling.
func TestPostSamplingProbs(t *testing.T) {
	m := story(t)
	p := chord.Params{MaxTokens: 12, TopK: 3, TopP: chord.Off, MinP: chord.Off, Temperature: 1, Seed: 4, Logprobs: 10}
	before, _, err := generate(m, p)
	if err != nil {
		t.Fatal(err)
	}
	p.PostSamplingProbs = true
	after, _, err := generate(m, p)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(ids(before), ids(after)) {
		t.Fatal("the probabilities that are asked for change the text")
	}
	for i := range after {
		if len(before[i].Top) != 10 || len(after[i].Top) != 3 {
			t.Fatalf("token %d: %d and %d likeliest tokens", i, len(before[i].Top), len(after[i].Top))
		}
		sum := 0.0
		for _, k := range before[i].Top[:3] {
			sum += math.Exp(float64(k.Logprob))
		}
		for j, k := range after[i].Top {
			if want := float64(before[i].Top[j].Logprob) - math.Log(sum); k.ID != before[i].Top[j].ID || math.Abs(float64(k.Logprob)-want) > 1e-4 {
				t.Errorf("token %d: rank %d is %+v, want %g", i, j, k, want)
			}
		}
		if want := float64(before[i].Logprob) - math.Log(sum); math.Abs(float64(after[i].Logprob)-want) > 1e-4 {
			t.Errorf("token %d: log probability %g, want %g", i, after[i].Logprob, want)
		}
	}
}

// TestSamplingJSON requires that a 0 in JSON is one, in every field of the table, and
// that parameters survive JSON.
func TestSamplingJSON(t *testing.T) {
	zeros := sample.Params{}.Literal()
	for _, f := range sample.Fields() {
		var p chord.Params
		if err := json.Unmarshal([]byte(`{"`+f.JSON+`": 0}`), &p); err != nil {
			t.Fatal(err)
		}
		got, want := reflect.ValueOf(p).FieldByName(f.Name), reflect.ValueOf(zeros).FieldByName(f.Name)
		if !got.Equal(want) {
			t.Errorf("%s 0: got %v, want %v", f.JSON, got, want)
		}
		reflect.ValueOf(&p).Elem().FieldByName(f.Name).SetZero()
		if !reflect.DeepEqual(p, chord.Params{}) {
			t.Errorf("%s 0 sets another field: %+v", f.JSON, p)
		}
	}
	p := chord.Params{Samplers: []string{}, DRYSequenceBreakers: []string{}, MirostatTau: 3, RepeatLastN: math.MinInt32}
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var back chord.Params
	if err := json.Unmarshal(b, &back); err != nil || !reflect.DeepEqual(back, p) {
		t.Errorf("%s: got %+v, %v", b, back, err)
	}
	if err := json.Unmarshal([]byte(`{"top_k": null, "Seed": 0, "mirostat": 2}`), &back); err != nil || back.TopK != 0 || back.Seed == 0 || back.Mirostat != 2 || back.MirostatTau != 3 {
		t.Errorf("got %+v, %v", back, err)
	}
}

// TestNoTokenIsAllowed forbids everything.
func TestNoTokenIsAllowed(t *testing.T) {
	m := story(t)
	all := map[int32]float32{}
	for id := range int32(m.Tokenizer().Len()) {
		all[id] = float32(math.Inf(-1))
	}
	for name, p := range map[string]chord.Params{"bias": {LogitBias: all, MaxTokens: 3}, "processor": {Processor: silence{}, MaxTokens: 3}} {
		_, _, err := generate(m, p)
		if !errors.Is(err, chord.ErrInvalid) || errors.Is(err, chord.ErrFormat) {
			t.Errorf("%s: got %v, want %v", name, err, chord.ErrInvalid)
		}
	}
	for want, p := range map[string]chord.Params{
		"Params.Samplers[1]":            {Samplers: []string{"top_k", "none"}},
		"Params.DRYSequenceBreakers[0]": {DRYSequenceBreakers: []string{""}},
		"Params.Mirostat":               {Mirostat: 3},
	} {
		_, _, err := generate(m, p)
		if e, ok := errors.AsType[*chord.ParamError](err); !ok || e.Field != want {
			t.Errorf("got %v, want one about %s", err, want)
		}
	}
}

// silence forbids every token.
type silence struct{}

func (silence) Process(_ []int32, logits []float32) {
	for i := range logits {
		logits[i] = float32(math.Inf(-1))
	}
}
