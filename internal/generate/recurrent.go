package generate

import (
	"time"

	"github.com/querent-ai/chord/internal/draft"
)

// A recurrent state cannot go back by dropping positions. Before a pass with a draft a
// copy of it is kept, to which it returns when a drafted token was wrong; those before
// it, which count, are computed again in the next pass. Rows are cheap beside passes, so
// that costs little as long as there are few: a pass without a draft follows when there
// are more than mostMissing.
const mostMissing = 6

// mark keeps the recurrent state before a pass with a draft. It reports whether the draft
// may be computed.
func (t *Text) mark() bool {
	m := t.Model
	if !m.Recurrent {
		return true
	}
	start := time.Now()
	ok := t.Seq.Mark()
	if unit := m.Passes.Unit(); unit > 0 {
		m.history.Marked(time.Since(start), unit)
	}
	return ok
}

// addMarks adds the time of mark to the passes with a draft.
func (t *Text) addMarks(c *draft.Curve) {
	if m := t.Model; m.Recurrent && !m.AlwaysDraft {
		for k := 1; k < len(c); k++ {
			c[k] += m.history.MarkCost()
		}
	}
}

// shortDraft returns how many tokens a draft may have, beside those that a recurrent
// state lacks.
func (t *Text) shortDraft() int {
	if !t.Model.Recurrent {
		return draft.Max
	}
	n := t.Seq.Missing()
	if n > mostMissing {
		return 0
	}
	return draft.Max - n
}
