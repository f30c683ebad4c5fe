package llamaserver

import (
	"strings"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/server/internal/core"
)

// An answer makes the answer of deltas, in one piece or, with events, as they come.
type answer struct {
	q       *completionFields
	m       *core.Lease
	params  chord.Params
	start   time.Time
	events  *core.Events // nil: in one piece
	choices []choice
	slots   int // how many there are
}

// A choice is a text as it grows.
type choice struct {
	slot   *slot // nil: none was free
	prompt []int32
	ids    []int32 // generated
	unsent []int32 // in a stream, since the last event
	text   strings.Builder
	probs  []tokenProbs
	begun  time.Time
	final  *finalOut
}

// A partOut is an event of a stream before the last.
type partOut struct {
	Index     int          `json:"index"`
	Content   string       `json:"content"`
	Tokens    []int32      `json:"tokens"`
	Stop      bool         `json:"stop"`
	Slot      int          `json:"id_slot"`
	Predicted int          `json:"tokens_predicted"`
	Evaluated int          `json:"tokens_evaluated"`
	Probs     []tokenProbs `json:"completion_probabilities,omitempty"`
	Timings   *timings     `json:"timings,omitempty"`
	Progress  *progress    `json:"prompt_progress,omitempty"`
}

// progress says how much of a prompt has been read.
type progress struct {
	Total     int     `json:"total"`
	Cached    int     `json:"cache"`
	Processed int     `json:"processed"`
	MS        float64 `json:"time_ms"`
}

// A finalOut is an answer, or the last event of a stream.
type finalOut struct {
	Index     int            `json:"index"`
	Content   string         `json:"content"`
	Tokens    []int32        `json:"tokens"`
	Slot      int            `json:"id_slot"`
	Stop      bool           `json:"stop"`
	Model     string         `json:"model"`
	Predicted int            `json:"tokens_predicted"`
	Evaluated int            `json:"tokens_evaluated"`
	Settings  map[string]any `json:"generation_settings"`
	Prompt    string         `json:"prompt"`
	NewLine   bool           `json:"has_new_line"`
	Truncated bool           `json:"truncated"`
	StopType  string         `json:"stop_type"`
	StopWord  string         `json:"stopping_word"`
	Cached    int            `json:"tokens_cached"`
	Timings   timings        `json:"timings"`
	Probs     []tokenProbs   `json:"completion_probabilities,omitempty"`
}

// timings are the times of a text, in milliseconds.
type timings struct {
	Cached       int     `json:"cache_n"`
	Prompt       int     `json:"prompt_n"`
	PromptMS     float64 `json:"prompt_ms"`
	PromptEach   float64 `json:"prompt_per_token_ms"`
	PromptRate   float64 `json:"prompt_per_second"`
	Predicted    int     `json:"predicted_n"`
	PredictedMS  float64 `json:"predicted_ms"`
	PredictEach  float64 `json:"predicted_per_token_ms"`
	PredictRate  float64 `json:"predicted_per_second"`
	DraftN       int     `json:"draft_n,omitempty"`
	DraftAccepts int     `json:"draft_n_accepted,omitempty"`
}

// newTimings returns the times of a result.
func newTimings(r *chord.Result) timings {
	t := timings{Cached: r.Cached, Prompt: r.Prompt - r.Cached, Predicted: r.Generated, DraftN: r.Drafted, DraftAccepts: r.Accepted,
		PromptMS: ms(max(0, r.PromptTime-r.Queue)), PredictedMS: ms(r.TokenTime)}
	t.PromptEach, t.PromptRate = rates(t.Prompt, t.PromptMS)
	t.PredictEach, t.PredictRate = rates(t.Predicted, t.PredictedMS)
	return t
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// rates returns milliseconds a token and tokens a second, 0 where there are none.
func rates(n int, ms float64) (each, rate float64) {
	if n == 0 || ms <= 0 {
		return 0, 0
	}
	return ms / float64(n), float64(n) * 1000 / ms
}

// add takes a delta of a choice.
func (a *answer) add(d core.Delta) error {
	c := &a.choices[d.Index]
	if d.Total > 0 {
		return a.progress(c, d)
	}
	if c.begun.IsZero() {
		c.begun = time.Now()
	}
	if t := d.Token; t != nil {
		c.ids = append(c.ids, t.ID)
		c.unsent = append(c.unsent, t.ID)
		if a.params.Logprobs > 0 {
			c.probs = append(c.probs, describe(a.m.Model, t, a.params.PostSamplingProbs, a.params.Logprobs))
		}
	}
	if d.Result != nil {
		return a.finish(d.Index, d.Result)
	}
	if d.Content == "" {
		return nil
	}
	c.text.WriteString(d.Content)
	if a.events == nil {
		return nil
	}
	out := partOut{Index: d.Index, Content: d.Content, Tokens: c.unsent, Slot: c.slot.id(), Predicted: len(c.ids), Evaluated: len(c.prompt), Probs: c.probs}
	if deref(a.q.Timings) {
		t := newTimings(&chord.Result{Prompt: len(c.prompt), Generated: len(c.ids), TokenTime: time.Since(c.begun)})
		out.Timings = &t
	}
	c.unsent, c.probs = nil, nil
	return a.events.Send("", out)
}

// progress tells how much of a prompt has been read, in an event if it is wanted.
func (a *answer) progress(c *choice, d core.Delta) error {
	switch {
	case a.events == nil:
		return nil
	case !deref(a.q.Progress):
		return a.events.Progress(d)
	}
	return a.events.Send("", partOut{Index: d.Index, Tokens: []int32{}, Slot: c.slot.id(), Evaluated: d.Read,
		Progress: &progress{Total: d.Total, Processed: d.Read, MS: ms(time.Since(a.start))}})
}

// finish ends a choice.
func (a *answer) finish(index int, r *chord.Result) error {
	c := &a.choices[index]
	p := a.params
	p.Seed = r.Seed
	out := &finalOut{Index: index, Slot: c.slot.id(), Stop: true, Model: a.m.Name, Tokens: []int32{},
		Predicted: r.Generated, Evaluated: r.Prompt, Settings: settings(&p, a.q), Cached: r.Prompt + r.Generated, Timings: newTimings(r),
		NewLine: strings.Contains(c.text.String(), "\n"), Truncated: r.Finish == chord.FinishContext, Probs: c.probs, StopType: "none"}
	if tok := a.m.Tokenizer(); tok != nil {
		out.Prompt = strings.ToValidUTF8(tok.Decode(c.prompt, bpe.DecodeOptions{}), "\uFFFD")
	}
	switch r.Finish {
	case chord.FinishEOG:
		out.StopType = "eos"
	case chord.FinishStop:
		out.StopType = "word"
		if len(p.Stop) == 1 {
			out.StopWord = p.Stop[0]
		}
	case chord.FinishLength, chord.FinishContext:
		out.StopType = "limit"
	}
	c.slot.keep(c.prompt, c.ids)
	c.final = out
	if a.events != nil {
		if len(c.unsent) > 0 {
			out.Tokens = c.unsent
		}
		return a.events.Send("", a.chosen(out))
	}
	out.Content = c.text.String()
	if deref(a.q.Tokens) && c.ids != nil {
		out.Tokens = c.ids
	}
	return nil
}

// read reads the prompts, of which nothing is continued.
func (a *answer) read(x *core.Exchange) error {
	for i := range a.choices {
		c := &a.choices[i]
		s := a.m.NewSession()
		err := s.SetAdapters(a.params.Adapters...)
		if err == nil {
			err = s.AppendTokens(x.Context(), c.prompt)
		}
		s.Close()
		if err != nil {
			return err
		}
		x.Count(len(c.prompt))
		if err := a.finish(i, &chord.Result{Prompt: len(c.prompt), Finish: chord.FinishLength}); err != nil {
			return err
		}
	}
	return a.end(x)
}

// end ends the answer: one object, or an array if there are several.
func (a *answer) end(x *core.Exchange) error {
	if a.events != nil {
		return nil
	}
	list := make([]any, len(a.choices))
	for i := range a.choices {
		list[i] = a.chosen(a.choices[i].final)
	}
	if len(list) == 1 {
		return x.JSON(list[0])
	}
	return x.JSON(list)
}
