package kvcache

import "github.com/querent-ai/chord/internal/mmap"

// A page is the memory of consecutive positions in the layers of one group, or
// one recurrent state.
type page struct {
	buf   []byte
	group int
	refs  int // sequences and nodes that hold it
	users int // sequences among them

	// Others may hold a page that is not full while its writer adds positions
	// after theirs.
	writer  *Seq
	claimed int // positions that others than the writer may read
}

// bytes returns the size of p.
func (c *Cache) bytes(p *page) int64 { return int64(c.c.Groups[p.group].Bytes) }

// alloc returns a page for s with unspecified content. It evicts as needed and
// returns [ErrFull] if that is not enough.
func (c *Cache) alloc(group int, s *Seq) (*page, error) {
	size := int64(c.c.Groups[group].Bytes)
	for {
		if n := len(c.free[group]); n > 0 {
			p := c.free[group][n-1]
			c.free[group] = c.free[group][:n-1]
			*p = page{buf: p.buf, group: group, refs: 1, users: 1, writer: s}
			c.live[p] = struct{}{}
			return p, nil
		}
		if c.c.Budget == 0 || c.total+size <= c.c.Budget {
			break
		}
		if !c.trim(group) && !c.evict() {
			return nil, ErrFull
		}
	}
	buf, err := mmap.Alloc(int(size))
	if err != nil {
		return nil, err
	}
	c.total += size
	c.stats.Peak = max(c.stats.Peak, c.total)
	p := &page{buf: buf, group: group, refs: 1, users: 1, writer: s}
	c.live[p] = struct{}{}
	return p, nil
}

// hold adds a sequence to the holders of p.
func (c *Cache) hold(p *page) *page {
	p.refs++
	p.users++
	return p
}

// drop removes a sequence from the holders of p, which may be nil.
func (c *Cache) drop(p *page) {
	if p != nil && !c.closed {
		p.users--
		c.unref(p)
	}
}

// unref removes one reference to p, which is free after the last.
func (c *Cache) unref(p *page) {
	if p == nil || c.closed {
		return
	}
	if p.refs--; p.refs > 0 {
		return
	}
	p.writer = nil
	delete(c.live, p)
	c.free[p.group] = append(c.free[p.group], p)
}

// trim releases the free pages of all groups but one and reports whether there
// were any.
func (c *Cache) trim(but int) bool {
	some := false
	for g, pages := range c.free {
		if g == but {
			continue
		}
		for _, p := range pages {
			c.release(p)
			some = true
		}
		c.free[g] = nil
	}
	return some
}

// release returns the memory of p to the system.
func (c *Cache) release(p *page) {
	c.total -= c.bytes(p)
	_ = mmap.Free(p.buf) // allocated by mmap.Alloc: freeing it cannot fail
	p.buf = nil
}

// mayWrite reports whether s may write to p from offset on without copying it.
func (p *page) mayWrite(s *Seq, offset int) bool {
	if p.refs == 1 {
		p.writer, p.claimed = s, 0
		return true
	}
	return p.writer == s && offset >= p.claimed
}

// claim lets others read the first n positions of p.
func (p *page) claim(n int) {
	if p != nil {
		p.claimed = max(p.claimed, n)
	}
}
