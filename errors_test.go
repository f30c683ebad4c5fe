package chord_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/querent-ai/chord"
)

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
		"Params.MaxTokens: -2":                           {m, chord.Params{MaxTokens: -2}, 0},
		"Params.Stop[1]: empty":                          {m, chord.Params{Stop: []string{"a", ""}}, 0},
		"Params.StopTokens[0]: token 2048":               {m, chord.Params{StopTokens: []int32{2048}}, 0},
		"Params.StopTokens[0]: token -1":                 {m, chord.Params{StopTokens: []int32{-1}}, 0},
		"LogitBias: token 2048, the vocabulary has 2048": {m, chord.Params{LogitBias: map[int32]float32{2048: 1}}, 0},
		"Temperature: NaN":                               {m, chord.Params{Temperature: nan}, 0},
	} {
		tokens, _, err := generate(c.m, c.p)
		if err == nil || !strings.Contains(err.Error(), want) || len(tokens) != c.tokens {
			t.Errorf("got %d tokens, %v, want %d, %q", len(tokens), err, c.tokens, want)
		}
		if !errors.Is(err, chord.ErrInvalid) {
			t.Errorf("%v: not ErrInvalid", err)
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
	for tok, err := range m.Generate(ctx, strings.Repeat(prompt+" ", 12000), chord.Params{}) {
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v, %v", tok, err)
		}
	}
	if _, _, err := generate(m, seeded(1, 3)); err != nil {
		t.Errorf("after it: %v", err)
	}
}

// TestParamsAreFlat checks that one JSON object, with the names requests use,
// is all of Params.
func TestParamsAreFlat(t *testing.T) {
	const all = `{"temperature":0.5,"seed":7,"max_tokens":9,"stop":["x"],"stop_token_ids":[3],"ignore_eos":true,"no_bos":true,"no_parse_special":true}`
	var p chord.Params
	if err := json.Unmarshal([]byte(all), &p); err != nil {
		t.Fatal(err)
	}
	if back, err := json.Marshal(p); err != nil || string(back) != all {
		t.Errorf("%v\ngot  %s\nwant %s", err, back, all)
	}
}
