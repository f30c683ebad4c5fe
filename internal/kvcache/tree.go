package kvcache

import (
	"container/list"
	"slices"
)

// A node of the prefix tree is a chunk of tokens that follow those of its parent:
// as many as a page has, or fewer at the end of a text, and then without children.
type node struct {
	parent   *node
	ids      []int32
	pages    []*page           // by group; nil where it was dropped, or the group is a State
	states   map[int][]*page   // checkpoints by position in the chunk; each by group
	children map[int32][]*node // by their first token

	users int           // sequences that refer to it
	kept  bool          // near a place to resume: its window pages stay
	used  *list.Element // in the order of use
	salt  string        // of a root

	stored bool // a store keeps the chunks of the tree
	dirty  bool // in the outbox
	saved  int  // the weight of what the store has
	keyed  bool // key is known
	key    Key
}

// root returns the root of the sequences with a salt.
func (c *Cache) root(salt string) *node {
	r := c.roots[salt]
	if r == nil {
		r = &node{salt: salt, keyed: true}
		if c.c.Root != nil {
			r.key, r.stored = c.c.Root(salt)
		}
		c.roots[salt] = r
	}
	return r
}

// touch marks n as the most recently used.
func (c *Cache) touch(n *node) {
	c.nodes.MoveToBack(n.used)
}

// common returns the length of the common prefix of a and b.
func (c *Cache) common(a, b []int32) int {
	n := min(len(a), len(b))
	if c.anyIDs {
		return n
	}
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// find returns the path of nodes along ids and how many of ids they cover. The
// last node may have more tokens.
func (c *Cache) find(salt string, ids []int32) (path []*node, n int) {
	at := c.roots[salt]
	for at != nil {
		var best *node
		most := 0
		for _, child := range c.alike(at, ids[n:]) {
			if k := c.common(child.ids, ids[n:]); k > most {
				best, most = child, k
			}
		}
		if best == nil {
			break
		}
		path, n = append(path, best), n+most
		if most < c.c.Positions {
			break
		}
		at = best
	}
	return path, n
}

// alike returns the children of n that may have a prefix in common with ids.
func (c *Cache) alike(n *node, ids []int32) []*node {
	if len(ids) == 0 {
		return nil
	}
	if c.anyIDs {
		for _, list := range n.children {
			return list
		}
	}
	return n.children[ids[0]]
}

// insert adds ids with their pages as a child of parent and returns the node: an
// existing one if it begins with ids, or is a prefix of them.
func (c *Cache) insert(parent *node, ids []int32, pages []*page) *node {
	for _, child := range c.alike(parent, ids) {
		k := c.common(child.ids, ids)
		switch {
		case k == len(ids) && k <= len(child.ids):
			c.touch(child)
			if k == len(child.ids) {
				c.fill(child, pages)
			}
			return child
		case k == len(child.ids): // shorter, and so without children
			child.ids = append(child.ids[:0], ids...)
			child.keyed, child.saved = false, 0
			child.stored = child.stored && lasting(ids)
			c.replace(child, pages)
			c.touch(child)
			return child
		}
	}
	n := &node{parent: parent, ids: slices.Clone(ids), pages: make([]*page, len(c.c.Groups)), stored: parent.stored && lasting(ids)}
	c.replace(n, pages)
	if parent.children == nil {
		parent.children = map[int32][]*node{}
	}
	parent.children[ids[0]] = append(parent.children[ids[0]], n)
	n.used = c.nodes.PushBack(n)
	return n
}

// lasting reports whether ids mean the same in another process: those below 0, of
// pictures, do not.
func lasting(ids []int32) bool {
	return !slices.ContainsFunc(ids, func(id int32) bool { return id < 0 })
}

// replace gives n other pages.
func (c *Cache) replace(n *node, pages []*page) {
	for g, p := range pages {
		if p != nil {
			p.refs++
			p.claim(len(n.ids))
		}
		c.unref(n.pages[g])
		n.pages[g] = p
	}
}

// fill gives n the pages that it lacks.
func (c *Cache) fill(n *node, pages []*page) {
	for g, p := range pages {
		if n.pages[g] == nil && p != nil {
			p.refs++
			p.claim(len(n.ids))
			n.pages[g] = p
		}
	}
}
