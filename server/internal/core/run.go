package core

import (
	"context"
	"fmt"
	"iter"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/querent-ai/chord"
)

// A Run is one text to generate: an answer in a chat, or the continuation of a prompt.
type Run struct {
	Messages []chord.Message // a chat, if not nil
	Prompt   string          // else the text to continue
	IDs      []int32         // in place of Prompt, if not nil
	Params   chord.ChatParams
	Tokens   bool // deltas have Token without Params.Logprobs too, in runs of prompts
}

// A Delta is a piece of what a run generates: one field but Index is set, and Token with
// Content in runs of prompts.
type Delta struct {
	Index     int // of the run
	Content   string
	Reasoning string
	CallPiece *chord.CallPiece // the whole call follows
	ToolCall  *chord.ToolCall
	Token     *chord.Token // with Params.Logprobs, before the text that it completes
	Read      int          // tokens of the prompt that are computed, while it is long
	Total     int          // tokens of the prompt, with Read
	Result    *chord.Result
}

// Generate runs all of runs, some at a time, and yields their deltas as they come. The
// first error ends all.
func (x *Exchange) Generate(m *Lease, runs []Run) iter.Seq2[Delta, error] {
	return func(yield func(Delta, error) bool) {
		ctx, cancel := context.WithCancel(x.Context())
		defer cancel()
		runs, err := x.begun(m, runs)
		if err != nil {
			yield(Delta{}, err)
			return
		}
		if len(runs) == 1 {
			left := false
			x.run(ctx, m, &runs[0], 0, func(d Delta, err error) bool {
				left = !x.deliver(d, err, yield)
				return !left
			})
			if !left {
				x.allRan()
			}
			return
		}
		type item struct {
			d   Delta
			err error
		}
		items := make(chan item)
		var wg sync.WaitGroup
		go func() {
			defer close(items)
			room := make(chan struct{}, x.Core.Limits.AtOnce)
			for i := range runs {
				room <- struct{}{}
				wg.Go(func() {
					defer func() { <-room }()
					x.run(ctx, m, &runs[i], i, func(d Delta, err error) bool {
						select {
						case items <- item{d, err}:
							return err == nil
						case <-ctx.Done():
							return false
						}
					})
				})
			}
			wg.Wait()
		}()
		var left bool
		for it := range items {
			if left {
				continue
			}
			if left = !x.deliver(it.d, it.err, yield) || it.err != nil; left {
				cancel()
			}
		}
		if err := x.Context().Err(); err != nil && !left {
			yield(Delta{}, err)
		}
		if !left {
			x.allRan()
		}
	}
}

// begun returns runs with all that a text depends on: a replica that resumes their stream
// takes the same seeds and the same date for templates.
func (x *Exchange) begun(m *Lease, runs []Run) ([]Run, error) {
	runs = slices.Clone(runs)
	if len(runs) > 0 {
		x.SetPrefix(&runs[0])
	}
	for i := range runs {
		p := &runs[i].Params
		own := p.Seed
		if m.Default(&runs[i]); own == 0 && p.Seed > 0 {
			p.Seed += int64(i) // one text for each choice
		}
		if p.Seed == 0 || p.Seed == chord.Off {
			p.Seed = x.seed(i)
		}
		if p.Now.IsZero() {
			p.Now = x.Created()
		}
	}
	return runs, x.beginRuns(len(runs))
}

// run runs one run. A panic is its error.
func (x *Exchange) run(ctx context.Context, m *Lease, r *Run, index int, yield func(Delta, error) bool) {
	var inYield bool
	defer func() {
		if inYield {
			return // the panic of the caller's loop is the caller's
		}
		if p := recover(); p != nil {
			yield(Delta{Index: index}, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	ctx, span := x.traceRun(ctx, m, r)
	defer span.end()
	out := func(d Delta, err error) bool {
		d.Index = index
		span.delta(d.Result, err)
		if d.Result != nil {
			x.finished(d.Result, err)
			d.Result = x.fixResult(d.Result)
		}
		inYield = true
		ok := yield(d, err)
		inYield = false
		return ok
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	left := false
	reads := func(d Delta) { // within the call for the first token, which must not see it
		if !left && !out(d, nil) {
			left = true
			cancel()
		}
	}
	p := r.Params
	if p.Adapters == nil {
		p.Adapters = m.Active()
	}
	p.Progress = func(done, total int) { reads(Delta{Read: done, Total: total}) }
	if r.Messages != nil {
		for d, err := range m.Chat(ctx, r.Messages, p) {
			if left || !out(Delta{Content: d.Content, Reasoning: d.Reasoning, CallPiece: d.CallPiece, ToolCall: d.ToolCall, Token: d.Token, Result: d.Result}, err) {
				return
			}
		}
		return
	}
	tokens := m.Generate(ctx, r.Prompt, p.Params)
	if r.IDs != nil {
		tokens = m.GenerateTokens(ctx, r.IDs, p.Params)
	}
	for t, err := range tokens {
		d := Delta{Content: t.Text, Result: t.Result}
		if (r.Tokens || r.Params.Logprobs > 0) && t.Result == nil {
			d.Token = &t
		}
		if d.Content == "" && d.Token == nil && d.Result == nil {
			continue
		}
		if left || !out(d, err) {
			return
		}
	}
}
