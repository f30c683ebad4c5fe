// Package kvcache keeps the keys, values and recurrent state of sequences: pages
// with reference counts, a prefix tree over them and one budget of bytes.
//
// A sequence holds pages of a fixed number of positions. A page that is full
// never changes, so sequences that begin alike share it; the prefix tree finds
// it by the tokens it stands for, compared one by one. What nobody holds stays
// in the tree until the budget needs its memory.
package kvcache

import (
	"container/list"
	"errors"
	"math"
	"sync"
)

// ErrFull is returned by [Seq.Extend] where the budget has no room, even without
// everything that nobody uses.
var ErrFull = errors.New("the cache has no room")

// ErrClosed is returned by [Seq.Extend] of a cache or sequence that is closed.
var ErrClosed = errors.New("closed")

// A Kind says how long layers need what they have kept.
type Kind uint8

// The kinds.
const (
	Full   Kind = iota // every position is needed for ever
	Window             // only the last Window positions are needed
	State              // of a fixed size: what a recurrent layer knows after all positions so far
)

// A Group is some layers whose memory has one shape and one lifetime.
type Group struct {
	Kind   Kind
	Bytes  int // of a page, or of the state
	Window int // positions that a token sees, itself included
}

// A Config says what a cache holds.
type Config struct {
	Positions  int     // of a page, a power of two
	Groups     []Group // at least one
	Checkpoint int     // a State is kept at multiples of this many positions, and where Keep says; 0: 256
	Budget     int64   // most bytes of all pages and states; 0: no limit
	NoPrefix   bool    // no prefix tree
}

const (
	// slack is how many positions behind its window a sequence keeps: so far
	// Rewind goes back without anything to compute again.
	slack = 1024
	// checkpoint is the default of Config.Checkpoint.
	checkpoint = 256
	// checkpoints is how many a sequence keeps itself.
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
	nodes  list.List // but roots; that used longest ago first
	live   map[*page]struct{}
	free   [][]*page // by group
	total  int64     // bytes of live and free
	stats  Stats

	anyIDs bool // a planted fault, for tests: ids count as equal
}

// Stats are figures of a cache, in bytes.
type Stats struct {
	Used   int64 // held by sequences
	Cached int64 // held by the prefix tree alone
	Free   int64 // held by nobody
	Peak   int64 // the most of the three together
	Budget int64 // the limit of the three together; 0: none
	Hits   int64 // positions that sequences took from the tree
	Evicts int64 // nodes that the tree gave up, or gave up parts of
}

// New returns a cache. It panics if c makes no sense.
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
			k = checkpoints + 2
		}
		sum += k * int64(g.Bytes)
	}
	return sum
}

// Room returns how many positions, at most the given number, one sequence can
// grow to in so many bytes.
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

// Stats returns the figures of now.
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

// Trim gives pages that nobody holds back to the system.
func (c *Cache) Trim() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trim(-1)
}

// Evict forgets what only the prefix tree holds.
func (c *Cache) Evict() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.evict() {
	}
}

// Close gives all memory back at once. No page may be in use; afterwards calls
// on sequences are harmless, and Extend returns [ErrClosed].
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
	c.live, c.roots = nil, nil
	c.nodes.Init()
}

// unlimited is what Limit returns where nothing limits.
const unlimited = math.MaxInt32
