package grammar

import "sync"

// A machine is the automaton of a grammar as far as it has been built. All who
// use the grammar share it.
type machine struct {
	mu      sync.Mutex
	r       *rules
	lex     *lexer
	build   *builder
	configs []*config // by number; 0 is none
	index   table     // of configs
	budget  *budget
	work    int // see maxWork
	root    *config
	masked  []*config // those that have masks, in the order in which they got them
	threads []thread
	stack   []*config
}

func newMachine(r *rules) *machine {
	m := &machine{r: r, configs: []*config{nil, dead}, budget: r.x.budget, work: maxWork}
	m.lex = newLexer(r)
	m.build = newBuilder(r, m.lex)
	m.build.begin()
	for _, at := range r.starts[r.first] {
		m.build.add(item{pos: at})
	}
	if row := m.build.row(); row != nil {
		var threads []thread
		if len(row.waiting) > 0 {
			threads = append(threads, thread{row, row.start})
		}
		m.root = m.configs[m.intern(threads, row.accepts)]
	} else {
		m.root = dead
	}
	return m
}

// after returns the config after byte b. The caller has m.mu.
func (m *machine) after(c *config, b byte) *config {
	if !c.first.has(b) {
		return dead
	}
	k := m.lex.classes[b]
	if c.next != nil {
		if n := c.next[k]; n != 0 {
			return m.configs[n]
		}
	}
	return m.step(c, k)
}

// forced returns the only byte that may follow c, ok false if there are others,
// or the text may end.
func (m *machine) forced(c *config) (b byte, ok bool) {
	if c.forced == -2 {
		c.forced = -1
		if n, only := single256(&c.first); !c.accepts && n == 1 && m.after(c, only) != dead {
			c.forced = int16(only)
		}
	}
	return byte(c.forced), c.forced >= 0
}

// single256 returns how many bytes s has, at most 2, and one of them.
func single256(s *byteSet) (n int, b byte) {
	for i := 0; i < 256 && n < 2; i++ {
		if s.has(byte(i)) {
			n++
			b = byte(i)
		}
	}
	return n, b
}
