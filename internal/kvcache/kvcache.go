// Package kvcache keeps the keys, values and recurrent state of sequences: pages
// with reference counts, a prefix tree over them and one budget of bytes.
//
// A sequence holds pages of a fixed number of positions. A full page never
// changes, so sequences with a common prefix share it. The prefix tree finds it
// by its tokens, compared one by one. A page that no sequence holds stays in the
// tree until the budget needs its memory.
package kvcache

import (
	"container/list"
	"errors"
	"math"
	"sync"
)

// ErrFull is returned by [Seq.Extend] if the budget is used up, even after
// evicting everything that no sequence uses.
var ErrFull = errors.New("the cache has no room")

// ErrClosed is returned by [Seq.Extend] of a cache or sequence that is closed.
var ErrClosed = errors.New("closed")

// A Kind says how long layers need their cache entries.
type Kind uint8

// The kinds.
const (
	Full   Kind = iota // all positions, to the end of the sequence
	Window             // the last Window positions
	State              // a recurrent state of a fixed size after the last position
)

// A Group is a set of layers whose memory has the same shape and lifetime.
type Group struct {
	Kind   Kind
	Bytes  int // of a page, or of the state
	Window int // positions that a token sees, itself included
}

// A Config says what a cache holds.
type Config struct {
	Positions  int     // of a page, a power of two
	Groups     []Group // at least one
	Checkpoint int     // positions between two checkpoints of a State; 0: 256
	Budget     int64   // most bytes of all pages and states; 0: no limit
	NoPrefix   bool    // no prefix tree

	// Root returns the key before the first chunk of the sequences with a salt,
	// and whether a store keeps their chunks: those that [Seq.Keep] keeps, and
	// those that are evicted. [Cache.Next] returns them. nil: there is no store.
	Root func(salt string) (Key, bool)
	// Ready is called when there is something for Next. It must not call the cache.
	Ready func()
}

const (
	// slack is how many positions behind its window a sequence keeps: Rewind can
	// go back that far without recomputing.
	slack = 1024
	// checkpoint is the default of Config.Checkpoint.
	checkpoint = 256
	// checkpoints is how many checkpoints a sequence holds itself.
	checkpoints = 8
)

// A Cache holds the memory of sequences. It is safe for several goroutines; see
// [Seq] for which calls on one sequence may meet.
type Cache struct {
	c      Config
	states bool // some group is a State
	slack  int

	mu     sync.Mutex
	closed bool
	roots  map[string]*node
	nodes  list.List // without roots, the least recently used first
	live   map[*page]struct{}
	free   [][]*page // by group
	total  int64     // bytes of live and free
	stats  Stats
	out    outbox

	anyIDs bool // a planted fault, for tests: all ids compare equal
}

// Stats are figures of a cache, in bytes.
type Stats struct {
	Used   int64 // held by sequences
	Cached int64 // held by the prefix tree alone
	Free   int64 // held by nobody
	Peak   int64 // the most of the three together
	Budget int64 // the limit of the three together; 0: none
	Hits   int64 // positions taken from the tree
	Evicts int64 // nodes evicted, in whole or in part
	Lost   int64 // of them, those that a store was too slow to take
}

// New returns a cache. It panics if c is invalid.
func New(c Config) *Cache {
	if c.Positions <= 0 || c.Positions&(c.Positions-1) != 0 || len(c.Groups) == 0 || c.Budget < 0 || c.Checkpoint < 0 {
		panic("kvcache: New: no such configuration")
	}
	if c.Checkpoint == 0 {
		c.Checkpoint = checkpoint
	}
	a := &Cache{c: c, slack: slack, roots: map[string]*node{}, live: map[*page]struct{}{}, free: make([][]*page, len(c.Groups))}
	for _, g := range c.Groups {
		if g.Bytes <= 0 || g.Kind == Window && g.Window <= 0 {
			panic("kvcache: New: no such group")
		}
		a.states = a.states || g.Kind == State
	}
	a.stats.Budget = c.Budget
	return a
}

// Config returns the configuration.
func (c *Cache) Config() Config { return c.c }

// Bytes returns how many bytes one sequence takes at most while it grows to n
// positions.
func (c *Cache) Bytes(n int) int64 { return c.c.Bytes(n) }

// Bytes returns how many bytes one sequence takes at most while it grows to n
// positions.
func (c Config) Bytes(n int) int64 {
	sum, pages := int64(0), int64(c.chunks(n))
	for _, g := range c.Groups {
		k := pages
		switch g.Kind {
		case Window:
			k = min(k, int64(c.chunks(g.Window+slack))+2)
		case State:
			k = checkpoints + 3
		}
		sum += k * int64(g.Bytes)
	}
	return sum
}

// Room returns how many positions, at most the given number, one sequence can
// have in that many bytes.
func (c Config) Room(bytes int64, most int) int {
	n := 0
	for step := most; step > 0; step /= 2 {
		for n+step <= most && c.Bytes(n+step) <= bytes {
			n += step
		}
	}
	return n
}

// chunks returns how many pages n positions take.
func (c Config) chunks(n int) int { return (n + c.Positions - 1) / c.Positions }

func (c *Cache) chunks(n int) int { return c.c.chunks(n) }

// Stats returns the current figures.
func (c *Cache) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.stats
	for p := range c.live {
		if p.users > 0 {
			s.Used += c.bytes(p)
		} else {
			s.Cached += c.bytes(p)
		}
	}
	s.Free = c.total - s.Used - s.Cached
	return s
}

// Trim returns the memory of free pages to the system.
func (c *Cache) Trim() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trim(-1)
}

// Evict drops everything that only the prefix tree holds.
func (c *Cache) Evict() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.evict() {
	}
}

// Close returns all memory at once. No page may be in use. Calls on sequences
// after it do nothing, and Extend returns [ErrClosed].
func (c *Cache) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.closed = true
	c.trim(-1)
	for p := range c.live {
		c.release(p)
	}
	c.live, c.roots, c.out = nil, nil, outbox{}
	c.nodes.Init()
}

// unlimited is the result of Limit where there is no limit.
const unlimited = math.MaxInt32
