package chord_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/grammar"
)

// formParams are answers that are held to a form.
func formParams(t *testing.T) map[string]chord.ChatParams {
	t.Helper()
	yes, err := grammar.Choices([]string{"yes", "no"})
	if err != nil {
		t.Fatal(err)
	}
	list, err := grammar.Sequence(grammar.Literal("- "), grammar.Repeat(grammar.Pattern("[a-z]{3} "), 2, 4)).Grammar()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]chord.ChatParams{
		"required":              {Tools: smallTools, ToolChoice: "required"},
		"named":                 {Tools: smallTools, ToolChoice: "look", ParallelToolCalls: new(false)},
		"auto":                  {Tools: smallTools},
		"reasoning":             {ReasoningBudget: new(7)},
		"reasoning, then calls": {Tools: smallTools, ToolChoice: "required", ReasoningBudget: new(3)},
		"a grammar":             {Params: chord.Params{Grammar: yes}, ReasoningBudget: new(5)},
		"a grammar of parts":    {Params: chord.Params{Grammar: list}},
		"banned strings":        {Params: chord.Params{BannedStrings: bannedLetters}, Tools: smallTools, ToolChoice: "look"},
	}
}

// formReceipt returns the receipt of an answer, after a way through JSON.
func formReceipt(t *testing.T, m *chord.Model, p chord.ChatParams, seed int64) *chord.Receipt {
	t.Helper()
	sampling := hot(seed)
	sampling.Receipt, sampling.MaxTokens, sampling.Grammar, sampling.BannedStrings = true, 60, p.Grammar, p.BannedStrings
	if p.BannedStrings != nil {
		sampling.MaxTokens = 200
	}
	p.Params = sampling
	_, r := answerOf(t, m, p)
	return again(t, r.Receipt)
}

// The receipts of answers in a form are verified by another copy of the model, and a
// wrong token is found wherever it is.
func TestReceiptForm(t *testing.T) {
	for name, template := range map[string]string{
		"Hermes":   callTemplates["Hermes"],
		"thinking": turns("{# <tool_call> <think> #}", "A:<think>"),
		"harmony":  callTemplates["harmony"],
	} {
		m, other := openWith(t, template), openTales(t, chord.Options{ChatTemplate: template, Threads: 1})
		for what, p := range formParams(t) {
			r := formReceipt(t, m, p, 3)
			for seed := int64(4); p.BannedStrings != nil && r.Sampled == nil && seed < 20; seed++ {
				r = formReceipt(t, m, p, seed)
			}
			if p.BannedStrings != nil && r.Sampled == nil {
				t.Errorf("%s: nothing was taken back", name)
			}
			for _, m := range []*chord.Model{m, other} {
				if err := m.Verify(t.Context(), r); err != nil {
					t.Errorf("%s: %s: %v", name, what, err)
				}
			}
			if r.Sampled != nil {
				continue // what was taken back comes before it
			}
			for i := r.Prompt; i < len(r.IDs); i += 5 {
				c := again(t, r)
				c.IDs[i] ^= 1
				err := m.Verify(t.Context(), c)
				if e, ok := errors.AsType[*chord.VerifyError](err); !ok || e.Token != i-r.Prompt || e.Want != r.IDs[i] {
					t.Errorf("%s: %s: token %d: %v", name, what, i-r.Prompt, err)
				}
			}
		}
		other.Close()
	}
}

// A call that a model begins by itself is replayed as it was held to its schema.
func TestReceiptFormAuto(t *testing.T) {
	m := scripted(t, "Well. <tool_call>\n{\"name\": \"look\", \"arguments\": {\"at\": 7, \"n\": 12}}\n</tool_call>", callTemplates["Hermes"])
	p := chord.ChatParams{Params: chord.Params{Seed: 3, MaxTokens: 100, Receipt: true}, Tools: smallTools}
	a, r := answerOf(t, m, p)
	if len(a.ToolCalls) == 0 {
		t.Fatalf("got %+v", a)
	}
	if err := m.Verify(t.Context(), again(t, r.Receipt)); err != nil {
		t.Error(err)
	}
}

// A receipt with another form than that of the answer is refused, whatever the form.
func TestReceiptFormErrors(t *testing.T) {
	m := openWith(t, callTemplates["Hermes"])
	r := formReceipt(t, m, chord.ChatParams{Tools: smallTools, ToolChoice: "required"}, 5)
	for name, c := range map[string]struct {
		want error
		edit func(r *chord.Receipt)
	}{
		"none":                 {chord.ErrReceipt, func(r *chord.Receipt) { r.Form = nil }},
		"one call":             {chord.ErrReceipt, func(r *chord.Receipt) { r.Form.Single = true }},
		"no call":              {chord.ErrReceipt, func(r *chord.Receipt) { r.Form.Required = false }},
		"a tool less":          {chord.ErrReceipt, func(r *chord.Receipt) { r.Form.Tools = r.Form.Tools[:1] }},
		"another schema":       {chord.ErrReceipt, func(r *chord.Receipt) { r.Form.Tools[0].Parameters = json.RawMessage(`{"type":"object"}`) }},
		"a schema that is odd": {chord.ErrReceipt, func(r *chord.Receipt) { r.Form.Tools[0].Parameters = json.RawMessage(`7`) }},
		"reasoning":            {chord.ErrReceipt, func(r *chord.Receipt) { r.Form.Reasoning = "begun" }},
		"no tools":             {chord.ErrInvalid, func(r *chord.Receipt) { r.Form.Tools = nil }},
		"a bad name":           {chord.ErrInvalid, func(r *chord.Receipt) { r.Form.Tools[1].Name = "a b" }},
		"other reasoning":      {chord.ErrInvalid, func(r *chord.Receipt) { r.Form.Reasoning = "deep" }},
		"a budget of nothing":  {chord.ErrInvalid, func(r *chord.Receipt) { r.Form.ReasoningBudget = 3 }},
		"another template":     {chord.ErrMismatch, func(r *chord.Receipt) { r.Form.Template = "00" }},
	} {
		bad := again(t, r)
		c.edit(bad)
		if err := m.Verify(t.Context(), bad); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	if err := m.Verify(t.Context(), r); err != nil {
		t.Error(err)
	}
}
