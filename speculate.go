package chord

import (
	"context"

	"github.com/querent-ai/chord/internal/draft"
	"github.com/querent-ai/chord/internal/engine"
)

// A speculation is speculative decoding: a pass computes the last token and a draft of
// the next ones. Each token is still sampled from its own logits; as long as it is the
// drafted one, the next logits are there already. So text, seed and draws are those of
// plain decoding.
//
// What the text, the pool and the draft model propose is compared with every token,
// drafted or not: which proposals are worth rows is known without paying for them.
type speculation struct {
	lookup *draft.Lookup // nil: none
	pool   *draft.Pool   // nil: none
	model  *drafter      // nil: none
	tail   draft.Tail
	odds   draft.Odds
	curve  draft.Curve
	others int // rows of other sequences in a pass

	draft draft.Draft
	other draft.Draft // another one, to compare with
	rows  engine.Rows // of the last pass: after the last token and after each of draft
	batch []int32     // the last token and the draft
	at    int         // row in use
}

// beginSpeculation makes g.spec if there is anything to draft from.
func (g *generation) beginSpeculation() {
	m, p := g.m, g.p
	drafts := m.draft != nil && p.DraftMax >= 0
	if p.Lookup == 0 && p.Grammar == nil && g.guide == nil && !drafts {
		return
	}
	s := new(speculation)
	g.spec = s
	m.history.Begin(&s.odds)
	if p.Lookup > 0 {
		s.lookup = new(draft.Lookup)
		s.pool = m.sharedPool()
	}
	if drafts {
		s.model = &drafter{m: m.draft}
	}
}

// endSpeculation keeps what was learned and releases the draft model's sequence.
func (g *generation) endSpeculation() {
	if s := g.spec; s != nil {
		g.m.history.End(&s.odds)
		s.model.close()
	}
}

// sharedPool returns the pool of n-grams of all sequences, or nil.
func (m *Model) sharedPool() *draft.Pool {
	if m.noSharedLookup {
		return nil
	}
	m.poolOnce.Do(func() { m.pool = draft.NewPool() })
	return m.pool
}

// accept adds a token to the text.
func (s *speculation) accept(id int32) {
	if s.lookup != nil {
		s.lookup.Add(id)
		s.tail.Add(id)
	}
}

// learn compares a sampled token with what would have been proposed, before accept.
func (s *speculation) learn(id int32) {
	if s.model != nil {
		s.model.learn(&s.odds, id)
	}
	if s.lookup == nil {
		return
	}
	if want, class, ok := s.lookup.Next(); ok {
		s.odds.Saw(class, want == id)
	}
	if s.pool != nil {
		if want, class, ok := s.pool.Next(&s.tail); ok {
			s.odds.Saw(class, want == id)
		}
		s.pool.Add(&s.tail, id)
	}
}

// drafted records whether token i of the draft was right, if learn does not.
func (s *speculation) drafted(i int, right bool) {
	if class := s.draft.Class[i]; class == draft.Forced {
		s.odds.Saw(class, right)
	}
}

// speculate returns the logits of the next token, from the last pass if the last
// token was drafted there.
func (g *generation) speculate(ctx context.Context) ([]float32, error) {
	s := g.spec
	if len(g.pending) == 1 && s.at < len(s.draft.IDs) {
		right := s.draft.IDs[s.at] == g.pending[0]
		s.drafted(s.at, right)
		if right {
			return g.next1(ctx)
		}
	}
	g.drop()
	s.draft.Reset()
	s.at = 0
	if len(g.pending) == 1 && g.result.Generated > 0 {
		if err := g.propose(ctx); err != nil {
			return nil, err
		}
	}
	if len(s.draft.IDs) > 0 {
		g.m.passes.Drafted()
	}
	g.result.Drafted += len(s.draft.IDs)
	s.batch = append(append(s.batch[:0], g.pending...), s.draft.IDs...)
	rows, err := g.m.engine.Forward(ctx, g.seq, s.batch, len(s.draft.IDs)+1)
	if err != nil {
		s.rows = engine.Rows{}
		s.draft.Reset()
		return nil, err
	}
	s.rows, s.others = rows, g.seq.Others()
	g.kept += len(g.pending)
	g.pending = nil
	return rows.At(0), nil
}

// next1 returns the next logits of the last pass.
func (g *generation) next1(ctx context.Context) ([]float32, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := g.spec
	s.at++
	g.kept++
	g.pending = nil
	g.result.Accepted++
	return s.rows.At(s.at), nil
}

// propose sets the draft to the proposal that is expected to gain most, if any pays.
// The error is ctx's.
func (g *generation) propose(ctx context.Context) error {
	s := g.spec
	n := g.mostDrafted()
	if n == 0 || !g.m.costs(&s.curve, s.others) {
		return nil
	}
	best := 1.0
	if g.grammar != nil {
		for _, id := range g.grammar.forced(g.tok, min(n, grammarDraft)) {
			s.other.Add(id, draft.Forced)
		}
		best = s.consider(best)
	}
	if s.lookup != nil {
		s.lookup.Propose(&s.other, min(n, g.p.Lookup))
		best = s.consider(best)
	}
	if s.pool != nil {
		s.pool.Propose(&s.other, s.tail, min(n, g.p.Lookup))
		best = s.consider(best)
	}
	if s.model != nil {
		return g.draftByModel(ctx, n, best)
	}
	return nil
}

// costs sets c to the times of passes beside others rows. It returns false if the next
// pass should have no draft.
func (m *Model) costs(c *draft.Curve, others int) bool {
	if m.always {
		for k := range c {
			c[k] = 1
		}
		return true
	}
	return m.passes.Curve(c, others) && m.passes.MayDraft()
}

// consider makes other the draft if it is expected to gain more than best. It returns
// the higher gain, and empties other.
func (s *speculation) consider(best float64) float64 {
	n, gain := s.other.Length(&s.odds, &s.curve, s.others, 0)
	if gain > best {
		s.other.Cut(n)
		s.draft, s.other = s.other, s.draft
		best = gain
	}
	s.other.Reset()
	return best
}

// drop drops the drafted tokens that do not count from the sequence.
func (g *generation) drop() {
	if g.seq.Len() > g.kept {
		g.seq.Rewind(g.kept)
	}
}

// mostDrafted returns how many tokens may be drafted.
func (g *generation) mostDrafted() int {
	n := min(draft.Max, g.m.Context()-g.kept-1)
	if from := g.m.llama.LongFrom(); from > g.kept { // a pass beyond it computes all tokens again
		n = min(n, from-g.kept-1)
	}
	if g.p.MaxTokens > 0 {
		n = min(n, g.p.MaxTokens-g.result.Generated-1)
	}
	return max(n, 0)
}
