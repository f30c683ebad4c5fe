package chord_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/grammar"
)

// banned are strings that stories have, in tokens of all kinds.
var banned = []string{"the", " and a", "e w", "ing", ". ", "n\n", "was a little", "She", "day,", "o"}

// TestBannedStrings wants no banned string in any text, cut in pieces as it comes or
// not, and the same text every time: with lookup, beside others, in one piece of work
// or several.
func TestBannedStrings(t *testing.T) {
	m := story(t)
	taken := 0
	for i, list := range [][]string{banned[:1], banned[:4], banned[2:6], banned[6:9], banned, {" "}, {"a", "e"}} {
		p := seeded(int64(i+1), 60)
		plain, err := m.Complete(t.Context(), prompt, p)
		if err != nil {
			t.Fatal(err)
		}
		p.BannedStrings = list
		var pieces strings.Builder
		var first chord.Result
		n := 0
		for tok, err := range m.Generate(t.Context(), prompt, p) {
			if err != nil {
				t.Fatal(err)
			}
			pieces.WriteString(tok.Text)
			if tok.Result == nil {
				n++
			} else {
				first = *tok.Result
			}
		}
		text := pieces.String()
		if n != first.Generated || first.Finish == chord.FinishLength && n != 60 {
			t.Errorf("%q: %d tokens, the result says %d, %s", list, n, first.Generated, first.Finish)
		}
		for _, s := range list {
			if strings.Contains(text, s) {
				t.Errorf("%q in %q", s, text)
			}
		}
		if text != plain.Text {
			taken++
		}
		for name, q := range map[string]chord.Params{"again": p, "lookup": withLookup(p)} {
			again, err := m.Complete(t.Context(), prompt, q)
			if err != nil || again.Text != text {
				t.Errorf("%q: %s: %q, want %q, %v", list, name, again.Text, text, err)
			}
		}
	}
	if taken < 5 {
		t.Errorf("only %d texts have changed", taken)
	}
}

func withLookup(p chord.Params) chord.Params {
	p.Lookup = 4
	return p
}

// TestBannedConcurrent wants the texts of many callers to be those of each alone.
func TestBannedConcurrent(t *testing.T) {
	m := story(t)
	want := make([]string, 6)
	run := func(i int) string {
		p := seeded(int64(i+1), 40)
		p.BannedStrings, p.RepeatPenalty, p.DRYMultiplier = banned[i:i+3], 1.2, 0.5
		if i%3 > 0 {
			p.Mirostat = i % 3
		}
		r, err := m.Complete(context.Background(), prompt, p)
		if err != nil {
			t.Error(err)
		}
		return r.Text
	}
	for i := range want {
		want[i] = run(i)
	}
	var all sync.WaitGroup
	for i := range want {
		all.Go(func() {
			if got := run(i); got != want[i] {
				t.Errorf("seed %d: %q beside others, alone %q", i+1, got, want[i])
			}
		})
	}
	all.Wait()
}

// TestBannedNothing bans what never comes: the text is the plain one.
func TestBannedNothing(t *testing.T) {
	m := story(t)
	p := seeded(3, 50)
	p.Logprobs = 2
	want := tokensOf(t, m, p)
	p.BannedStrings = []string{"the quick brown fox", "☃", "\x00", " the little gi"}
	got := tokensOf(t, m, p)
	if len(got) != len(want) {
		t.Fatalf("%d tokens, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i].ID != want[i].ID || got[i].Text != want[i].Text || got[i].Logprob != want[i].Logprob {
			t.Errorf("token %d: %+v, want %+v", i, got[i], want[i])
		}
	}
}

func tokensOf(t *testing.T, m *chord.Model, p chord.Params) (list []chord.Token) {
	t.Helper()
	for tok, err := range m.Generate(t.Context(), prompt, p) {
		if err != nil {
			t.Fatal(err)
		}
		if tok.Result == nil {
			list = append(list, tok)
		}
	}
	return list
}

// TestBannedWithStop has stop strings and banned ones that overlap: the first to be
// complete counts.
func TestBannedWithStop(t *testing.T) {
	m := story(t)
	plain, err := m.Complete(t.Context(), prompt, seeded(1, 60))
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(plain.Text, " the ")
	if at < 0 {
		t.Fatalf("no the in %q", plain.Text)
	}
	p := seeded(1, 60)
	p.Stop, p.BannedStrings = []string{" the "}, []string{plain.Text[at : at+8]}
	r, err := m.Complete(t.Context(), prompt, p)
	if err != nil || r.Text != plain.Text[:at] || r.Finish != chord.FinishStop {
		t.Errorf("got %q, %s, %v, want %q", r.Text, r.Finish, err, plain.Text[:at])
	}
	p.Stop, p.BannedStrings = []string{plain.Text[at : at+8]}, []string{" the "}
	r, err = m.Complete(t.Context(), prompt, p)
	if err != nil || r.Finish == chord.FinishStop || strings.Contains(r.Text, " the ") {
		t.Errorf("got %q, %s, %v", r.Text, r.Finish, err)
	}
}

// TestBannedWithGrammar takes back what a grammar allows, and says so if nothing is
// left.
func TestBannedWithGrammar(t *testing.T) {
	m := story(t)
	words, err := grammar.Choices([]string{"blue bird", "blue tree", "blue car"})
	if err != nil {
		t.Fatal(err)
	}
	for seed := range int64(20) {
		p := seeded(seed+1, 40)
		p.Grammar, p.BannedStrings, p.Receipt = words, []string{"bird", "e tr"}, true
		r, err := m.Complete(t.Context(), prompt, p)
		if err != nil || r.Text != "blue car" || r.Finish != chord.FinishEOG {
			t.Fatalf("seed %d: %q, %s, %v", seed+1, r.Text, r.Finish, err)
		}
		if err := m.Verify(t.Context(), again(t, r.Receipt)); err != nil {
			t.Error(err)
		}
	}
	p := seeded(1, 40)
	p.Grammar, p.BannedStrings = words, []string{"lu"}
	r, err := m.Complete(t.Context(), prompt, p)
	if e, ok := errors.AsType[*chord.ParamError](err); !ok || e.Field != "Params.BannedStrings" || strings.Contains(r.Text, "lu") {
		t.Errorf("%q, %v", r.Text, err)
	}
}

// TestBannedReceipt verifies texts that went back, and finds a wrong token wherever it
// is.
func TestBannedReceipt(t *testing.T) {
	m := story(t)
	p := seeded(5, 25)
	p.BannedStrings = banned
	r := received(t, m, p)
	if r.Sampled == nil {
		t.Fatal("nothing was taken back")
	}
	if err := m.Verify(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	for i := range r.Sampled {
		c := again(t, r)
		c.Sampled[i] ^= 1
		if err := m.Verify(t.Context(), c); !errors.Is(err, chord.ErrReceipt) {
			t.Errorf("sampled token %d: %v", i, err)
		}
	}
	for i := r.Prompt; i < len(r.IDs); i++ {
		c := again(t, r)
		c.IDs[i] ^= 1
		e, ok := errors.AsType[*chord.VerifyError](m.Verify(t.Context(), c))
		if !ok || e.Token != i-r.Prompt || e.ID != c.IDs[i] {
			t.Errorf("token %d: %v", i-r.Prompt, e)
		}
	}
	for name, edit := range map[string]func(r *chord.Receipt){
		"not taken back":  func(r *chord.Receipt) { r.Sampled = nil },
		"one more string": func(r *chord.Receipt) { r.Params.BannedStrings = append(r.Params.BannedStrings, "zebra") },
		"none":            func(r *chord.Receipt) { r.Params.BannedStrings = nil },
	} {
		c := again(t, r)
		edit(c)
		if err := m.Verify(t.Context(), c); !errors.Is(err, chord.ErrReceipt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestBannedSession goes on after a text that went back.
func TestBannedSession(t *testing.T) {
	m := story(t)
	s := m.NewSession()
	defer s.Close()
	if err := s.Append(t.Context(), prompt); err != nil {
		t.Fatal(err)
	}
	p := seeded(2, 30)
	p.BannedStrings = banned[:5]
	want, err := m.Complete(t.Context(), prompt, p)
	if err != nil {
		t.Fatal(err)
	}
	n := s.Len()
	if got := say(t, s, p); got != want.Text || s.Len() != n+want.Generated {
		t.Errorf("%q, %d tokens, want %q, %d", got, s.Len()-n, want.Text, want.Generated)
	}
}

// TestBannedErrors refuses what is too much.
func TestBannedErrors(t *testing.T) {
	m := story(t)
	for name, list := range map[string][]string{
		"empty": {"a", ""}, "long": {strings.Repeat("a", 257)}, "many": strings.Split(strings.Repeat("a,", 257), ","),
	} {
		p := seeded(1, 3)
		p.BannedStrings = list
		if _, err := m.Complete(t.Context(), prompt, p); !errors.Is(err, chord.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
