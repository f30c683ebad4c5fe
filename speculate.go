package chord

import (
	"context"
	"time"

	"github.com/querent-ai/chord/internal/draft"
	"github.com/querent-ai/chord/internal/engine"
)

// A speculation is speculative decoding by lookup: a pass computes the last token and
// a draft of the next ones. Each token is still sampled from its own logits; as long as
// it is the drafted one, the next logits are there already. So text, seed and draws are
// those of plain decoding.
type speculation struct {
	lookup draft.Lookup
	cost   draft.Cost

	rows  engine.Rows // of the last pass: after the last token and after each of ids
	ids   []int32     // the draft
	batch []int32     // the last token and the draft
	at    int         // row in use
	took  time.Duration
}

// speculate returns the logits of the next token, from the last pass if the last
// token was drafted there.
func (g *generation) speculate(ctx context.Context) ([]float32, error) {
	s := g.spec
	if len(g.pending) == 1 && s.at < len(s.ids) && s.ids[s.at] == g.pending[0] {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s.at++
		g.kept++
		g.pending = nil
		g.result.Accepted++
		return s.rows.At(s.at), nil
	}
	if s.rows.Len() > 0 {
		s.cost.Passed(len(s.ids), s.at, s.took)
	}
	g.drop()
	s.ids, s.at = s.ids[:0], 0
	if len(g.pending) == 1 && g.result.Generated > 0 {
		s.ids = g.draft(s.ids, s.cost.Length(g.mostDrafted()))
	}
	g.result.Drafted += len(s.ids)
	s.batch = append(append(s.batch[:0], g.pending...), s.ids...)
	start := time.Now()
	rows, err := g.m.engine.Forward(ctx, g.seq, s.batch, len(s.ids)+1)
	if err != nil {
		s.rows, s.ids = engine.Rows{}, s.ids[:0]
		return nil, err
	}
	s.took = time.Since(start)
	if s.rows = rows; g.result.Generated == 0 { // a pass of a prompt has nothing to say about tokens
		s.rows = engine.Rows{}
	}
	g.kept += len(g.pending)
	g.pending = nil
	return rows.At(0), nil
}

// draft appends at most n tokens to ids: of the text that the grammar forces, else of
// what lookup proposes.
func (g *generation) draft(ids []int32, n int) []int32 {
	if g.grammar != nil {
		if forced := g.grammar.forced(g.tok, min(n, grammarDraft)); len(forced) > 0 {
			return append(ids, forced...)
		}
	}
	if g.p.Lookup == 0 {
		return ids
	}
	return g.spec.lookup.Propose(ids, min(n, g.p.Lookup))
}

// drop drops the drafted tokens that do not count from the sequence.
func (g *generation) drop() {
	if g.seq.Len() > g.kept {
		g.seq.Rewind(g.kept)
	}
}

// mostDrafted returns how many tokens may be drafted.
func (g *generation) mostDrafted() int {
	n := g.p.Lookup
	if g.grammar != nil {
		n = max(n, grammarDraft)
	}
	n = min(n, g.m.Context()-g.kept-1)
	if g.p.MaxTokens > 0 {
		n = min(n, g.p.MaxTokens-g.result.Generated-1)
	}
	return max(n, 0)
}
