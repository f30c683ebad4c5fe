package grammar

import (
	"errors"
	"fmt"
	"slices"
)

// A Matcher follows one text, token by token. It is for one goroutine; any
// number of matchers share a Grammar and a Vocab.
type Matcher struct {
	g     *Grammar
	v     *Vocab
	m     *machine
	path  []*config // before the first token and after every one
	ids   []int32   // the tokens
	ended bool      // the last token ended the text
	text  []byte    // what Forced returned
	given []byte    // text before the first token, see NewMatcherAfter
}

// NewMatcher returns a matcher at the begin of a text.
func (g *Grammar) NewMatcher(v *Vocab) *Matcher {
	m := &Matcher{g: g, v: v, m: g.machine()}
	m.path = append(m.path, m.m.root)
	return m
}

// NewMatcherAfter returns a matcher of the texts that begin with text, after it; nil
// if there is none.
func (g *Grammar) NewMatcherAfter(v *Vocab, text []byte) *Matcher {
	m := g.NewMatcher(v)
	c, _ := m.m.run(m.at(), text)
	if c == dead {
		return nil
	}
	m.path[0], m.given = c, slices.Clone(text)
	return m
}

func (m *Matcher) at() *config { return m.path[len(m.path)-1] }

// Mask sets in dst, of [Vocab.Words] words, the bit of every token that may come
// next, and clears all others. An end token may come where the text may end.
// It reports whether any may: after an end token none does.
func (m *Matcher) Mask(dst []uint64) bool {
	if len(dst) != m.v.Words() {
		panic("grammar: Mask: len(dst) != Vocab.Words()")
	}
	if m.ended {
		clear(dst)
		return false
	}
	m.refresh()
	m.m.mu.Lock()
	bits := m.m.mask(m.at(), m.v)
	m.m.mu.Unlock()
	copy(dst, bits)
	return slices.ContainsFunc(bits, func(w uint64) bool { return w != 0 })
}

// Accept goes on after token. If the token may not come next it returns an error
// and nothing changes.
func (m *Matcher) Accept(token int32) error {
	if m.ended {
		return errors.New("grammar: a token after the end of the text")
	}
	if slices.Contains(m.v.ends, token) {
		if !m.at().accepts {
			return errors.New("grammar: the text may not end here")
		}
		m.path = append(m.path, m.at())
		m.ids = append(m.ids, token)
		m.ended = true
		return nil
	}
	t := m.v.Text(token)
	if len(t) == 0 {
		return fmt.Errorf("grammar: token %d is in no text", token)
	}
	c, n := m.m.run(m.at(), t)
	if c == dead {
		return fmt.Errorf("grammar: token %d (%q) may not come next, from its byte %d on", token, t, n)
	}
	m.path = append(m.path, c)
	m.ids = append(m.ids, token)
	return nil
}

// run returns the config after text, and how many of its bytes are right.
func (m *machine) run(c *config, text []byte) (*config, int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, b := range text {
		if c = m.after(c, b); c == dead {
			return dead, i
		}
	}
	return c, len(text)
}

// Accepting reports whether the text may end here.
func (m *Matcher) Accepting() bool { return m.at().accepts }

// Ended reports whether an end token has been accepted.
func (m *Matcher) Ended() bool { return m.ended }

// maxForced bounds what Forced returns.
const maxForced = 4096

// Forced returns the bytes that must come next, whatever the text goes on with
// after them; none if there is a choice, or the text may end. The caller may use
// them until the next call.
func (m *Matcher) Forced() []byte {
	m.text = m.text[:0]
	if m.ended {
		return nil
	}
	m.m.mu.Lock()
	defer m.m.mu.Unlock()
	for c := m.at(); len(m.text) < maxForced; {
		b, ok := m.m.forced(c)
		if !ok {
			break
		}
		m.text = append(m.text, b)
		c = m.m.after(c, b)
	}
	return m.text
}

// Clone returns a matcher that goes its own way from here.
func (m *Matcher) Clone() *Matcher {
	c := *m
	c.path, c.ids, c.text = slices.Clone(m.path), slices.Clone(m.ids), nil
	return &c
}

// Rollback takes the last n tokens back.
func (m *Matcher) Rollback(n int) {
	if n < 0 || n > len(m.ids) {
		panic("grammar: Rollback: more tokens than were accepted")
	}
	if n > 0 {
		m.ended = false
	}
	m.ids = m.ids[:len(m.ids)-n]
	m.path = m.path[:len(m.path)-n]
}

// Reset goes back to the begin of the text.
func (m *Matcher) Reset() { m.Rollback(len(m.ids)) }

// refresh moves to a new automaton if the old one has grown too large.
func (m *Matcher) refresh() {
	now := m.g.machine()
	if now == m.m {
		return
	}
	m.m = now
	start, _ := now.run(now.root, m.given)
	m.path = append(m.path[:0], start)
	for _, id := range m.ids {
		c, _ := now.run(m.at(), m.v.Text(id))
		m.path = append(m.path, c)
	}
}
