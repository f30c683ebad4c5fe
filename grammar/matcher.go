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
	err   error     // see Err
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
	c, _, err := m.m.run(m.at(), text)
	if c == dead || err != nil {
		return nil
	}
	m.path[0], m.given = c, slices.Clone(text)
	return m
}

func (m *Matcher) at() *config { return m.path[len(m.path)-1] }

// Mask sets in dst, of [Vocab.Words] words, the bit of every token that may come
// next, and clears all others. An end token may come where the text may end.
// It reports whether any may: after an end token none does, nor after an error; see
// [Matcher.Err].
func (m *Matcher) Mask(dst []uint64) bool {
	if len(dst) != m.v.Words() {
		panic("grammar: Mask: len(dst) != Vocab.Words()")
	}
	clear(dst)
	if m.ended {
		return false
	}
	var bits []uint64
	if m.err = m.refresh(); m.err == nil {
		bits, m.err = m.m.tryMask(m.at(), m.v)
	}
	if m.err != nil {
		return false
	}
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
	c, n, err := m.m.run(m.at(), t)
	if err != nil {
		return err
	}
	if c == dead {
		return fmt.Errorf("grammar: token %d (%q) may not come next, from its byte %d on", token, t, n)
	}
	m.path = append(m.path, c)
	m.ids = append(m.ids, token)
	return nil
}

// Err returns why the last Mask allowed nothing, nil if that is what the grammar says.
// There are grammars so ambiguous that following a text through them takes more work
// than is done for a token.
func (m *Matcher) Err() error { return m.err }

// run returns the config after text, and how many of its bytes are right.
func (m *machine) run(from *config, text []byte) (c *config, n int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer catch(&err)
	m.build.left = m.work
	c = from
	for n < len(text) {
		if c = m.after(c, text[n]); c == dead {
			break
		}
		n++
	}
	return c, n, nil
}

// tryMask returns the mask of c, see machine.mask.
func (m *machine) tryMask(c *config, v *Vocab) (bits []uint64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer catch(&err)
	m.build.left = m.work
	return m.mask(c, v), nil
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
	m.m.build.left = m.m.work
	var err error // which Mask has as well
	m.force(&err)
	return m.text
}

// force appends the forced bytes to text.
func (m *Matcher) force(err *error) {
	defer catch(err)
	for c := m.at(); len(m.text) < maxForced; {
		b, ok := m.m.forced(c)
		if !ok {
			return
		}
		m.text = append(m.text, b)
		c = m.m.after(c, b)
	}
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
func (m *Matcher) refresh() error {
	now := m.g.machine()
	if now == m.m {
		return nil
	}
	path, err := now.replay(m)
	if err == nil {
		m.m, m.path = now, path
	}
	return err
}

// maxReplay bounds the work of reading a whole text again, in that of tokens.
const maxReplay = 32

// replay returns the path of what o has read.
func (m *machine) replay(o *Matcher) (path []*config, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer catch(&err)
	m.build.left = maxReplay * m.work
	c := m.root
	read := func(text []byte) {
		for _, b := range text {
			c = m.after(c, b)
		}
		path = append(path, c)
	}
	read(o.given)
	for _, id := range o.ids {
		if slices.Contains(o.v.ends, id) {
			path = append(path, c)
			continue
		}
		read(o.v.Text(id))
	}
	return path, nil
}
