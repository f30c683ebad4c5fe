package grammar

import (
	"cmp"
	"slices"
)

// A config is a state of the automaton of a grammar: all ways in which the text
// so far can be read. There is no end to them in general; they are built as they
// are asked for.
type config struct {
	threads []thread
	accepts bool
	free    freedom
	first   byteSet
	next    []int32     // by class of bytes, numbers of configs; 0 is not known yet
	masks   []maskEntry // by vocabulary
	forced  int16       // the only byte that may follow; -1 none, -2 not known yet
}

// A thread is a terminal, of those that row expects, that is being read.
type thread struct {
	row *row
	lex *lexState
}

// dead is the config of texts that are no prefix of any text of the grammar, and
// has number deadID in every machine.
var dead = &config{}

const deadID = 1

// step returns the config after a byte of class c. The caller has m.mu.
func (m *machine) step(from *config, c uint8) *config {
	if from.next == nil {
		from.next = make([]int32, len(m.lex.bytes))
		m.budget.spend(int64(4 * len(from.next)))
	} else if n := from.next[c]; n != 0 {
		return m.configs[n]
	}
	threads := m.threads[:0]
	m.build.begin()
	for _, t := range from.threads {
		if !t.lex.first.has(m.lex.bytes[c]) {
			continue
		}
		s := m.lex.step(t.lex, c)
		if len(s.entries) > 0 {
			threads = append(threads, thread{t.row, s})
		}
		for _, a := range s.accepts {
			for _, w := range t.row.expecting(2 * a) {
				m.build.advance(w.item)
			}
		}
	}
	accepts := false
	if r := m.build.row(); r != nil {
		accepts = r.accepts
		if len(r.waiting) > 0 {
			threads = append(threads, thread{r, r.start})
		}
	}
	m.threads = threads
	n := m.intern(threads, accepts)
	from.next[c] = n
	return m.configs[n]
}

// intern returns the number of the config of threads.
func (m *machine) intern(threads []thread, accepts bool) int32 {
	if len(threads) == 0 && !accepts {
		return deadID
	}
	if len(threads) > 1 {
		slices.SortFunc(threads, func(a, b thread) int {
			if c := cmp.Compare(a.row.id, b.row.id); c != 0 {
				return c
			}
			return cmp.Compare(a.lex.id, b.lex.id)
		})
		threads = slices.Compact(threads)
	}
	h := hashOf
	if accepts {
		h++
	}
	for _, t := range threads {
		h = mix(h, uint64(t.row.id)<<32|uint64(t.lex.id))
	}
	n := m.index.find(h, func(n int32) bool {
		c := m.configs[n]
		return c.accepts == accepts && slices.Equal(c.threads, threads)
	})
	if n != 0 {
		return n
	}
	c := &config{threads: slices.Clone(threads), accepts: accepts, forced: -2}
	for _, t := range threads {
		c.free.raise(t.lex.free)
		c.first.union(&t.lex.first)
	}
	m.budget.spend(int64(200 + 16*len(threads)))
	n = int32(len(m.configs))
	m.configs = append(m.configs, c)
	m.index.add(h, n)
	return n
}
