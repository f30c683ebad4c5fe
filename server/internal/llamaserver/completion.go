package llamaserver

import (
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/server/internal/core"
	"github.com/querent-ai/chord/server/internal/wire"
)

// A completionRequest asks for the continuation of prompts.
type completionRequest struct {
	completionFields
	Prompt prompts `json:"prompt" api:"required"`
}

// completionFields are the fields of every request for a text, beside the fields of
// core.Sampling. What llama-server does to fit a text into a slot (n_keep, n_discard,
// cache_prompt, t_max_predict_ms) has no meaning here: a prompt that is too long is an
// error, prefixes are always kept, and no text depends on the time.
type completionFields struct {
	Model     *string             `json:"model"`
	Stream    *bool               `json:"stream"`
	NPredict  *int                `json:"n_predict" api:"min=-1"`
	MaxTokens *int                `json:"max_tokens" api:"min=-1"`
	NProbs    *int                `json:"n_probs" api:"min=0,max=20"`
	NCmpl     *int                `json:"n_cmpl" api:"min=1,max=8"`
	N         *int                `json:"n" api:"min=1,max=8"`
	Stop      wire.Strings        `json:"stop"`
	Tokens    *bool               `json:"return_tokens"`
	Slot      *int                `json:"id_slot" api:"min=-1,max=15"`
	Timings   *bool               `json:"timings_per_token"`
	Progress  *bool               `json:"return_progress"`
	Fields    []string            `json:"response_fields" api:"items=64"`
	Lora      []core.AdapterScale `json:"lora"`
}

// maxFields bounds response_fields.
const maxFields = 64

// completion continues prompts.
func (s *slots) completion(x *core.Exchange) error {
	var q completionRequest
	if err := x.Decode(&q); err != nil {
		return err
	}
	switch {
	case len(q.Prompt) == 0:
		return wire.Errorf("prompt", "missing")
	case len(q.Prompt) > x.Core.Limits.Inputs:
		return wire.Errorf("prompt", "%d prompts, at most %d", len(q.Prompt), x.Core.Limits.Inputs)
	}
	if _, _, err := q.params(x); err != nil { // before a model is loaded for it
		return err
	}
	m, err := x.Model(deref(q.Model))
	if err != nil {
		return err
	}
	tok, err := tokenizer(m)
	if err != nil {
		return err
	}
	list := make([][]int32, len(q.Prompt))
	for i, p := range q.Prompt {
		if list[i], err = encode(x.Context(), tok, "prompt", p, bpe.EncodeOptions{}); err != nil {
			return err
		}
	}
	if first := q.Prompt[0]; len(first) == 1 && first[0].ids == nil {
		x.SetPrefix(&core.Run{Prompt: first[0].text})
	}
	return s.complete(x, &q.completionFields, m, list)
}

// params returns the parameters of a request and how many texts each prompt gets.
func (q *completionFields) params(x *core.Exchange) (p chord.Params, n int, err error) {
	if err := x.Sampling(&p); err != nil {
		return p, 0, err
	}
	if err := x.Stop(&p, q.Stop); err != nil {
		return p, 0, err
	}
	for _, limit := range []struct {
		param string
		n     *int
	}{{"max_tokens", q.MaxTokens}, {"n_predict", q.NPredict}} {
		switch {
		case limit.n == nil:
		case *limit.n < -1:
			return p, 0, wire.Errorf(limit.param, "%d, want 0 or more, or -1 for no limit", *limit.n)
		default:
			p.MaxTokens = *limit.n
		}
	}
	n = 1
	for _, number := range []*int{q.N, q.NCmpl} {
		if number != nil {
			n = *number
		}
	}
	probs, most := deref(q.NProbs), x.Core.Limits
	switch {
	case n < 1 || n > most.Choices:
		return p, 0, wire.Errorf("n_cmpl", "%d, want 1 to %d", n, most.Choices)
	case probs < 0 || probs > most.TopLogprobs:
		return p, 0, wire.Errorf("n_probs", "%d, want 0 to %d", probs, most.TopLogprobs)
	case q.Slot != nil && (*q.Slot < -1 || *q.Slot >= most.AtOnce):
		return p, 0, wire.Errorf("id_slot", "%d, want 0 to %d, or -1 for any", *q.Slot, most.AtOnce-1)
	case len(q.Fields) > maxFields:
		return p, 0, wire.Errorf("response_fields", "%d fields, at most %d", len(q.Fields), maxFields)
	}
	p.Logprobs = probs
	return p, n, nil
}

// nothing reports whether only the prompts are to be read.
func (q *completionFields) nothing() bool {
	if q.NPredict != nil {
		return *q.NPredict == 0
	}
	return q.MaxTokens != nil && *q.MaxTokens == 0
}

// complete continues prompts given as ids.
func (s *slots) complete(x *core.Exchange, q *completionFields, m *core.Lease, list [][]int32) error {
	p, n, err := q.params(x)
	if err != nil {
		return err
	}
	p.Adapters = m.Active()
	if q.Lora != nil {
		if p.Adapters, err = m.Chosen("lora", q.Lora); err != nil {
			return err
		}
	}
	a := &answer{q: q, m: m, params: p, start: time.Now(), slots: x.Core.Limits.AtOnce}
	defer a.leave()
	var runs []core.Run
	for _, ids := range list {
		for i := range n {
			run := core.Run{IDs: append([]int32{}, ids...), Params: chord.ChatParams{Params: p}, Tokens: true}
			if p.Seed != 0 && p.Seed != chord.Off {
				run.Params.Seed += int64(i)
			}
			runs = append(runs, run)
			a.choices = append(a.choices, choice{prompt: ids})
		}
	}
	if deref(q.Stream) {
		a.events = x.Events()
	}
	a.enter(s)
	if q.nothing() {
		return a.read(x)
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
