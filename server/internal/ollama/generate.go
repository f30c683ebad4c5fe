package ollama

import (
	"context"
	"strings"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/server/internal/core"
	"github.com/querent-ai/chord/server/internal/wire"
)

// A textRequest asks for a text that answers or, raw, continues a prompt.
type textRequest struct {
	common
	Prompt   *string    `json:"prompt"`
	Suffix   *string    `json:"suffix" api:"values="`
	System   *string    `json:"system"`
	Template *string    `json:"template" api:"values="`
	Raw      *bool      `json:"raw"`
	Images   []wire.Raw `json:"images" api:"as=images"`
	Context  []int32    `json:"context"`
}

// check returns an error about the fields that need no model.
func (q *textRequest) check() error {
	switch {
	case deref(q.Template) != "":
		return wire.Errorf("template", "templates come from the model, not from a request")
	case deref(q.Suffix) != "":
		return wire.Errorf("suffix", "chord continues a text and fills no gap here: /infill does, with models made for it")
	case deref(q.Raw) && (deref(q.System) != "" || len(q.Context) > 0):
		return wire.Errorf("raw", "a raw prompt has no system and no context")
	case len(q.Images) > 0 && (deref(q.Raw) || len(q.Context) > 0):
		return wire.Errorf("images", "a raw prompt and one with a context have no pictures")
	}
	return nil
}

// run returns the run of a request.
func (q *textRequest) run(x *core.Exchange) (run core.Run, err error) {
	if err := q.check(); err != nil {
		return run, err
	}
	if deref(q.Raw) {
		run.Prompt = deref(q.Prompt)
	} else {
		if s := deref(q.System); s != "" {
			run.Messages = append(run.Messages, chord.Message{Role: "system", Content: s})
		}
		m := chord.Message{Role: "user", Content: deref(q.Prompt)}
		if err := pictures("images", q.Images, &m); err != nil {
			return run, err
		}
		run.Messages = append(run.Messages, m)
	}
	return run, q.params(x, &run.Params)
}

// prepare fits the run to the model: with a context it continues those tokens.
func (q *textRequest) prepare(ctx context.Context, m *core.Lease, run *core.Run) (err error) {
	var ids []int32
	switch tok := m.Tokenizer(); {
	case tok == nil:
		return chord.ErrClosed
	case len(q.Context) > 0:
		if ids, err = m.ChatTokens(ctx, run.Messages, run.Params); err != nil {
			return err
		}
		if tok.AddBOS() && len(ids) > 0 && ids[0] == tok.BOS() {
			ids = ids[1:]
		}
		ids = append(q.Context[:len(q.Context):len(q.Context)], ids...)
		run.Messages, run.IDs = nil, ids
	case run.Messages != nil:
		return q.fit(ctx, m, run)
	case q.contextLength > 0:
		ids = tok.Encode(nil, run.Prompt, bpe.EncodeOptions{})
	}
	return q.bound(m, &run.Params, len(ids))
}

// generate answers a prompt; without one it loads or unloads the model.
func generate(x *core.Exchange) error {
	var q textRequest
	if err := x.Decode(&q); err != nil {
		return err
	}
	run, err := q.run(x)
	if err != nil {
		return err
	}
	if deref(q.Prompt) == "" {
		h, reason, err := q.loaded(x)
		if err != nil {
			return err
		}
		return x.JSON(textLine{head: h, Done: true, stats: stats{DoneReason: reason}})
	}
	a := &textAnswer{q: &q, clock: clock{start: time.Now()}}
	if a.m, err = x.ModelFor(deref(q.Model), q.KeepAlive.time); err != nil {
		return err
	}
	a.loaded = time.Now()
	a.m.Default(&run)
	if err := q.prepare(x.Context(), a.m, &run); err != nil {
		return err
	}
	a.run = &run
	if q.streamed() {
		a.lines = x.Lines()
	}
	for d, err := range x.Generate(a.m, []core.Run{run}) {
		if err == nil {
			err = a.add(x.Context(), d)
		}
		if err != nil {
			return err
		}
	}
	if a.lines != nil {
		return nil
	}
	return x.JSON(a.whole)
}

// A textAnswer makes the answer of deltas, in one piece or, with lines, as they come.
type textAnswer struct {
	q     *textRequest
	m     *core.Lease
	run   *core.Run
	lines *core.Lines // nil: in one piece
	clock
	text, reasoning strings.Builder
	logprobs        []logprob // in a stream: not sent yet
	whole           textLine
}

// A textLine is a line of an answer, or all of it.
type textLine struct {
	head
	Response string    `json:"response"`
	Thinking string    `json:"thinking,omitempty"`
	Done     bool      `json:"done"`
	Context  []int32   `json:"context,omitempty"`
	Logprobs []logprob `json:"logprobs,omitempty"`
	stats
}

// add takes a delta.
func (a *textAnswer) add(ctx context.Context, d core.Delta) error {
	if d.Token != nil {
		a.logprobs = append(a.logprobs, describeToken(a.m, d.Token, deref(a.q.Top)))
	}
	a.text.WriteString(d.Content)
	a.reasoning.WriteString(d.Reasoning)
	switch {
	case d.Result != nil:
		return a.end(ctx, d.Result)
	case a.lines == nil || d.Content == "" && d.Reasoning == "":
		return nil
	}
	line := textLine{head: newHead(deref(a.q.Model), a.m), Response: d.Content, Thinking: d.Reasoning, Logprobs: a.logprobs}
	a.logprobs = nil
	return a.lines.Send(line)
}

// end sends the last line, or makes the whole answer.
func (a *textAnswer) end(ctx context.Context, r *chord.Result) error {
	ids, err := a.context(ctx)
	if err != nil {
		return err
	}
	a.whole = textLine{head: newHead(deref(a.q.Model), a.m), Done: true, Context: ids, Logprobs: a.logprobs, stats: a.stats(r)}
	if a.lines != nil {
		return a.lines.Send(a.whole)
	}
	a.whole.Response, a.whole.Thinking = a.text.String(), a.reasoning.String()
	return nil
}

// context returns the tokens of the prompt and of its answer, which the next request may
// continue; none of a raw prompt, or one with pictures, which tokens do not tell.
func (a *textAnswer) context(ctx context.Context) ([]int32, error) {
	tok := a.m.Tokenizer()
	if tok == nil || deref(a.q.Raw) || len(a.q.Images) > 0 {
		return nil, nil
	}
	ids := a.run.IDs
	if ids == nil {
		var err error
		if ids, err = a.m.ChatTokens(ctx, a.run.Messages, a.run.Params); err != nil {
			return nil, err
		}
	}
	return tok.Encode(ids[:len(ids):len(ids)], a.text.String(), bpe.EncodeOptions{NoBOS: true, NoParseSpecial: true}), nil
}
