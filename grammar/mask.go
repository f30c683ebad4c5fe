package grammar

import (
	mathbits "math/bits"
	"slices"
)

// keptMasks is how many masks a grammar keeps: 4 MiB with 128k tokens.
const keptMasks = 256

// A maskEntry is the mask of a config, for one vocabulary.
type maskEntry struct {
	vocab *Vocab
	bits  []uint64
}

// mask returns the tokens of v that may follow c. It is shared: nobody may
// change it. The caller has m.mu.
func (m *machine) mask(c *config, v *Vocab) []uint64 {
	for _, e := range c.masks {
		if e.vocab == v {
			return e.bits
		}
	}
	if len(m.masked) == keptMasks {
		old := m.masked[0]
		old.masks = old.masks[1:]
		m.masked = slices.Delete(m.masked, 0, 1)
	}
	bits := make([]uint64, v.Words())
	m.fill(bits, c, v)
	c.masks = append(c.masks, maskEntry{v, bits})
	m.masked = append(m.masked, c)
	return bits
}

// fill sets the bits of the tokens of v that may follow c.
func (m *machine) fill(bits []uint64, c *config, v *Vocab) {
	if len(m.stack) <= v.depth {
		m.stack = make([]*config, v.depth+1)
	}
	for i := range v.parts {
		p := &v.parts[i]
		if k := partKinds[i]; k.level > 0 && c.free[k.level-1] >= k.length {
			for w, b := range p.all {
				bits[w] |= b
			}
			continue
		}
		m.walk(bits, c, p)
	}
	if c.accepts {
		for _, id := range v.ends {
			bits[id/64] |= 1 << (id % 64)
		}
	}
}

// walk sets the bits of the tokens of p that may follow c.
func (m *machine) walk(bits []uint64, c *config, p *part) {
	for w, set := range c.first {
		for set &= p.first[w]; set != 0; set &= set - 1 {
			b := 64*w + mathbits.TrailingZeros64(set)
			i := p.roots[b]
			m.walkNodes(bits, c, p.nodes[:p.nodes[i].next], int(i))
		}
	}
}

// walkNodes is walk for the nodes from i on, which begin with the same byte.
func (m *machine) walkNodes(bits []uint64, c *config, nodes []trieNode, i int) {
	stack := m.stack
	stack[0] = c
	classes := &m.lex.classes
	for i < len(nodes) {
		n := &nodes[i]
		if n.same {
			bits[n.token>>6] |= 1 << (n.token & 63)
			i++
			continue
		}
		at := stack[n.depth]
		if !at.first.has(n.byte) {
			i = int(n.next)
			continue
		}
		var to *config
		k := classes[n.byte]
		if at.next == nil || at.next[k] == 0 {
			to = m.step(at, k)
		} else {
			to = m.configs[at.next[k]]
		}
		if to == dead {
			i = int(n.next)
			continue
		}
		stack[n.depth+1] = to
		if n.token >= 0 {
			bits[n.token>>6] |= 1 << (n.token & 63)
		}
		i++
	}
}
