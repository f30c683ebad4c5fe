package engine

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/querent-ai/chord/llama"
)

// A pass is the current forward pass.
type pass struct {
	ctx      *passContext
	shares   []share
	reserved int    // shares that have memory
	alone    bool   // one prompt, and no other call waits
	seqs     []*Seq // of the shares
	callers  int    // that still wait
	batch    []llama.Token
	at       []int // start of each share in batch
	outputs  int   // rows of logits
}

// abort stops the pass, for which no caller waits any more.
func (p *pass) abort() {
	if p.ctx != nil {
		p.ctx.stop()
	}
}

// choose makes the shares of the next step and finds memory for them. Calls
// without memory are replaced by others.
func (e *Engine) choose() {
	p := &e.pass
	for _, s := range e.waiting {
		s.setMode(e.isLong(min(s.wanted(), len(s.ids)-1)))
		s.call.starved = false
	}
	p.alone = len(e.waiting) == 1 && e.alone(e.waiting[0])
	for rows := e.stepRows(); ; {
		p.shares = plan(p.shares, e.waiting, rows, e.o.Whole)
		n := len(p.shares)
		if e.reserve(); n == 0 || len(p.shares) > 0 {
			break
		}
	}
	e.passOver()
}

// step runs one pass and returns its time, or false if there is nothing to
// compute. e.mu is held, but not while the model computes.
func (e *Engine) step() (time.Duration, bool) {
	p := &e.pass
	e.choose()
	if len(p.shares) == 0 {
		return 0, false
	}
	out := e.takeOutput()
	out.loans++ // for the pass itself
	e.fill()
	began := time.Now()
	for _, s := range p.seqs {
		if s.call.first.IsZero() {
			s.call.first = began
			s.stats.Queue += began.Sub(s.call.begun)
		}
	}
	e.mu.Unlock()
	err := e.forward(&out.Output)
	took := time.Since(began)
	e.mu.Lock()
	e.handOut(out, err)
	e.giveBack(out)
	e.measure(took, err)
	return took, true
}

// passOver counts how often each waiting call was skipped.
func (e *Engine) passOver() {
	for _, s := range e.waiting {
		s.call.skipped++
	}
	for _, sh := range e.pass.shares {
		sh.s.call.skipped = 0
	}
}

// fill makes the batch of the shares.
func (e *Engine) fill() {
	p := &e.pass
	p.batch, p.at, p.seqs, p.outputs = p.batch[:0], p.at[:0], p.seqs[:0], 0
	for _, sh := range p.shares {
		s := sh.s
		p.at, p.seqs = append(p.at, len(p.batch)), append(p.seqs, s)
		for i, from := 0, s.kv.Len(); i < sh.rows; i++ {
			t := llama.Token{Seq: s.kv, ID: s.ids[from+i], Long: s.long, Adapters: s.o.Adapters}
			if p := s.o.picture(t.ID); p != nil {
				p.token(&t, t.ID)
			}
			if from+i >= s.wanted() {
				t.Out = llama.OutLogits
				if s.o.Embed {
					t.Out = llama.OutEmbd
				} else {
					p.outputs++
				}
			}
			p.batch = append(p.batch, t)
		}
		s.call.state = running
		e.unwait(s)
	}
	p.callers = len(p.shares)
	if p.ctx == nil || p.ctx.stopped.Load() {
		p.ctx = newPassContext()
	}
}

// forward runs the batch. A panic of the model becomes an error of the calls in it.
func (e *Engine) forward(out *llama.Output) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the forward pass failed: %v", r)
		}
	}()
	return e.m.Forward(e.pass.ctx, e.pass.batch, out)
}

// handOut hands the results of the pass to its callers.
func (e *Engine) handOut(out *output, err error) {
	p := &e.pass
	for i, sh := range p.shares {
		s, c := sh.s, &sh.s.call
		s.stats.Passes++
		s.others = len(p.batch) - sh.rows
		if err == nil {
			c.computed += sh.rows
			s.stats.Rows += sh.rows
			c.clock += float64(sh.rows) / s.weight()
		}
		switch {
		case c.state == gone:
			s.settled()
			continue
		case err != nil:
			c.state = ready
			s.undo()
			s.finish(err)
			continue
		}
		for k, t := range p.batch[p.at[i] : p.at[i]+sh.rows] {
			if t.Out != llama.OutNone {
				e.lend(s, out, p.at[i]+k)
			}
		}
		e.goOn(s)
	}
	clear(p.batch)
	e.setClock()
}

// goOn ends the call of s if it is complete, else queues it for the next step.
func (e *Engine) goOn(s *Seq) {
	if s.need() > 0 {
		s.call.state = waiting
		e.waiting = append(e.waiting, s)
		return
	}
	s.call.state = ready
	s.back = true
	e.expect++
	s.finish(nil)
}

// setClock sets the clock, at which new prompts start, to the least of all prompts.
func (e *Engine) setClock() {
	first := true
	for _, s := range e.waiting {
		if !s.isShort() && (first || s.call.clock < e.clock) {
			e.clock, first = s.call.clock, false
		}
	}
}

// measure updates the figures after a pass.
func (e *Engine) measure(took time.Duration, err error) {
	rows, prompts := 0, false
	for _, sh := range e.pass.shares {
		rows += sh.rows
		prompts = prompts || !sh.short
	}
	e.metrics.Steps++
	if err != nil {
		e.metrics.Failed++
		return
	}
	e.metrics.Rows += int64(rows)
	e.metrics.Time += took
	if e.o.Passed != nil && e.pass.outputs == rows {
		e.o.Passed(rows, took)
	}
	if (rows >= panelRows || prompts && rows >= halfPanel) && (e.perRow == 0 || !e.pass.alone) { // a row costs less in the long passes of a lone prompt
		if per := took / time.Duration(rows); e.perRow == 0 {
			e.perRow = per
		} else {
			e.perRow += (per - e.perRow) / 4
		}
	}
	e.report(Step{Rows: rows, Sequences: len(e.pass.shares), Waiting: len(e.waiting), Time: took})
}

// A passContext is done when no caller waits for the pass any more. If it was not
// stopped, the next pass reuses it, so that passes allocate nothing.
type passContext struct {
	context.Context
	stopped atomic.Bool
	done    chan struct{}
}

func newPassContext() *passContext {
	return &passContext{Context: context.Background(), done: make(chan struct{})}
}

// stop makes c done.
func (c *passContext) stop() {
	if !c.stopped.Swap(true) {
		close(c.done)
	}
}

func (c *passContext) Done() <-chan struct{} { return c.done }

func (c *passContext) Err() error {
	if c.stopped.Load() {
		return context.Canceled
	}
	return nil
}
