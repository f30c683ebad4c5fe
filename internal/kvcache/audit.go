package kvcache

import "fmt"

// What the tests of another module need: their library, which draws sequences
// of calls, is none that chord's users shall have.

// ForTest sets how many positions behind its window a sequence of c keeps, and
// whether c has a fault: all ids count as equal.
func (c *Cache) ForTest(slack int, fault bool) { c.slack, c.anyIDs = slack, fault }

// Held returns how many pages and states s holds.
func (s *Seq) Held() int {
	n := 0
	s.each(func(*page) { n++ })
	return n
}

// each calls f for each hold of s on a page.
func (s *Seq) each(f func(*page)) {
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
	visit(s.mark.pages)
}

// Audit compares the counts of references with who holds what, seqs being all
// the sequences that are open, and returns an error where they differ.
func (c *Cache) Audit(seqs []*Seq) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	refs, users, names := map[*page]int{}, map[*page]int{}, map[*node]int{}
	for _, s := range seqs {
		s.each(func(p *page) { refs[p]++; users[p]++ })
		for _, k := range s.chunks {
			if k.node != nil {
				names[k.node]++
			}
		}
	}
	for e := c.nodes.Front(); e != nil; e = e.Next() {
		if err := e.Value.(*node).audit(refs, names); err != nil {
			return err
		}
	}
	for p := range c.live {
		if p.refs != refs[p] || p.users != users[p] {
			return fmt.Errorf("a page of group %d: %d holds, %d of sequences, want %d and %d", p.group, p.refs, p.users, refs[p], users[p])
		}
	}
	if len(refs) != len(c.live) {
		return fmt.Errorf("%d pages are held, %d in use", len(refs), len(c.live))
	}
	return nil
}

// Empty reports whether no page is in use and the prefix tree has no node.
func (c *Cache) Empty() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.live) == 0 && c.nodes.Len() == 0 && len(c.roots) == 0
}

// audit adds the holds of n to refs and checks what n says of itself.
func (n *node) audit(refs map[*page]int, names map[*node]int) error {
	for _, p := range n.pages {
		if p == nil {
			continue
		}
		if p.claimed < len(n.ids) {
			return fmt.Errorf("the tree has %d positions of a page that may be written from %d on", len(n.ids), p.claimed)
		}
		refs[p]++
	}
	for _, pages := range n.states {
		for _, p := range pages {
			if p != nil {
				refs[p]++
			}
		}
	}
	if n.users != names[n] {
		return fmt.Errorf("node %v: %d users, want %d", n.ids, n.users, names[n])
	}
	return nil
}
