package llama

import (
	"errors"
	"fmt"
)

// admit checks a batch, gives every token its position and makes room for its
// keys, values, angles and logits.
func (m *Model) admit(batch []Token) error {
	if m.closed {
		return fmt.Errorf("llama: model: %w", ErrClosed)
	}
	if len(batch) == 0 {
		return errors.New("llama: empty batch")
	}
	p := &m.pass
	p.row, p.pos = p.row[:0], p.pos[:0]
	rows := 0
	for i, t := range batch {
		pos, err := m.place(t, i)
		if err != nil {
			return fmt.Errorf("llama: token %d of the batch: %w", i, err)
		}
		p.pos = append(p.pos, pos)
		row := -1
		if t.Logits {
			row = rows
			rows++
		}
		p.row = append(p.row, row)
	}
	for i, t := range batch {
		t.Seq.extend(p.pos[i] + 1)
		m.ropes.grow(p.pos[i] + 1)
	}
	p.logits = grow(p.logits, rows*m.config.outDim())
	return nil
}

// place returns the position of token i of a batch, the next of its sequence.
func (m *Model) place(t Token, i int) (int, error) {
	s := t.Seq
	switch {
	case s == nil || s.m != m:
		panic("llama: Forward: a token's Seq is not one of this model")
	case s.closed:
		return 0, fmt.Errorf("its sequence: %w", ErrClosed)
	case t.ID < 0 || int(t.ID) >= m.config.Vocab:
		return 0, fmt.Errorf("id %d is not in the vocabulary of %d", t.ID, m.config.Vocab)
	case s.n > 0 && m.config.Embedder():
		return 0, fmt.Errorf("its sequence has %d tokens, and an embedder takes all at once: %w", s.n, ErrUnsupported)
	case s.n+s.ahead >= m.context:
		return 0, fmt.Errorf("its sequence has %d tokens: %w", s.n+s.ahead, ErrContextFull)
	}
	if s.ahead == 0 {
		s.first = i
	}
	s.ahead++
	return s.n + s.ahead - 1, nil
}

// commit makes the tokens of a batch count.
func commit(batch []Token) {
	for _, t := range batch {
		t.Seq.n++
	}
}

// release ends what admit began: tokens that have not been committed are gone.
func release(batch []Token) {
	for _, t := range batch {
		if t.Seq != nil {
			t.Seq.ahead = 0
			t.Seq.shrink()
		}
	}
}

// Logits returns the logits of token i of the last Forward's batch, (Vocab,), or
// of an embedder the token's vector, (Dim,).
// They may be changed and are valid until the next Forward. It panics if the
// token did not ask for them or that Forward failed.
func (m *Model) Logits(i int) []float32 {
	p := &m.pass
	if i < 0 || i >= len(p.row) || p.row[i] < 0 {
		panic("llama: Logits: the token did not ask for logits")
	}
	n := m.config.outDim()
	return p.logits[p.row[i]*n : (p.row[i]+1)*n : (p.row[i]+1)*n]
}

// grow returns a slice of length n with unspecified content, s itself if it
// has the room.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
