package openai

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/server/internal/core"
	"github.com/querent-ai/chord/server/internal/wire"
)

// A textRequest asks for the continuation of prompts.
type textRequest struct {
	common
	Prompt   *wire.Input `json:"prompt" api:"required"`
	Suffix   *string     `json:"suffix"`
	Echo     *bool       `json:"echo"`
	BestOf   *int        `json:"best_of" api:"min=1,max=1"`
	Logprobs *int        `json:"logprobs" api:"min=0,max=20"`
}

// defaultTokens is the max_tokens of completions, as OpenAI has it.
const defaultTokens = 16

// check returns an error about the fields that need no model.
func (q *textRequest) check(x *core.Exchange) error {
	most := x.Core.Limits.TopLogprobs
	switch {
	case q.Prompt == nil || q.Prompt.Len() == 0:
		return wire.Errorf("prompt", "missing")
	case q.Prompt.Len() > x.Core.Limits.Inputs:
		return wire.Errorf("prompt", "%d prompts, at most %d", q.Prompt.Len(), x.Core.Limits.Inputs)
	case deref(q.Suffix) != "":
		return wire.Errorf("suffix", "chord continues a text and fills no gap here: /infill does, with models made for it")
	case q.BestOf != nil && *q.BestOf != 1 && (q.N == nil || *q.BestOf != *q.N):
		return wire.Errorf("best_of", "%d, want no other than n", *q.BestOf)
	case q.Logprobs != nil && (*q.Logprobs < 0 || *q.Logprobs > most):
		return wire.Errorf("logprobs", "%d, want 0 to %d", *q.Logprobs, most)
	}
	return nil
}

// runs returns the runs of a request: n of each prompt.
func (q *textRequest) runs(x *core.Exchange) (runs []core.Run, n int, err error) {
	if err := q.check(x); err != nil {
		return nil, 0, err
	}
	run := core.Run{}
	p := &run.Params.Params
	p.MaxTokens = defaultTokens
	if n, err = q.params(x, p); err != nil {
		return nil, 0, err
	}
	if err := limit(p, "max_tokens", q.MaxTokens, 0); err != nil {
		return nil, 0, err
	}
	if q.Logprobs != nil {
		wantLogprobs(p, *q.Logprobs)
	}
	for _, text := range q.Prompt.Texts {
		run.Prompt = text
		runs = append(runs, choices(run, n)...)
	}
	for _, ids := range q.Prompt.IDs {
		run.IDs = ids
		if ids == nil {
			run.IDs = []int32{}
		}
		runs = append(runs, choices(run, n)...)
	}
	return runs, n, nil
}

// completions continues prompts.
func completions(x *core.Exchange) error {
	var q textRequest
	if err := x.Decode(&q); err != nil {
		return err
	}
	runs, n, err := q.runs(x)
	if err != nil {
		return err
	}
	m, err := x.Model(deref(q.Model))
	if err != nil {
		return err
	}
	a := &textAnswer{q: &q, m: m, id: "cmpl-" + x.ID, created: x.Created().Unix(), n: n, choices: make([]textChoice, len(runs))}
	if deref(q.Stream) {
		a.events = x.Events()
	}
	if deref(q.Echo) {
		for i := range runs {
			if err := a.echo(x, &runs[i], i); err != nil {
				return err
			}
		}
	}
	if q.MaxTokens != nil && *q.MaxTokens == 0 { // the prompts are all that is wanted
		return a.only(x, runs)
	}
	for d, err := range x.Generate(m, runs) {
		if err == nil {
			err = a.add(d)
		}
		if err != nil {
			return err
		}
	}
	return a.end(x)
}

// A textAnswer makes the answer of deltas, in one piece or, with events, as they come.
type textAnswer struct {
	q       *textRequest
	m       *core.Lease
	id      string
	created int64
	n       int
	events  *core.Events
	choices []textChoice
	usage   usage
}

// A textChoice is a text as it grows.
type textChoice struct {
	text     strings.Builder
	offset   int // of the next token, in characters
	logprobs *textLogprobs
	finish   *string
}

// choiceOut is a choice of an answer, or what a chunk adds to it.
type choiceOut struct {
	Text     string        `json:"text"`
	Index    int           `json:"index"`
	Logprobs *textLogprobs `json:"logprobs"`
	Finish   *string       `json:"finish_reason"`
}

// promptIDs returns the tokens of a run's prompt.
func promptIDs(m *chord.Model, r *core.Run) ([]int32, error) {
	tok := m.Tokenizer()
	switch {
	case tok == nil:
		return nil, chord.ErrClosed
	case r.IDs == nil:
		return tok.Encode(nil, r.Prompt, bpe.EncodeOptions{}), nil
	}
	for _, id := range r.IDs {
		if id < 0 || int(id) >= tok.Len() {
			return nil, wire.Errorf("prompt", "token %d, the vocabulary has %d", id, tok.Len())
		}
	}
	return r.IDs, nil
}

// echo adds the prompt of a run to its choice.
func (a *textAnswer) echo(x *core.Exchange, r *core.Run, index int) error {
	text := r.Prompt
	if r.IDs != nil {
		ids, err := promptIDs(a.m.Model, r)
		if err != nil {
			return err
		}
		text = a.m.Tokenizer().Decode(ids, bpe.DecodeOptions{RemoveSpecial: true})
	}
	if a.q.Logprobs != nil {
		if err := a.score(x, r, &a.choices[index]); err != nil {
			return err
		}
	}
	a.choices[index].offset = utf8.RuneCountInString(text)
	return a.text(index, text)
}

// score adds the log probabilities of a prompt to its choice.
func (a *textAnswer) score(x *core.Exchange, r *core.Run, c *textChoice) error {
	ids, err := promptIDs(a.m.Model, r)
	if err != nil {
		return err
	}
	c.logprobs = &textLogprobs{}
	first, at := true, 0
	for t, err := range a.m.Logprobs(x.Context(), ids, *a.q.Logprobs, a.m.Active()...) {
		if err != nil {
			return err
		}
		if tok := a.m.Tokenizer(); first && r.IDs == nil && tok != nil && tok.IsControl(t.ID) { // BOS is no part of the text
			first = false
			continue
		}
		c.logprobs.add(a.m.Model, &t, *a.q.Logprobs, at, !first || t.Top != nil)
		at += utf8.RuneCountInString(t.Text)
		first = false
	}
	return nil
}

// add takes a delta of a choice.
func (a *textAnswer) add(d core.Delta) error {
	c := &a.choices[d.Index]
	if d.Total > 0 {
		if a.events == nil {
			return nil
		}
		return a.events.Progress(d)
	}
	if d.Token != nil {
		if c.logprobs == nil {
			c.logprobs = &textLogprobs{}
		}
		c.logprobs.add(a.m.Model, d.Token, *a.q.Logprobs, c.offset, true)
	}
	c.offset += utf8.RuneCountInString(d.Content)
	if d.Result != nil {
		word := finish(d.Result.Finish)
		c.finish = &word
		a.usage.add(d.Result, d.Index%a.n == 0)
		return a.text(d.Index, "")
	}
	if d.Content == "" {
		return nil
	}
	return a.text(d.Index, d.Content)
}

// text adds text to a choice.
func (a *textAnswer) text(index int, text string) error {
	c := &a.choices[index]
	if a.events == nil {
		c.text.WriteString(text)
		return nil
	}
	out := choiceOut{text, index, c.logprobs, c.finish}
	c.logprobs = nil
	return a.chunk([]choiceOut{out}, null{})
}

// A textBody is an answer or a chunk.
type textBody struct {
	ID      string      `json:"id"`
	Object  string      `json:"object"`
	Created int64       `json:"created"`
	Model   string      `json:"model"`
	Choices []choiceOut `json:"choices"`
	Usage   any         `json:"usage,omitempty"`
}

// chunk sends a chunk. usage is left out unless it is wanted.
func (a *textAnswer) chunk(choices []choiceOut, usage any) error {
	if !a.q.usageWanted() {
		usage = nil
	}
	return a.events.Send("", textBody{a.id, "text_completion", a.created, a.m.Name, choices, usage})
}

// only ends an answer that has nothing but the prompts.
func (a *textAnswer) only(x *core.Exchange, runs []core.Run) error {
	for i := range runs {
		ids, err := promptIDs(a.m.Model, &runs[i])
		if err != nil {
			return err
		}
		if len(ids) > a.m.Context() {
			return fmt.Errorf("prompt of %d tokens, context of %d: %w", len(ids), a.m.Context(), chord.ErrContextFull)
		}
		if err := a.add(core.Delta{Index: i, Result: &chord.Result{Prompt: len(ids), Finish: chord.FinishLength}}); err != nil {
			return err
		}
	}
	return a.end(x)
}

// end ends the answer.
func (a *textAnswer) end(x *core.Exchange) error {
	if a.events != nil {
		if a.q.usageWanted() {
			if err := a.chunk([]choiceOut{}, a.usage); err != nil {
				return err
			}
		}
		return a.events.Data("[DONE]")
	}
	list := make([]choiceOut, len(a.choices))
	for i := range a.choices {
		c := &a.choices[i]
		list[i] = choiceOut{c.text.String(), i, c.logprobs, c.finish}
	}
	return x.JSON(textBody{a.id, "text_completion", a.created, a.m.Name, list, a.usage})
}
