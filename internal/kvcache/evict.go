package kvcache

import "slices"

// evict drops the least recently used leaf that only the tree holds; if there is
// none, the window pages and checkpoints of another node. It reports whether
// there was anything to drop.
func (c *Cache) evict() bool {
	var inner *node
	for e := c.nodes.Front(); e != nil; e = e.Next() {
		n := e.Value.(*node)
		if n.users == 0 && len(n.children) == 0 && c.alone(n) {
			c.spill(n)
			c.remove(n)
			c.stats.Evicts++
			return true
		}
		if inner == nil && c.spare(n) {
			inner = n
		}
	}
	if inner == nil {
		return false
	}
	c.spill(inner)
	c.strip(inner)
	c.stats.Evicts++
	return true
}

// forget removes the leaf that holds p from the tree, so that the only sequence
// with p may write to it. It reports whether it may.
func (c *Cache) forget(p *page) bool {
	for e := c.nodes.Front(); e != nil && p.users == 1; e = e.Next() {
		if n := e.Value.(*node); n.pages[p.group] == p && n.users == 0 && len(n.children) == 0 {
			c.remove(n)
			return p.refs == 1
		}
	}
	return false
}

// alone reports whether only the tree holds the pages of n.
func (c *Cache) alone(n *node) bool {
	for _, p := range n.pages {
		if p != nil && p.users > 0 {
			return false
		}
	}
	return true
}

// spare reports whether n holds pages or states that can be dropped.
func (c *Cache) spare(n *node) bool {
	for g, p := range n.pages {
		if p != nil && p.users == 0 && c.c.Groups[g].Kind == Window {
			return true
		}
	}
	for _, pages := range n.states {
		for _, p := range pages {
			if p != nil && p.users == 0 {
				return true
			}
		}
	}
	return false
}

// strip drops the pages and states of n that can be dropped.
func (c *Cache) strip(n *node) {
	for g, p := range n.pages {
		if p != nil && p.users == 0 && c.c.Groups[g].Kind == Window {
			c.unref(p)
			n.pages[g] = nil
		}
	}
	for at, pages := range n.states {
		if slices.ContainsFunc(pages, func(p *page) bool { return p != nil && p.users == 0 }) {
			for _, p := range pages {
				c.unref(p)
			}
			delete(n.states, at)
		}
	}
}

// remove removes a leaf from the tree.
func (c *Cache) remove(n *node) {
	n.dirty = false
	for _, p := range n.pages {
		c.unref(p)
	}
	for _, pages := range n.states {
		for _, p := range pages {
			c.unref(p)
		}
	}
	list := slices.DeleteFunc(n.parent.children[n.ids[0]], func(o *node) bool { return o == n })
	if len(list) == 0 {
		delete(n.parent.children, n.ids[0])
	} else {
		n.parent.children[n.ids[0]] = list
	}
	c.nodes.Remove(n.used)
	if n.parent.parent == nil && len(n.parent.children) == 0 {
		delete(c.roots, n.parent.salt)
	}
}
