package grammar

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// A config is a state of the automaton of a grammar: all ways in which the text
// so far can be read. There is no end to them in general; they are built as they
// are asked for.
type config struct {
	threads []thread
	accepts bool
	free    int32
	first   byteSet
	next    []*config   // by class of bytes; nil is not known yet
	masks   []maskEntry // by vocabulary
	forced  int16       // the only byte that may follow; -1 none, -2 not known yet
}

// A thread is a terminal, of those that row expects, that is being read.
type thread struct {
	row *row
	lex *lexState
}

// dead is the config of texts that are no prefix of any text of the grammar.
var dead = &config{}

// configKey returns what tells a config from others; equal pointers are equal things.
func (m *machine) configKey(threads []thread, accepts bool) []byte {
	k := append(m.key[:0], 0)
	if accepts {
		k[0] = 1
	}
	for _, t := range threads {
		k = binary.AppendUvarint(k, uint64(t.row.id))
		k = binary.AppendUvarint(k, uint64(t.lex.id))
	}
	m.key = k
	return k
}

// step returns the config after a byte of class c. The caller has m.mu.
func (m *machine) step(from *config, c uint8) *config {
	if from.next == nil {
		from.next = make([]*config, len(m.lex.bytes))
		m.budget.spend(int64(8 * len(from.next)))
	} else if n := from.next[c]; n != nil {
		return n
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
	return n
}

// intern returns the config of threads.
func (m *machine) intern(threads []thread, accepts bool) *config {
	if len(threads) == 0 && !accepts {
		return dead
	}
	slices.SortFunc(threads, func(a, b thread) int {
		if c := cmp.Compare(a.row.id, b.row.id); c != 0 {
			return c
		}
		return cmp.Compare(a.lex.id, b.lex.id)
	})
	threads = slices.Compact(threads)
	k := m.configKey(threads, accepts)
	if c, ok := m.configs[string(k)]; ok {
		return c
	}
	n := &config{threads: slices.Clone(threads), accepts: accepts, forced: -2}
	for _, t := range threads {
		n.free = max(n.free, t.lex.free)
		n.first.union(&t.lex.first)
	}
	m.budget.spend(int64(200 + 2*len(k) + 16*len(threads)))
	m.configs[string(k)] = n
	return n
}
