package chord

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/internal/generate"
	"github.com/querent-ai/chord/internal/kvcache"
	"github.com/querent-ai/chord/internal/kvdisk"
	"github.com/querent-ai/chord/internal/sessionfile"
	"github.com/querent-ai/chord/llama"
)

// A Session is a text that grows by Append and Generate, with its cache. It serves
// one goroutine at a time. It must be closed.
type Session struct {
	m      *Model
	seq    *engine.Seq
	rest   []int32   // the last tokens, not in seq yet
	logits []float32 // after the last token if rest is empty; nil: not known
	ids    []int32   // result of Tokens
	closed bool

	priority int // of the last text
	adapters []AdapterScale
	set      *llama.AdapterSet // of adapters
}

// NewSession returns an empty session.
func (m *Model) NewSession() *Session {
	return &Session{m: m, seq: m.engine.NewSeq(nil, engine.SeqOptions{NoPrefix: m.texts.NoPrefix})}
}

// Append adds text and computes its tokens. At the beginning of the session the BOS
// of the model comes first. Names of control tokens in text become control tokens;
// to avoid that, encode text with [Model.Tokenizer] and use AppendTokens.
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

// AppendTokens adds ids, (n,), and computes them. Errors are those of
// [Model.Generate], and a [*ParamError] for an id outside the vocabulary; after one
// the session is as it was.
func (s *Session) AppendTokens(ctx context.Context, ids []int32) error {
	if len(ids) == 0 {
		return nil
	}
	if err := s.check(ctx, ids); err != nil {
		return err
	}
	if s.seq.Len() == 0 && len(s.rest) == 0 { // the prefix cache may have some
		s.seq.Close()
		s.seq = s.m.engine.Attach(ctx, ids, engine.SeqOptions{Priority: s.priority, NoPrefix: s.m.texts.NoPrefix, Adapters: s.set})
		if err := s.read(ctx, ids[s.seq.Len():]); err != nil {
			s.seq.Rewind(0)
			return err
		}
		return nil
	}
	return s.read(ctx, ids)
}

// read computes rest and ids.
func (s *Session) read(ctx context.Context, ids []int32) error {
	rows, err := s.m.engine.Forward(ctx, s.seq, append(slices.Clip(s.rest), ids...), 1)
	if err != nil {
		s.logits = nil
		return failed(err)
	}
	s.rest, s.logits = nil, rows.At(0)
	return nil
}

// check returns an error if ids cannot be appended.
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

// Generate continues the session as [Model.Generate] continues a prompt. Generated
// tokens are added to the session, including those of a stop string, but not the
// token that ends the text.
func (s *Session) Generate(ctx context.Context, p Params) iter.Seq2[Token, error] {
	return func(yield func(Token, error) bool) {
		if err := s.ready(ctx, &p); err != nil {
			yield(Token{ID: -1, Result: &Result{}}, err)
			return
		}
		t, err := s.m.newText(&p)
		if err != nil {
			yield(Token{ID: -1, Result: &Result{}}, err)
			return
		}
		s.run(ctx, t, &p, yield)
	}
}

// ready returns an error if the session cannot be continued.
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
	return s.adopt(p)
}

// SetAdapters makes the session use other adapters, or none. Its tokens are computed
// again with them. Errors are a [*ParamError], [ErrMismatch] for an adapter of another
// model and [ErrClosed].
func (s *Session) SetAdapters(adapters ...AdapterScale) error {
	set, err := s.m.adapters("adapters", adapters)
	if err != nil {
		return err
	}
	s.adapters = slices.Clone(adapters)
	if s.set.Key() != set.Key() {
		s.logits = nil
		s.seq.SetAdapters(set)
	}
	s.set = set
	return nil
}

// adopt makes the session use the adapters of p, or p those of the session if it has
// no list.
func (s *Session) adopt(p *Params) error {
	if p.Adapters == nil {
		p.Adapters = s.adapters
		return nil
	}
	return s.SetAdapters(p.Adapters...)
}

// run continues the session by t.
func (s *Session) run(ctx context.Context, t *generate.Text, p *Params, yield func(Token, error) bool) {
	if len(s.rest) == 0 && s.logits == nil { // compute the last token again
		last := s.seq.Tokens()[s.seq.Len()-1]
		s.seq.Rewind(s.seq.Len() - 1)
		s.rest = []int32{last}
	}
	s.priority = p.Priority
	s.seq.SetPriority(p.Priority)
	t.Seq, t.Pending, t.Logits = s.seq, s.rest, s.logits
	s.rest, s.logits = nil, nil
	defer func() { s.rest = slices.Clone(t.Pending) }()
	s.m.run(ctx, t, p, yield)
}

// Len returns the number of tokens.
func (s *Session) Len() int { return s.seq.Len() + len(s.rest) }

// Tokens returns all tokens, including control tokens. Ids below 0 are rows of pictures.
// The slice may be changed and is valid until the next call.
func (s *Session) Tokens() []int32 {
	s.ids = append(append(s.ids[:0], s.seq.Tokens()...), s.rest...)
	return s.ids
}

// Rewind drops all tokens but the first n. It panics if there are fewer. A picture of
// which only a part would stay is dropped.
func (s *Session) Rewind(n int) {
	if n < 0 || n > s.Len() {
		panic("chord: Session.Rewind: beyond the session")
	}
	if ids := s.Tokens(); n < len(ids) && ids[n] < 0 {
		for n > 0 && ids[n-1] == ids[n]-1 {
			n--
		}
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

// Fork returns another session with the same tokens. Both share the cache of their
// common prefix.
func (s *Session) Fork() *Session {
	return &Session{m: s.m, seq: s.seq.Fork(), rest: slices.Clone(s.rest), closed: s.closed,
		priority: s.priority, adapters: s.adapters, set: s.set}
}

// Close releases the session's cache.
func (s *Session) Close() {
	s.closed, s.logits = true, nil
	s.seq.Close()
}

// WriteTo writes the session to w: its tokens, and what the cache has of them.
// [Model.ReadSession] of the same model reads it on any machine. A session has no
// other state: each Generate begins with its own Params. One with pictures, which its
// tokens do not tell, gives [ErrUnsupported].
func (s *Session) WriteTo(w io.Writer) (int64, error) {
	if s.closed {
		return 0, fmt.Errorf("chord: session: %w", ErrClosed)
	}
	if slices.ContainsFunc(s.Tokens(), func(id int32) bool { return id < 0 }) {
		return 0, fmt.Errorf("chord: session: with pictures: %w", ErrUnsupported)
	}
	print, err := s.m.fingerprint(context.Background())
	if err != nil {
		return 0, err
	}
	tokens, size, long := s.seq.Cache()
	h := sessionfile.Header{Model: print, Cache: s.cacheID(), Long: long, Chunks: (tokens + size - 1) / size, IDs: s.Tokens()}
	sum, err := h.Write(w)
	var x kvcache.Chunk
	for at := 0; at < h.Chunks && err == nil; at++ {
		if s.m.llama.Device() || !s.seq.Export(at, &x) { // a device has it, or others needed its memory meanwhile
			x.IDs, x.Parts = h.IDs[at*size:min((at+1)*size, tokens)], nil
		}
		for i := range x.Parts {
			if p := &x.Parts[i]; p.At == 0 && len(x.IDs) < size {
				s.m.llama.ClearCache(p.Group, p.Bytes, len(x.IDs))
			}
		}
		var n int64
		n, err = kvdisk.Write(w, &x)
		sum += n
	}
	return sum, err
}

// cacheID tells what the cache of s was computed with.
func (s *Session) cacheID() [32]byte {
	id := s.m.llama.CacheID()
	if key := s.set.Key(); key != "" {
		return sha256.Sum256(append(id[:], key...))
	}
	return id
}

// ReadSession reads a session written by [Session.WriteTo], and nothing after it.
// The cache that comes with it is used if this model would compute the same one:
// with the same types of keys and values, no adapters, and a version of chord that
// gives the same bits. Else the tokens are computed again, unless they are in the prefix cache;
// Result.Cached says how many were not.
//
// A cache that comes with a session is not checked, since that would take as long as
// to compute it. So only the session and its forks use it: who can forge a session
// decides what it says, but not what others get.
//
// A malformed or damaged session gives [ErrFormat], one of another model
// [ErrMismatch], one longer than the context [ErrContextFull]; other errors are
// those of r and of [Session.AppendTokens].
func (m *Model) ReadSession(ctx context.Context, r io.Reader) (*Session, error) {
	if ctx == nil {
		panic("chord: the context is nil")
	}
	print, err := m.fingerprint(ctx)
	if err != nil {
		return nil, err
	}
	h, err := sessionfile.Read(r, print, m.Context())
	if err != nil {
		return nil, err
	}
	if len(h.IDs) > 0 {
		if err := m.checkIDs(ctx, h.IDs); err != nil {
			return nil, err
		}
	}
	s := m.NewSession()
	if h.Chunks > 0 && h.Cache == s.cacheID() && !m.embedder {
		s.seq.Close()
		s.seq, err = m.importSession(ctx, r, h)
	} else {
		err = h.Skip(r, h.Chunks)
	}
	if err == nil && s.Len() < len(h.IDs) {
		err = s.AppendTokens(ctx, h.IDs[s.Len():])
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// importSession returns a sequence with the cache of a session's tokens, or of
// fewer if there is no room for it.
func (m *Model) importSession(ctx context.Context, r io.Reader, h *sessionfile.Header) (*engine.Seq, error) {
	x := m.engine.NewImport(h.Long, engine.SeqOptions{NoPrefix: m.texts.NoPrefix})
	n, had, err := 0, true, error(nil)
	records := h.Records(r, x.Config())
	for at := 0; at < h.Chunks && err == nil; at++ {
		if err = ctx.Err(); err != nil {
			break
		}
		var c *kvcache.Chunk
		if c, err = records.Next(); err != nil || !had {
			continue
		}
		if had = len(c.Parts) > 0 && x.Add(at, c) == nil; had {
			n += len(c.IDs)
		}
	}
	seq := x.Seq(h.IDs[:n])
	return seq, err
}
