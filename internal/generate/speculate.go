package generate

import (
	"context"
	"slices"

	"github.com/querent-ai/chord/internal/draft"
	"github.com/querent-ai/chord/internal/engine"
)

// grammarDraft is the maximum number of tokens to draft of the text that a grammar
// forces.
const grammarDraft = 8

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

// beginSpeculation makes t.spec if there is anything to draft from.
func (t *Text) beginSpeculation() {
	m, p := t.Model, t.Params
	drafts := m.Draft != nil && p.DraftMax >= 0 && !t.pictured()
	if p.Lookup == 0 && p.Grammar == nil && t.Guide == nil && !drafts {
		return
	}
	s := new(speculation)
	t.spec = s
	m.history.Begin(&s.odds)
	if p.Lookup > 0 {
		s.lookup = new(draft.Lookup)
		s.pool = m.sharedPool()
	}
	if drafts {
		s.model = &drafter{m: m.Draft}
	}
}

// pictured reports whether the prompt has pictures, which a draft model does not see.
func (t *Text) pictured() bool {
	below := func(id int32) bool { return id < 0 }
	return slices.ContainsFunc(t.Seq.Tokens(), below) || slices.ContainsFunc(t.Pending, below)
}

// endSpeculation keeps what was learned and releases the draft model's sequence.
func (t *Text) endSpeculation() {
	if s := t.spec; s != nil {
		t.Model.history.End(&s.odds)
		s.model.close()
	}
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
func (t *Text) speculate(ctx context.Context) ([]float32, error) {
	s := t.spec
	if len(t.Pending) == 1 && s.at < len(s.draft.IDs) {
		right := s.draft.IDs[s.at] == t.Pending[0]
		s.drafted(s.at, right)
		if right {
			return t.next1(ctx)
		}
	}
	t.drop()
	s.draft.Reset()
	s.at = 0
	if len(t.Pending) == 1 && t.Result.Generated > 0 {
		if err := t.propose(ctx); err != nil {
			return nil, err
		}
	}
	if len(s.draft.IDs) > 0 && !t.mark() {
		s.draft.Reset()
	}
	if len(s.draft.IDs) > 0 {
		t.Model.Passes.Drafted()
	}
	t.Result.Drafted += len(s.draft.IDs)
	s.batch = append(append(s.batch[:0], t.Pending...), s.draft.IDs...)
	rows, err := t.Model.Engine.Forward(ctx, t.Seq, s.batch, len(s.draft.IDs)+1)
	if err != nil {
		s.rows = engine.Rows{}
		s.draft.Reset()
		return nil, err
	}
	s.rows, s.others = rows, t.Seq.Others()
	t.kept += len(t.Pending)
	t.Pending = nil
	return rows.At(0), nil
}

// next1 returns the next logits of the last pass.
func (t *Text) next1(ctx context.Context) ([]float32, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := t.spec
	s.at++
	t.kept++
	t.Pending = nil
	t.Result.Accepted++
	return s.rows.At(s.at), nil
}

// propose sets the draft to the proposal that is expected to gain most, if any pays.
// The error is ctx's.
func (t *Text) propose(ctx context.Context) error {
	s := t.spec
	n := t.mostDrafted()
	if n == 0 || !t.Model.costs(&s.curve, s.others) {
		return nil
	}
	t.addMarks(&s.curve)
	best := 1.0
	if t.grammar != nil {
		for _, id := range t.grammar.Forced(min(n, grammarDraft)) {
			s.other.Add(id, draft.Forced)
		}
		best = s.consider(best)
	}
	if s.lookup != nil {
		s.lookup.Propose(&s.other, min(n, t.Params.Lookup))
		best = s.consider(best)
	}
	if s.pool != nil {
		s.pool.Propose(&s.other, s.tail, min(n, t.Params.Lookup))
		best = s.consider(best)
	}
	if s.model != nil {
		return t.draftByModel(ctx, n, best)
	}
	return nil
}

// costs sets c to the times of passes beside others rows. It returns false if the next
// pass should have no draft.
func (m *Model) costs(c *draft.Curve, others int) bool {
	if m.AlwaysDraft {
		for k := range c {
			c[k] = 1
		}
		return true
	}
	return m.Passes.Curve(c, others) && m.Passes.MayDraft()
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
func (t *Text) drop() {
	if t.Seq.Len() > t.kept {
		t.Seq.Rewind(t.kept)
	}
}

// mostDrafted returns how many tokens may be drafted.
func (t *Text) mostDrafted() int {
	n := min(t.shortDraft(), t.Model.Context-t.kept-1)
	if from := t.Model.LongFrom; from > t.kept { // a pass beyond it computes all tokens again
		n = min(n, from-t.kept-1)
	}
	if t.Params.MaxTokens > 0 {
		n = min(n, t.Params.MaxTokens-t.Result.Generated-1)
	}
	return max(n, 0)
}

// forget drops what was computed ahead: the text has gone back to n tokens.
func (s *speculation) forget(n int) {
	s.rows, s.at = engine.Rows{}, 0
	s.draft.Reset()
	if s.model != nil {
		s.model.same = min(s.model.same, n)
	}
}
