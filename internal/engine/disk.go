package engine

import (
	"context"

	"github.com/querent-ai/chord/internal/kvcache"
)

// Sequences whose cache comes from elsewhere: from the store on disk, or from a
// session that was saved.

// longSalt ends the salt of long sequences, see [Model.LongFrom].
const longSalt = "\x00long"

// Stable reports whether a salt means the same in another process, so that the
// cache of its sequences may be kept on disk: that of a long sequence does, and that
// of adapters, whose key is a hash of their content.
func Stable(salt string) bool { return salt == "" || salt[0] == 0 }

// leastLoaded is how many tokens are worth a look at the disk: fewer are computed
// in one step.
const leastLoaded = 32

// Attach is NewSeq that also looks for the tokens on disk, which takes longer.
// What was found until ctx is done counts.
func (e *Engine) Attach(ctx context.Context, tokens []int32, o SeqOptions) *Seq {
	n := len(tokens) - 1
	if e.o.Disk == nil || o.NoPrefix || o.Private || n < leastLoaded {
		return e.NewSeq(tokens, o)
	}
	long := e.isLong(n)
	e.mu.Lock()
	kv := e.newCache(o, long)
	had := kv.Resume(tokens[:n])
	load := n-had >= leastLoaded && !e.closed
	if load {
		e.loads++
	}
	e.mu.Unlock()
	if load {
		e.load(ctx, kv, tokens[:n])
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.adopt(kv, long, o)
	s.ids = append(s.ids, tokens[:kv.Len()]...)
	s.stats.Cached, s.stats.Loaded = kv.Len(), kv.Len()-had
	return s
}

// load extends kv by what the disk has. The engine's Close waits for it.
func (e *Engine) load(ctx context.Context, kv *kvcache.Seq, ids []int32) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-e.closing:
			cancel()
		case <-done:
		}
	}()
	defer func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.loads--
		e.idle.Broadcast()
		e.signal()
	}()
	e.o.Disk.Load(ctx, kv, ids)
}

// Export sets x to a copy of a chunk of s and reports false if the cache does not
// have it, any more or yet.
func (s *Seq) Export(at int, x *kvcache.Chunk) bool {
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	s.settle()
	return s.kv.Export(at, x)
}

// Cache returns how many tokens of s the cache has, in chunks of how many, and
// whether they were computed as a long sequence, see [Model.LongFrom].
func (s *Seq) Cache() (tokens, chunk int, long bool) {
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	s.settle()
	return s.kv.Len(), s.kv.Config().Positions, s.long
}

// An Import makes a private sequence of chunks that come from elsewhere, which
// nobody has checked. If others need its memory, it loses it. It must be ended by
// Seq.
type Import struct {
	e    *Engine
	o    SeqOptions
	kv   *kvcache.Seq
	to   *kvcache.Loader
	long bool
}

// NewImport begins an import; long is as [Seq.Cache] returned it.
func (e *Engine) NewImport(long bool, o SeqOptions) *Import {
	o.Private = true
	e.mu.Lock()
	defer e.mu.Unlock()
	x := &Import{e: e, o: o, kv: e.newCache(o, long), long: long}
	x.to = x.kv.Load()
	if !e.closed {
		e.imports[x] = struct{}{}
	}
	return x
}

// Config returns the configuration of the cache.
func (x *Import) Config() kvcache.Config { return x.kv.Config() }

// Add copies a chunk, whose parts have the sizes of their groups. After an error
// no more chunks are of use; the sequence then begins with those before.
func (x *Import) Add(at int, c *kvcache.Chunk) error { return x.to.Add(at, c) }

// Seq ends the import and returns the sequence, which has as many of tokens as can
// be continued.
func (x *Import) Seq(tokens []int32) *Seq {
	e := x.e
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.imports, x)
	x.to.Commit(tokens, false)
	x.to.Close()
	s := e.adopt(x.kv, x.long, x.o)
	s.ids = append(s.ids, tokens[:x.kv.Len()]...)
	s.stats.Cached = x.kv.Len()
	return s
}

// revoke takes the memory of an import and reports whether there was one.
func (e *Engine) revoke() bool {
	for x := range e.imports {
		delete(e.imports, x)
		x.to.Close()
		return true
	}
	return false
}
