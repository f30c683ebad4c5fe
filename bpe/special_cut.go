package bpe

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
)

// A match is a special token in a text, with the white space that it includes.
type match struct {
	start, end int
	id         int32
}

// A candidate is a special token that may end at a byte of the text.
type candidate struct {
	rank int32
	end  int
}

// before reports whether c is tried before d.
func (c candidate) before(d candidate) bool {
	return c.rank < d.rank || c.rank == d.rank && c.end < d.end
}

// A cutter finds the matches of the special tokens: all matches of the longest
// token, then those of the next in the rest of the text.
//
// Of the tokens that end at a byte only the longest is a candidate. If other
// matches overlap it, the longest token that still fits is the next candidate.
// The overlapping match is at least as long as the candidate, so each time the
// free bytes before the end are at most half as many: a byte has few candidates,
// however many tokens end there.
type cutter struct {
	queue   []candidate // a binary heap, the first candidate on top
	taken   bitset      // bytes of matches
	matches []match
	steps   int // steps so far; for tests
}

// split appends the ids of text: special tokens, and the encoded text between
// them.
func (e *encoder) split(dst []int32, text string, o EncodeOptions) []int32 {
	e.cuts.queue, e.cuts.matches = e.cuts.queue[:0], e.cuts.matches[:0]
	e.search(e.t.special.always, text, nil)
	if !o.NoParseSpecial {
		e.search(e.t.special.parse, text, o.Text)
	}
	if len(e.cuts.queue) > 0 {
		e.cutOut(text)
	}
	slices.SortFunc(e.cuts.matches, func(a, b match) int { return cmp.Compare(a.start, b.start) })
	at := 0
	for _, p := range e.cuts.matches {
		dst = append(e.encodeText(dst, text[at:p.start]), p.id)
		e.afterSpecial = true
		at = p.end
		if e.done(1) {
			return dst
		}
	}
	return e.encodeText(dst, text[at:])
}

// search adds candidates: for each byte of text the longest token of a that ends
// there and does not overlap spans.
func (e *encoder) search(a *automaton, text string, spans []Span) {
	if a == nil {
		return
	}
	node, from := int32(0), 0 // from: the end of the last span before i
	for i := range len(text) {
		if len(spans) > 0 && spans[0].Start <= i {
			from, spans = spans[0].End, spans[1:]
		}
		node = e.cuts.step(a, node, text[i])
		rank := a.found[node]
		if rank >= 0 && from > 0 {
			rank = e.cuts.longestFitting(e.t.special.list, rank, i+1-from)
		}
		if rank >= 0 {
			e.cuts.push(candidate{rank, i + 1})
		}
		if i%checkInterval == 0 && e.done(checkInterval) {
			return
		}
	}
}

// step returns the node after byte b.
func (c *cutter) step(a *automaton, node int32, b byte) int32 {
	for {
		c.steps++
		next := a.trie.child(node, b)
		if next != 0 || node == 0 {
			return next
		}
		node = a.fail[node]
	}
}

// cutOut turns candidates into matches.
func (e *encoder) cutOut(text string) {
	c, list := &e.cuts, e.t.special.list
	c.taken.reset(len(text))
	for len(c.queue) > 0 && !e.done(mergeCost) {
		x := c.pop()
		room := x.end - 1 - c.taken.before(x.end)
		if list[x.rank].size <= room {
			c.claim(text, x.end, &list[x.rank])
		} else if rank := c.longestFitting(list, x.rank, room); rank >= 0 {
			c.push(candidate{rank, x.end})
		}
	}
}

// longestFitting returns the rank of the longest token that is a suffix of the
// token with the given rank, or that token itself, and has at most room bytes; -1
// for none.
func (c *cutter) longestFitting(list []special, rank int32, room int) int32 {
	for rank >= 0 && list[rank].size > room {
		c.steps++
		if far := list[rank].far; far >= 0 && list[far].size > room {
			rank = far
		} else {
			rank = list[rank].up
		}
	}
	return rank
}

// claim adds the match of s that ends at byte end.
func (c *cutter) claim(text string, end int, s *special) {
	start := end - s.size
	space := func(i int) bool { return strings.IndexByte(asciiSpace, text[i]) >= 0 && !c.taken.has(i) }
	for s.strip&stripRight != 0 && end < len(text) && space(end) {
		end++
	}
	for s.strip&stripLeft != 0 && start > 0 && space(start-1) {
		start--
	}
	for i := start; i < end; i++ {
		c.taken.set(i)
	}
	c.steps += end - start
	c.matches = append(c.matches, match{start, end, s.id})
}

func (c *cutter) push(x candidate) {
	c.queue = append(c.queue, x)
	q, i := c.queue, len(c.queue)-1
	for ; i > 0 && x.before(q[(i-1)/2]); i = (i - 1) / 2 {
		q[i] = q[(i-1)/2]
		c.steps++
	}
	q[i] = x
}

func (c *cutter) pop() candidate {
	top, n := c.queue[0], len(c.queue)-1
	last := c.queue[n]
	c.queue = c.queue[:n]
	q, i := c.queue, 0
	for 2*i+1 < n {
		down := 2*i + 1
		if down+1 < n && q[down+1].before(q[down]) {
			down++
		}
		if !q[down].before(last) {
			break
		}
		q[i], i = q[down], down
		c.steps++
	}
	if n > 0 {
		q[i] = last
	}
	return top
}

// A bitset is a set of integers. Level 0 has their bits; each further level has a
// bit for every non-zero word of the level below; the last level is one word.
type bitset struct{ levels [][]uint64 }

// reset makes the set empty, for numbers below n.
func (m *bitset) reset(n int) {
	for level := 0; ; level++ {
		n = n>>6 + 1
		if level == len(m.levels) {
			m.levels = append(m.levels, nil)
		}
		if cap(m.levels[level]) < n {
			m.levels[level] = make([]uint64, n)
		} else {
			m.levels[level] = m.levels[level][:n]
			clear(m.levels[level])
		}
		if n == 1 {
			m.levels = m.levels[:level+1]
			return
		}
	}
}

// set adds i to the set.
func (m *bitset) set(i int) {
	for _, words := range m.levels {
		was := words[i>>6]
		words[i>>6] = was | 1<<(i&63)
		if was != 0 {
			return
		}
		i >>= 6
	}
}

// has reports whether i is in the set.
func (m *bitset) has(i int) bool { return m.levels[0][i>>6]>>(i&63)&1 != 0 }

// before returns the largest number of the set below i, -1 for none.
func (m *bitset) before(i int) int {
	for level, words := range m.levels {
		low := words[i>>6] & (1<<(i&63) - 1)
		i >>= 6
		if low == 0 {
			continue
		}
		i = i<<6 | (bits.Len64(low) - 1)
		for level--; level >= 0; level-- {
			i = i<<6 | (bits.Len64(m.levels[level][i]) - 1)
		}
		return i
	}
	return -1
}
