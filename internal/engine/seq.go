package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/querent-ai/chord/internal/kvcache"
)

// A Seq is a sequence of tokens. It remembers its ids, so that what its cache
// lacks (the cache may be given up for others, or go back further than asked)
// is computed again, unseen: the bits are the same.
//
// A Seq serves one goroutine at a time.
type Seq struct {
	e    *Engine
	o    SeqOptions
	kv   *kvcache.Seq
	long bool    // kv is of a sequence longer than Model.LongFrom
	ids  []int32 // those of the call that goes on included

	call   call
	rows   [][]float32 // of the last call
	loans  []*output   // that rows are in
	own    []float32   // rows that were copied
	born   int64       // order of birth
	seen   int64       // order of the last call
	back   bool        // the scheduler expects s to come back
	closed bool
	stats  SeqStats
}

// SeqOptions say what a sequence is for.
type SeqOptions struct {
	Priority int    // weight against others: each step up doubles it
	Salt     string // sequences of different salt share no cache
	Embed    bool   // rows are vectors instead of logits
	NoPrefix bool   // takes nothing from the prefix tree
}

// SeqStats are figures of a sequence's calls.
type SeqStats struct {
	Queue  time.Duration // waiting for the first row
	Rows   int           // computed, those computed again among them
	Cached int           // tokens that the prefix tree had
	Passes int           // forward passes
}

// A state is where a call is.
type state uint8

const (
	ready   state = iota // there is no call
	waiting              // for a step
	running              // in a pass
	gone                 // in a pass, and its caller has gone: only kv still shows it
)

// A call is one Forward.
type call struct {
	state    state
	from     int  // tokens before the call
	want     int  // rows, of the last tokens
	computed int  // rows so far
	skipped  int  // steps in which others went first
	starved  bool // there was no memory for it in this step
	anew     bool // it takes nothing from the prefix tree
	clock    float64
	begun    time.Time
	first    time.Time     // of the first step
	ended    time.Time     // of the call before, once there is another
	done     chan struct{} // one element when the call has ended
	err      error
}

// NewSeq returns a sequence that has of tokens what the prefix tree has, but
// never the last: Len says how many. The others are the caller's to add.
func (e *Engine) NewSeq(tokens []int32, o SeqOptions) *Seq {
	s := &Seq{e: e, o: o, kv: e.cache.NewSeq(o.Salt), call: call{done: make(chan struct{}, 1)}}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.births++
	s.born, s.seen = e.births, e.ticks
	e.seqs[s] = struct{}{}
	if n := len(tokens) - 1; n > 0 && !o.NoPrefix {
		s.setMode(e.isLong(n))
		s.ids = append(s.ids, tokens[:s.kv.Resume(tokens[:n])]...)
		s.stats.Cached = len(s.ids)
	}
	return s
}

// Len returns how many tokens s has.
func (s *Seq) Len() int { return len(s.ids) }

// Tokens returns the tokens of s, which must not be changed, until the next call
// on s.
func (s *Seq) Tokens() []int32 { return s.ids }

// Stats returns the figures so far.
func (s *Seq) Stats() SeqStats {
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	return s.stats
}

// Rewind forgets all tokens but the first n. It panics if s has fewer.
func (s *Seq) Rewind(n int) {
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	s.settle()
	s.release()
	s.returned()
	if n < 0 || n > len(s.ids) {
		panic("engine: Rewind: beyond the sequence")
	}
	s.cut(n)
}

// SetPriority changes [SeqOptions.Priority] for the calls that follow.
func (s *Seq) SetPriority(priority int) {
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	s.settle()
	s.o.Priority = priority
}

// Keep says that others will want to go on from the end of s.
func (s *Seq) Keep() {
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	s.settle()
	if !s.o.NoPrefix {
		s.kv.Keep()
	}
}

// Fork returns another sequence with the tokens of s.
func (s *Seq) Fork() *Seq {
	e := s.e
	e.mu.Lock()
	defer e.mu.Unlock()
	s.settle()
	e.births++
	t := &Seq{e: e, o: s.o, kv: s.kv.Fork(), long: s.long, born: e.births, seen: e.ticks, closed: s.closed, call: call{done: make(chan struct{}, 1)}}
	t.ids = append(t.ids, s.ids...)
	if !t.closed {
		e.seqs[t] = struct{}{}
	}
	return t
}

// Close gives the cache of s back; others may find it in the prefix tree. It
// does not wait for a pass that still works on s.
func (s *Seq) Close() {
	e := s.e
	e.mu.Lock()
	defer e.mu.Unlock()
	if s.call.state != gone {
		s.settle()
		s.release()
		s.returned()
		s.drop()
	}
	s.closed = true
	delete(e.seqs, s)
}

// drop gives kv back.
func (s *Seq) drop() {
	if s.o.NoPrefix {
		s.kv.Rewind(0)
	}
	s.kv.Close()
}

// settle waits until no pass works on a call whose caller has gone. e.mu is
// held, as it is for all that follow.
func (s *Seq) settle() {
	for s.call.state == gone {
		s.e.idle.Wait()
	}
	if s.call.state != ready {
		panic("chord: two calls on one sequence at the same time")
	}
}

// settleWithin does the same, but returns an error once ctx is done.
func (s *Seq) settleWithin(ctx context.Context) error {
	if s.call.state == gone {
		defer context.AfterFunc(ctx, func() {
			s.e.mu.Lock()
			defer s.e.mu.Unlock()
			s.e.idle.Broadcast()
		})()
	}
	for s.call.state == gone && !s.closed {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.e.idle.Wait()
	}
	if !s.closed {
		s.settle()
	}
	return nil
}

// need returns how many rows the call has to compute.
func (s *Seq) need() int { return len(s.ids) - s.kv.Len() }

// wanted returns the first token whose row the caller has not got yet.
func (s *Seq) wanted() int { return len(s.ids) - s.call.want + len(s.rows) }

// cut forgets all tokens but the first n.
func (s *Seq) cut(n int) {
	s.ids = s.ids[:n]
	s.follow()
}

// follow makes kv have no more tokens than s.
func (s *Seq) follow() {
	if s.kv.Len() > len(s.ids) {
		s.kv.Rewind(len(s.ids))
	}
}

// undo makes s as it was before the call.
func (s *Seq) undo() {
	s.cut(s.call.from)
	s.release()
}

// leave makes s, which is in a pass, as it was before the call, but for kv: the
// pass works on that, and settled follows when it has ended. The caller may use
// s meanwhile.
func (s *Seq) leave() {
	s.call.state = gone
	s.ids = s.ids[:s.call.from]
	s.release()
}

// settled makes up for what leave left.
func (s *Seq) settled() {
	s.call.state = ready
	if s.closed {
		s.drop()
		return
	}
	s.follow()
}

// finish ends the call: its caller goes on.
func (s *Seq) finish(err error) {
	if err != nil {
		err = fmt.Errorf("chord: %w", err)
	}
	s.call.err = err
	s.call.ended = time.Now()
	s.call.done <- struct{}{}
}

// returned tells the scheduler that the caller has come back, or will not.
func (s *Seq) returned() {
	if s.back {
		s.back = false
		s.e.expect--
		s.e.signal()
	}
}

// isLong reports whether the row of the token at pos is computed as those of
// long sequences are; see [Model.LongFrom].
func (e *Engine) isLong(pos int) bool {
	from := e.m.LongFrom()
	return from > 0 && pos >= from
}

// setMode makes kv that of a long sequence or of another.
func (s *Seq) setMode(long bool) {
	if long != s.long {
		s.kv.Close()
		salt := s.o.Salt
		if long {
			salt += "\x00long"
		}
		s.kv, s.long = s.e.cache.NewSeq(salt), long
	}
}
