package chord

import (
	"context"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/internal/sessionfile"
)

// A Session is a text that goes on: what is appended and what is generated, with
// its cache. It serves one goroutine at a time; different sessions serve as many
// as there are. It must be closed.
type Session struct {
	m      *Model
	seq    *engine.Seq
	rest   []int32   // the last tokens, which seq lacks
	logits []float32 // after the last token, if rest is empty; nil: not known
	ids    []int32   // what Tokens returned
	closed bool
}

// NewSession returns an empty session.
func (m *Model) NewSession() *Session {
	return &Session{m: m, seq: m.engine.NewSeq(nil, engine.SeqOptions{NoPrefix: m.noPrefix})}
}

// Append adds text, and reads it. At the beginning of the session the BOS that
// the model asks for comes first. Names of control tokens in text become control
// tokens; text that must not is encoded by [Model.Tokenizer] and added by
// AppendTokens.
//
// Errors are those of [Model.Generate]; after one the session is as it was.
func (s *Session) Append(ctx context.Context, text string) error {
	if ctx == nil {
		panic("chord: the context is nil")
	}
	first := s.Len() == 0
	ids, err := s.m.encode(ctx, text, bpe.EncodeOptions{NoBOS: !first})
	if err != nil {
		return err
	}
	return s.AppendTokens(ctx, ids)
}

// AppendTokens adds ids, (n,), and reads them. Errors are those of
// [Model.Generate], and a [*ParamError] for an id outside the vocabulary; after
// one the session is as it was.
func (s *Session) AppendTokens(ctx context.Context, ids []int32) error {
	if len(ids) == 0 {
		return nil
	}
	if err := s.check(ctx, ids); err != nil {
		return err
	}
	if s.seq.Len() == 0 && len(s.rest) == 0 { // others may have begun alike
		s.seq.Close()
		s.seq = s.m.engine.NewSeq(ids, engine.SeqOptions{NoPrefix: s.m.noPrefix})
		if err := s.read(ctx, ids[s.seq.Len():]); err != nil {
			s.seq.Rewind(0)
			return err
		}
		return nil
	}
	return s.read(ctx, ids)
}

// read adds ids behind the rest.
func (s *Session) read(ctx context.Context, ids []int32) error {
	rows, err := s.m.engine.Forward(ctx, s.seq, append(slices.Clip(s.rest), ids...), 1)
	if err != nil {
		s.logits = nil
		return failed(err)
	}
	s.rest, s.logits = nil, rows.At(0)
	return nil
}

// check returns what is wrong with ids behind what the session has.
func (s *Session) check(ctx context.Context, ids []int32) error {
	if s.closed {
		return fmt.Errorf("chord: session: %w", ErrClosed)
	}
	if err := s.m.checkIDs(ctx, ids); err != nil {
		return err
	}
	if n, limit := s.Len()+len(ids), s.m.Context(); n > limit {
		return fmt.Errorf("chord: session of %d tokens, context of %d: %w", n, limit, ErrContextFull)
	}
	return nil
}

// Generate continues the session. What is generated joins it, but for a token
// that ends the text; where a stop string cut a text short, all tokens join it.
// Otherwise it is as [Model.Generate].
func (s *Session) Generate(ctx context.Context, p Params) iter.Seq2[Token, error] {
	return func(yield func(Token, error) bool) {
		if err := s.ready(ctx, &p); err != nil {
			yield(Token{ID: -1, Result: &Result{}}, err)
			return
		}
		s.run(ctx, &generation{m: s.m, p: &p}, yield)
	}
}

// ready returns what keeps the session from going on.
func (s *Session) ready(ctx context.Context, p *Params) error {
	if ctx == nil {
		panic("chord: the context is nil")
	}
	if err := p.check(s.m.vocab); err != nil {
		return err
	}
	switch {
	case s.closed:
		return fmt.Errorf("chord: session: %w", ErrClosed)
	case s.Len() == 0:
		return invalid("session", "nothing to continue: it has no tokens")
	}
	return nil
}

// run lets g continue the session.
func (s *Session) run(ctx context.Context, g *generation, yield func(Token, error) bool) {
	if len(s.rest) == 0 && s.logits == nil { // compute the last token again
		last := s.seq.Tokens()[s.seq.Len()-1]
		s.seq.Rewind(s.seq.Len() - 1)
		s.rest = []int32{last}
	}
	s.seq.SetPriority(g.p.Priority)
	g.seq, g.pending, g.logits = s.seq, s.rest, s.logits
	s.rest, s.logits = nil, nil
	defer func() { s.rest = slices.Clone(g.pending) }()
	g.run(ctx, yield)
}

// Len returns the number of tokens.
func (s *Session) Len() int { return s.seq.Len() + len(s.rest) }

// Tokens returns the tokens so far, those of control included. They may be
// changed and are valid until the next call.
func (s *Session) Tokens() []int32 {
	s.ids = append(append(s.ids[:0], s.seq.Tokens()...), s.rest...)
	return s.ids
}

// Rewind forgets all tokens but the first n. It panics if there are fewer.
func (s *Session) Rewind(n int) {
	if n < 0 || n > s.Len() {
		panic("chord: Session.Rewind: beyond the session")
	}
	if n == s.Len() {
		return
	}
	s.logits = nil
	if k := n - s.seq.Len(); k >= 0 {
		s.rest = s.rest[:k]
		return
	}
	s.rest = nil
	s.seq.Rewind(n)
}

// Fork returns another session with the same tokens. Both go their own ways and
// share the memory of what they have in common.
func (s *Session) Fork() *Session {
	return &Session{m: s.m, seq: s.seq.Fork(), rest: slices.Clone(s.rest), closed: s.closed}
}

// Close gives the session's cache back.
func (s *Session) Close() {
	s.closed, s.logits = true, nil
	s.seq.Close()
}

// WriteTo writes the session to w, for [Model.ReadSession] of the same model on
// any machine.
func (s *Session) WriteTo(w io.Writer) (int64, error) {
	if s.closed {
		return 0, fmt.Errorf("chord: session: %w", ErrClosed)
	}
	return sessionfile.Write(w, s.m.print, s.Tokens())
}

// ReadSession returns the session that [Session.WriteTo] wrote to r, of which it
// reads no more. Its tokens are computed again, unless the model still has them.
//
// A file that is no session or was damaged is [ErrFormat], one of another model
// [ErrMismatch], one that is longer than the context [ErrContextFull]; other
// errors are r's and those of [Session.AppendTokens].
func (m *Model) ReadSession(ctx context.Context, r io.Reader) (*Session, error) {
	if ctx == nil {
		panic("chord: the context is nil")
	}
	ids, err := sessionfile.Read(r, m.print, m.Context())
	if err != nil {
		return nil, err
	}
	s := m.NewSession()
	if err := s.AppendTokens(ctx, ids); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}
