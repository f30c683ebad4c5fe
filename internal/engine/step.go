package engine

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/querent-ai/chord/llama"
)

// idleTime is after how long without calls memory that nobody holds goes back to
// the system.
const idleTime = time.Second

// The scheduler waits for the callers of a pass to come back with their next
// tokens for at most the longer of lingerTime and lingerShare of the pass: a
// caller samples in some 20 µs, and one that comes late rides in the next pass.
const (
	lingerTime  = 100 * time.Microsecond
	lingerShare = 50
)

// A pass is the forward pass that goes on.
type pass struct {
	ctx      *passContext
	shares   []share
	reserved int    // of shares, while memory is found for them
	alone    bool   // of a prompt that nobody waits beside
	seqs     []*Seq // of shares
	callers  int    // that have not gone
	batch    []llama.Token
	at       []int // where each share begins in batch
}

// abort stops the pass, whose work nobody waits for.
func (p *pass) abort() {
	if p.ctx != nil {
		p.ctx.stop()
	}
}

// schedule is the life of the scheduler.
func (e *Engine) schedule() {
	defer close(e.ended)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	e.mu.Lock()
	defer e.mu.Unlock()
	for e.await(timer) {
		e.runTasks()
		if e.closed || len(e.waiting) == 0 {
			continue
		}
		took, ok := e.step()
		if ok {
			e.idle.Broadcast()
			e.linger(timer, took)
		} else if len(e.waiting) > 0 {
			e.rest(timer)
		}
		e.yield()
	}
	if e.steps != nil {
		close(e.steps)
	}
	e.outs, e.pass = nil, pass{} // who refers to a closed engine holds no logits
}

// await returns when there is something to do, or false when the engine is
// closed. e.mu is held, but not while it waits.
func (e *Engine) await(timer *time.Timer) bool {
	for trimmed := false; !e.closed && len(e.waiting) == 0 && len(e.tasks) == 0; {
		e.mu.Unlock()
		if trimmed {
			<-e.wake
		} else {
			timer.Reset(idleTime)
			select {
			case <-e.wake:
			case <-timer.C:
				e.cache.Trim()
				trimmed = true
			}
		}
		e.mu.Lock()
	}
	return !e.closed
}

// linger waits a little for the callers of the last pass, which took so long.
func (e *Engine) linger(timer *time.Timer, took time.Duration) {
	if e.expect <= 0 {
		return
	}
	timer.Reset(max(lingerTime, took/lingerShare))
	for late := false; e.expect > 0 && !late && !e.closed; {
		e.mu.Unlock()
		select {
		case <-e.wake:
		case <-timer.C:
			late = true
		}
		e.mu.Lock()
	}
	for _, s := range e.pass.seqs { // who is late is not waited for again
		s.returned()
	}
}

// rest waits a step's time for something to change, as nobody who waits gets
// memory before others let go of it.
func (e *Engine) rest(timer *time.Timer) {
	timer.Reset(e.o.StepTime)
	e.mu.Unlock()
	select {
	case <-e.wake:
	case <-timer.C:
	}
	e.mu.Lock()
}

// choose makes the shares of the next step and finds memory for them. Those for
// whom there is none leave their place to others.
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

// step runs one pass and returns how long it took, or false if there is nothing
// to compute. e.mu is held, but not while the model computes.
func (e *Engine) step() (time.Duration, bool) {
	p := &e.pass
	e.choose()
	if len(p.shares) == 0 {
		return 0, false
	}
	out := e.takeOutput()
	out.loans++ // the pass's own
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

// passOver counts the steps that prompts which are not in this one wait.
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
	p.batch, p.at, p.seqs = p.batch[:0], p.at[:0], p.seqs[:0]
	for _, sh := range p.shares {
		s := sh.s
		p.at, p.seqs = append(p.at, len(p.batch)), append(p.seqs, s)
		for i, from := 0, s.kv.Len(); i < sh.rows; i++ {
			t := llama.Token{Seq: s.kv, ID: s.ids[from+i], Long: s.long}
			if from+i >= s.wanted() {
				t.Out = llama.OutLogits
				if s.o.Embed {
					t.Out = llama.OutEmbd
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

// forward runs the batch. A panic of the model is an error of those who are in
// it, and nobody else's.
func (e *Engine) forward(out *llama.Output) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the forward pass failed: %v", r)
		}
	}()
	return e.m.Forward(e.pass.ctx, e.pass.batch, out)
}

// handOut gives the callers of the pass what it gave.
func (e *Engine) handOut(out *output, err error) {
	p := &e.pass
	for i, sh := range p.shares {
		s, c := sh.s, &sh.s.call
		s.stats.Passes++
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

// goOn ends the call of s if that is complete, else it waits for its next step.
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

// setClock makes the clock that of the prompt which has had least.
func (e *Engine) setClock() {
	first := true
	for _, s := range e.waiting { // a prompt that comes now starts there
		if s.need() > shortRows && (first || s.call.clock < e.clock) {
			e.clock, first = s.call.clock, false
		}
	}
}

// measure takes in how long a pass took.
func (e *Engine) measure(took time.Duration, err error) {
	rows := 0
	for _, sh := range e.pass.shares {
		rows += sh.rows
	}
	e.metrics.Steps++
	if err != nil {
		e.metrics.Failed++
		return
	}
	e.metrics.Rows += int64(rows)
	e.metrics.Time += took
	if rows >= leastRows && (e.perRow == 0 || !e.pass.alone) { // the many rows of a prompt alone are quicker
		if per := took / time.Duration(rows); e.perRow == 0 {
			e.perRow = per
		} else {
			e.perRow += (per - e.perRow) / 4
		}
	}
	e.report(Step{Rows: rows, Sequences: len(e.pass.shares), Waiting: len(e.waiting), Time: took})
}

// A passContext is done once nobody waits for the pass. It is used again for the
// next pass if it was not stopped, so that passes allocate nothing.
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
