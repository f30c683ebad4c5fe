package chord_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/grammar"
)

// received returns the receipt of a story, after a way through JSON.
func received(t *testing.T, m *chord.Model, p chord.Params) *chord.Receipt {
	t.Helper()
	p.Receipt = true
	r, err := m.Complete(t.Context(), prompt, p)
	if err != nil {
		t.Fatal(err)
	}
	return again(t, r.Receipt)
}

// again returns a receipt that was written and read.
func again(t *testing.T, r *chord.Receipt) *chord.Receipt {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var c chord.Receipt
	if err := json.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	return &c
}

// receiptParams are ways to generate.
var receiptParams = map[string]chord.Params{
	"default":   {MaxTokens: 20},
	"greedy":    {MaxTokens: 20, Temperature: chord.Greedy},
	"penalties": {MaxTokens: 20, Seed: 3, RepeatPenalty: 1.2, LogitBias: map[int32]float32{5: 1}},
	"off":       {MaxTokens: 20, Seed: 4, TopK: chord.Off, TopP: chord.Off, MinP: chord.Off},
	"an end":    {MaxTokens: 400, Seed: 5},
	"a stop":    {MaxTokens: 100, Seed: 6, Stop: []string{"."}},
	"logprobs":  {MaxTokens: 5, Seed: 7, Logprobs: 3},
}

// A receipt is verified by another copy of the model, with other threads, beside
// other calls, and by the same.
func TestReceipt(t *testing.T) {
	m := story(t)
	other := openTales(t, chord.Options{Threads: 1})
	defer other.Close()
	for name, p := range receiptParams {
		r := received(t, m, p)
		if len(r.IDs) <= r.Prompt || r.Params.Seed == 0 {
			t.Fatalf("%s: %+v", name, r)
		}
		for _, m := range []*chord.Model{m, other} {
			if err := m.Verify(t.Context(), r); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if r, err := m.Complete(t.Context(), prompt, seeded(1, 3)); err != nil || r.Receipt != nil {
		t.Errorf("not asked for: %+v, %v", r.Receipt, err)
	}
}

// A text may end because the context is full: its last token is beyond it.
func TestReceiptOfFullContext(t *testing.T) {
	m := openTales(t, chord.Options{Context: 48, Threads: 1})
	defer m.Close()
	p := seeded(1, 0)
	p.Receipt = true
	r, err := m.Complete(t.Context(), prompt, p)
	if err != nil || r.Finish != chord.FinishContext || len(r.Receipt.IDs) <= m.Context() {
		t.Fatalf("%+v, %v", r, err)
	}
	if err := m.Verify(t.Context(), r.Receipt); err != nil {
		t.Error(err)
	}
	r.Receipt.IDs[len(r.Receipt.IDs)-1]++
	if err := m.Verify(t.Context(), r.Receipt); err == nil {
		t.Error("another last token: no error")
	}
}

// A session's receipt has all of its tokens.
func TestReceiptOfSession(t *testing.T) {
	m := story(t)
	s := m.NewSession()
	defer s.Close()
	if err := s.Append(t.Context(), prompt); err != nil {
		t.Fatal(err)
	}
	say(t, s, seeded(1, 7))
	if err := s.Append(t.Context(), " And then"); err != nil {
		t.Fatal(err)
	}
	n := s.Len()
	p := seeded(2, 9)
	p.Receipt = true
	for tok, err := range s.Generate(t.Context(), p) {
		if err != nil {
			t.Fatal(err)
		}
		if tok.Result == nil {
			continue
		}
		if r := tok.Result.Receipt; r.Prompt != n || len(r.IDs) != n+9 {
			t.Errorf("%d of %d tokens, want %d of %d", r.Prompt, len(r.IDs), n, n+9)
		} else if err := m.Verify(t.Context(), again(t, r)); err != nil {
			t.Error(err)
		}
	}
}

// A wrong token is found wherever it is, and so is a wrong hash.
func TestReceiptPlanted(t *testing.T) {
	m := story(t)
	r := received(t, m, seeded(8, 12))
	for i := r.Prompt; i < len(r.IDs); i++ {
		c := again(t, r)
		c.IDs[i]++
		e, ok := errors.AsType[*chord.VerifyError](m.Verify(t.Context(), c))
		if !ok || !errors.Is(e, chord.ErrReceipt) || e.Token != i-r.Prompt || e.ID != c.IDs[i] || e.Want != r.IDs[i] {
			t.Errorf("token %d: %v", i-r.Prompt, e)
		}
	}
	for name, edit := range map[string]func(r *chord.Receipt){
		"a word of the prompt":  func(r *chord.Receipt) { r.IDs[0]++ },
		"a token less":          func(r *chord.Receipt) { r.IDs = r.IDs[:len(r.IDs)-1] },
		"the last hash":         func(r *chord.Receipt) { r.Logits = r.Logits[:len(r.Logits)-1] + "?" },
		"another seed":          func(r *chord.Receipt) { r.Params.Seed++ },
		"an option":             func(r *chord.Receipt) { r.Params.TopK = 39 },
		"an option of no use":   func(r *chord.Receipt) { r.Params.MaxTokens++ },
		"more of it the prompt": func(r *chord.Receipt) { r.Prompt++ },
	} {
		c := again(t, r)
		edit(c)
		if err := m.Verify(t.Context(), c); !errors.Is(err, chord.ErrReceipt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Receipts that cannot be verified say why.
func TestReceiptErrors(t *testing.T) {
	m := story(t)
	r := received(t, m, seeded(8, 5))
	for name, c := range map[string]struct {
		want error
		edit func(r *chord.Receipt)
	}{
		"nothing":           {chord.ErrInvalid, func(r *chord.Receipt) { *r = chord.Receipt{} }},
		"another version":   {chord.ErrUnsupported, func(r *chord.Receipt) { r.Version++ }},
		"no prompt":         {chord.ErrInvalid, func(r *chord.Receipt) { r.Prompt = 0 }},
		"too long a prompt": {chord.ErrInvalid, func(r *chord.Receipt) { r.Prompt = len(r.IDs) + 1 }},
		"an unknown token":  {chord.ErrInvalid, func(r *chord.Receipt) { r.IDs[3] = 1 << 30 }},
		"a bad option":      {chord.ErrInvalid, func(r *chord.Receipt) { r.Params.TopP = 7 }},
		"another model":     {chord.ErrMismatch, func(r *chord.Receipt) { r.Model = "00" + r.Model[2:] }},
		"another cache":     {chord.ErrMismatch, func(r *chord.Receipt) { r.CacheTypeK = "q8_0" }},
		"too long a text":   {chord.ErrContextFull, func(r *chord.Receipt) { r.IDs = slices.Repeat(r.IDs, 100) }},
	} {
		bad := again(t, r)
		c.edit(bad)
		if err := m.Verify(t.Context(), bad); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	if err := openTuned(t).Verify(t.Context(), r); !errors.Is(err, chord.ErrMismatch) {
		t.Errorf("a fine-tune: %v", err)
	}
	p := seeded(1, 3)
	p.Receipt, p.Processor = true, calls(func() {})
	if _, err := m.Complete(t.Context(), prompt, p); !errors.Is(err, chord.ErrInvalid) {
		t.Errorf("with a Processor: %v", err)
	}
}

// A receipt has the grammar: a wrong token is found wherever it is, and another grammar
// is refused.
func TestReceiptGrammar(t *testing.T) {
	m := story(t)
	for name, make := range map[string]func() (*grammar.Grammar, error){
		"GBNF": func() (*grammar.Grammar, error) { return grammar.GBNF("root ::= \" a\" [a-z ]{12,} \".\"") },
		"Lark": func() (*grammar.Grammar, error) { return grammar.Lark("start: / [A-Z][a-z]+/{3} \"!\"") },
		"schema": func() (*grammar.Grammar, error) {
			return grammar.JSONSchema([]byte(`{"type":"array","items":{"type":"string","maxLength":8},"minItems":2}`))
		},
		"choices": func() (*grammar.Grammar, error) { return grammar.Choices([]string{"one way or another", "é\"\\"}) },
	} {
		g, err := make()
		if err != nil {
			t.Fatal(err)
		}
		p := chord.Params{MaxTokens: 40, Seed: 3, Grammar: g, IgnoreEOS: true, MinTokens: 3}
		r := received(t, m, p)
		if err := m.Verify(t.Context(), r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for i := r.Prompt; i < len(r.IDs); i++ {
			c := again(t, r)
			c.IDs[i] ^= 1
			err := m.Verify(t.Context(), c)
			e, ok := errors.AsType[*chord.VerifyError](err)
			if !ok || e.Token != i-r.Prompt || e.Want != r.IDs[i] {
				t.Errorf("%s: token %d: %v", name, i-r.Prompt, err)
			}
		}
		for what, c := range map[string]struct {
			edit func(r *chord.Receipt)
			want error
		}{
			"a wider grammar":   {func(r *chord.Receipt) { r.Grammar = &grammar.Source{Kind: "regexp", Text: "[^]*"} }, chord.ErrReceipt},
			"another notation":  {func(r *chord.Receipt) { r.Grammar.Text += " " }, chord.ErrReceipt},
			"none":              {func(r *chord.Receipt) { r.Grammar = nil }, chord.ErrReceipt},
			"one that is wrong": {func(r *chord.Receipt) { r.Grammar = &grammar.Source{Kind: "gbnf", Text: "root"} }, chord.ErrInvalid},
		} {
			bad := again(t, r)
			c.edit(bad)
			if err := m.Verify(t.Context(), bad); !errors.Is(err, c.want) {
				t.Errorf("%s: %s: got %v, want %v", name, what, err, c.want)
			}
		}
	}
}
