package engine

import (
	"time"

	"github.com/querent-ai/chord/internal/kvcache"
	"github.com/querent-ai/chord/llama"
)

// A Seq is a sequence of tokens. It keeps its ids, so that positions missing from
// its cache, after preemption or a Rewind beyond a window, are computed again; the
// results are the same to the bit.
//
// A Seq serves one goroutine at a time.
type Seq struct {
	e    *Engine
	o    SeqOptions
	kv   *kvcache.Seq
	long bool    // kv was computed as a long sequence, see Model.LongFrom
	ids  []int32 // including those of the current call

	call   call
	rows   [][]float32 // of the last call
	loans  []*output   // outputs that rows are in
	own    []float32   // copied rows
	born   int64       // order of creation
	seen   int64       // order of the last call
	back   bool        // the scheduler expects the next call of s
	others int         // rows of other sequences in the last pass
	closed bool
	stats  SeqStats
}

// SeqOptions are the options of a sequence.
type SeqOptions struct {
	Priority int    // each step up doubles the share of the model
	Salt     string // sequences of different salt share no cache
	Embed    bool   // rows are vectors instead of logits
	NoPrefix bool   // the prefix tree is not used
	Private  bool   // only forks share the cache, and nothing is kept

	// Adapters change the model's matrices; nil: none. Sequences with other
	// adapters share no cache.
	Adapters *llama.AdapterSet

	Pictures []*Picture // of its tokens
}

// salt returns the salt of the cache of a sequence: sequences of different salt
// share nothing.
func (o *SeqOptions) salt(long bool) string {
	salt := o.Salt
	if long {
		salt += longSalt
	}
	if key := o.Adapters.Key(); key != "" {
		salt += "\x00lora" + key
	}
	return salt
}

// SeqStats are figures of all calls on a sequence.
type SeqStats struct {
	Queue  time.Duration // waiting for the first row of each call
	Rows   int           // computed, including again
	Cached int           // tokens taken from the prefix tree, or that came with their cache
	Loaded int           // of them, those that came from a store on disk
	Passes int           // forward passes
}

// NewSeq returns a sequence with the tokens, all but the last at most, that the
// prefix tree has cached: Len of them. The caller adds the others with Forward.
func (e *Engine) NewSeq(tokens []int32, o SeqOptions) *Seq {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.adopt(e.newCache(o, false), false, o)
	if n := len(tokens) - 1; n > 0 && !o.NoPrefix && !o.Private {
		s.setMode(e.isLong(n))
		s.ids = append(s.ids, tokens[:s.kv.Resume(tokens[:n])]...)
		s.stats.Cached = len(s.ids)
	}
	return s
}

// adopt returns a sequence with the tokens of kv. e.mu is held.
func (e *Engine) adopt(kv *kvcache.Seq, long bool, o SeqOptions) *Seq {
	e.births++
	s := &Seq{e: e, o: o, kv: kv, long: long, born: e.births, seen: e.ticks, call: call{done: make(chan struct{}, 1)}}
	e.seqs[s] = struct{}{}
	return s
}

// newCache returns the empty cache of a sequence.
func (e *Engine) newCache(o SeqOptions, long bool) *kvcache.Seq {
	if o.Private {
		return e.cache.NewPrivate()
	}
	return e.cache.NewSeq(o.salt(long))
}

// Len returns the number of tokens of s.
func (s *Seq) Len() int { return len(s.ids) }

// Tokens returns the tokens of s, which must not be changed and are valid until
// the next call on s.
func (s *Seq) Tokens() []int32 { return s.ids }

// Others returns the number of rows that other sequences had in the last pass of the
// last call.
func (s *Seq) Others() int { return s.others }

// Stats returns the current figures.
func (s *Seq) Stats() SeqStats {
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	return s.stats
}

// Rewind drops all tokens but the first n. It panics if s has fewer.
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

// Mark prepares for a Rewind of the tokens of the next call: a recurrent state is
// kept, so that few tokens are computed again; see [kvcache.Seq.Mark]. It reports
// false if there is no memory for that.
func (s *Seq) Mark() bool {
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	s.settle()
	return s.kv.Mark()
}

// Missing returns how many tokens of s the next call computes again.
func (s *Seq) Missing() int {
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	s.settle()
	return s.need()
}

// SetPriority changes [SeqOptions.Priority] for the calls that follow.
func (s *Seq) SetPriority(priority int) {
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	s.settle()
	s.o.Priority = priority
}

// SetAdapters changes [SeqOptions.Adapters]. All tokens are then computed again.
func (s *Seq) SetAdapters(set *llama.AdapterSet) {
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	s.settle()
	same := s.o.Adapters.Key() == set.Key()
	if s.o.Adapters = set; same || s.closed {
		return
	}
	s.kv.Close()
	s.kv = s.e.cache.NewSeq(s.o.salt(s.long))
}

// Keep lets others resume at the end of s.
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

// Close releases the cache of s; the prefix tree may keep it. Close does not wait
// for a pass with rows of s.
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

// drop releases kv. e.mu is held, as it is for all methods below.
func (s *Seq) drop() {
	if s.o.NoPrefix || s.o.Private {
		s.kv.Rewind(0)
	}
	s.kv.Close()
}

// cut drops all tokens but the first n.
func (s *Seq) cut(n int) {
	s.ids = s.ids[:n]
	s.follow()
}

// isLong reports whether the token at pos is computed as one of a long sequence;
// see [Model.LongFrom].
func (e *Engine) isLong(pos int) bool {
	from := e.m.LongFrom()
	return from > 0 && pos >= from
}

// setMode switches kv between short and long sequences, which empties it.
func (s *Seq) setMode(long bool) {
	if long != s.long {
		s.kv.Close()
		s.kv, s.long = s.e.newCache(s.o, long), long
	}
}
