package kvcache_test

import (
	"encoding/binary"

	"pgregory.net/rapid"

	"github.com/querent-ai/chord/internal/kvcache"
)

// Check reads all that each sequence can see.
func (m *machine) Check(t *rapid.T) {
	for i, s := range m.seqs {
		if s.Len() != len(s.ids) {
			t.Fatalf("sequence %d has %d tokens, want %d", i, s.Len(), len(s.ids))
		}
		for g, group := range m.c.Groups {
			m.checkGroup(t, i, g, group)
		}
	}
	st := m.cache.Stats()
	if sum := st.Used + st.Cached + st.Free; m.c.Budget > 0 && (sum > m.c.Budget || st.Peak > m.c.Budget) {
		t.Fatalf("%+v: over the budget of %d", st, m.c.Budget)
	}
	m.audit(t)
}

// checkGroup reads what sequence i can see of a group.
func (m *machine) checkGroup(t *rapid.T, i, g int, group kvcache.Group) {
	s, from := m.seqs[i], 0
	switch group.Kind {
	case kvcache.State:
		return // read by write
	case kvcache.Window:
		from = max(0, s.Len()-group.Window+1)
	}
	for k := from; k < s.Len(); k++ {
		if got := binary.LittleEndian.Uint64(s.Pages(g)[k/size][k%size*8:]); got != history(s.salt, s.ids[:k+1]) {
			t.Fatalf("sequence %d, group %d, position %d: memory of another text", i, g, k)
		}
	}
	if group.Kind == kvcache.Window {
		for at := range (s.Len() - group.Window - m.slack) / size {
			if s.Pages(g)[at] != nil {
				t.Fatalf("sequence %d of %d positions, group %d: page %d is there", i, s.Len(), g, at)
			}
		}
	}
}

// audit compares the counts of references with who holds what.
func (m *machine) audit(t *rapid.T) {
	var open []*kvcache.Seq
	for _, s := range m.seqs {
		open = append(open, s.Seq)
	}
	if err := m.cache.Audit(open); err != nil {
		t.Fatal(err)
	}
}

// end closes everything and wants nothing to be held.
func (m *machine) end(t *rapid.T) {
	for _, s := range m.seqs {
		s.Close()
	}
	m.seqs = nil
	m.cache.Evict()
	m.audit(t)
	if st := m.cache.Stats(); st.Used != 0 || st.Cached != 0 || !m.cache.Empty() {
		t.Fatalf("nobody is left, yet %+v, empty: %v", st, m.cache.Empty())
	}
	m.cache.Trim()
	if st := m.cache.Stats(); st.Free != 0 {
		t.Fatalf("after Trim %+v", st)
	}
	m.cache.Close()
	m.cache.Close()
}
