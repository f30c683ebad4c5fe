package kvcache

import (
	"encoding/binary"

	"pgregory.net/rapid"
)

// held returns how many pages and states s holds.
func held(s *Seq) int {
	n := 0
	eachPage(s, func(*page) { n++ })
	return n
}

// eachPage calls f for each hold of s on a page.
func eachPage(s *Seq, f func(*page)) {
	visit := func(pages []*page) {
		for _, p := range pages {
			if p != nil {
				f(p)
			}
		}
	}
	for _, k := range s.chunks {
		visit(k.pages)
	}
	for _, k := range s.checks {
		visit(k.pages)
	}
	visit(s.state)
}

// Check reads all that each sequence can see.
func (m *machine) Check(t *rapid.T) {
	for i, s := range m.seqs {
		if s.Len() != len(m.ids[i]) {
			t.Fatalf("sequence %d has %d tokens, want %d", i, s.Len(), len(m.ids[i]))
		}
		for g, group := range m.c.c.Groups {
			from := 0
			switch group.Kind {
			case State:
				continue // read by write
			case Window:
				from = max(0, s.Len()-group.Window+1)
			}
			for k := from; k < s.Len(); k++ {
				if got := binary.LittleEndian.Uint64(s.Pages(g)[k/size][k%size*8:]); got != history(s.salt, m.ids[i][:k+1]) {
					t.Fatalf("sequence %d, group %d, position %d: memory of another text", i, g, k)
				}
			}
			if group.Kind == Window {
				for at := range (s.Len() - group.Window - m.c.slack) / size {
					if s.Pages(g)[at] != nil {
						t.Fatalf("sequence %d of %d positions, group %d: page %d is there", i, s.Len(), g, at)
					}
				}
			}
		}
	}
	st := m.c.Stats()
	if sum := st.Used + st.Cached + st.Free; sum != m.c.total || m.budget > 0 && (sum > m.budget || st.Peak > m.budget) {
		t.Fatalf("%+v: over the budget of %d, or not the total of %d", st, m.budget, m.c.total)
	}
	m.count(t)
}

// count compares the counts of references with who holds what.
func (m *machine) count(t *rapid.T) {
	refs, users := map[*page]int{}, map[*page]int{}
	names := map[*node]int{}
	for _, s := range m.seqs {
		eachPage(s, func(p *page) { refs[p]++; users[p]++ })
		for _, k := range s.chunks {
			if k.node != nil {
				names[k.node]++
			}
		}
	}
	for e := m.c.nodes.Front(); e != nil; e = e.Next() {
		n := e.Value.(*node)
		for _, p := range n.pages {
			if p != nil && p.claimed < len(n.ids) {
				t.Fatalf("the tree has %d positions of a page that may be written from %d on", len(n.ids), p.claimed)
			}
			refs[p]++
		}
		for _, pages := range n.states {
			for _, p := range pages {
				refs[p]++
			}
		}
		if n.users != names[n] {
			t.Fatalf("node %v: %d users, want %d", n.ids, n.users, names[n])
		}
	}
	delete(refs, nil)
	for p := range m.c.live {
		if p.refs != refs[p] || p.users != users[p] {
			t.Fatalf("a page of group %d: %d holds, %d of sequences, want %d and %d", p.group, p.refs, p.users, refs[p], users[p])
		}
	}
	if len(refs) != len(m.c.live) {
		t.Fatalf("%d pages are held, %d in use", len(refs), len(m.c.live))
	}
}

// end closes everything and wants nothing to be held.
func (m *machine) end(t *rapid.T) {
	for _, s := range m.seqs {
		s.Close()
	}
	m.c.Evict()
	if st := m.c.Stats(); st.Used != 0 || st.Cached != 0 || len(m.c.live) != 0 || m.c.nodes.Len() != 0 || len(m.c.roots) != 0 {
		t.Fatalf("nobody is left, yet %+v and %d nodes", st, m.c.nodes.Len())
	}
	m.c.Trim()
	if st := m.c.Stats(); st.Free != 0 || m.c.total != 0 {
		t.Fatalf("after Trim %+v", st)
	}
	m.c.Close()
	m.c.Close()
}
