package chord

import (
	"fmt"
	"math"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/internal/stream"
)

// Bounds of Params.BannedStrings.
const (
	maxBanned       = 256
	maxBannedLength = 256
)

// maxReturns is how often a text goes back beyond the last token before a token is
// decided, and maxExcluded how many tokens are excluded one by one in a place before all
// that would complete a banned string there are excluded at once. They bound the work.
const (
	maxReturns  = 64
	maxExcluded = 16
)

// maxHeld is how many tokens are taken back at most.
const maxHeld = 1024

func checkBanned(list []string) error {
	if len(list) > maxBanned {
		return invalid("Params.BannedStrings", "%d strings, at most %d", len(list), maxBanned)
	}
	for i, s := range list {
		if len(s) == 0 || len(s) > maxBannedLength {
			return invalid(fmt.Sprintf("Params.BannedStrings[%d]", i), "%d bytes, want 1 to %d", len(s), maxBannedLength)
		}
	}
	return nil
}

// A banning keeps banned strings out of a text. What it does depends on nothing but
// the tokens that were sampled.
type banning struct {
	*stream.Ban
	tok      *bpe.Tokenizer
	excluded []exclusion // in the order of their places
	returns  int
}

// An exclusion is a token that may not come after place tokens.
type exclusion struct {
	place int
	id    int32
}

func newBanning(p *Params, tok *bpe.Tokenizer) *banning {
	return &banning{Ban: stream.NewBan(p.BannedStrings, p.Stop), tok: tok}
}

// add takes a token that was sampled. back is how many of the last tokens must be
// taken back; stopped says that a stop string is complete.
func (b *banning) add(id int32) (back int, stopped bool) {
	if b.tok.IsControl(id) {
		return b.Add("", b.tok.Token(id))
	}
	back, stopped = b.Add(b.tok.Piece(id), "")
	if back > 1 && (b.returns == maxReturns || back > maxHeld) {
		back = 1
	}
	if back > 1 {
		b.returns++
	}
	return back, stopped
}

// decided returns how many of the first waiting tokens are decided.
func (b *banning) decided(ended bool) int {
	n := b.Decided(ended)
	if n > 0 {
		b.returns = 0
	}
	return n
}

// takeBack takes the last n tokens back and excludes id, the first of them, in its
// place.
func (b *banning) takeBack(n int, id int32) {
	b.Back(n)
	place := b.Tokens()
	first := len(b.excluded)
	for first > 0 && b.excluded[first-1].place >= place {
		first--
	}
	for first < len(b.excluded) && b.excluded[first].place == place {
		first++
	}
	b.excluded = append(b.excluded[:first], exclusion{place, id})
}

// exclude forbids the tokens that are excluded in the place of the next token.
func (b *banning) exclude(logits []float32) {
	forbidden := float32(math.Inf(-1))
	place, n := b.Tokens(), 0
	for i := len(b.excluded) - 1; i >= 0 && b.excluded[i].place == place; i-- {
		if id := b.excluded[i].id; int(id) < len(logits) {
			logits[id] = forbidden
		}
		n++
	}
	if n < maxExcluded {
		return
	}
	for id := range min(len(logits), b.tok.Len()) {
		if id := int32(id); !b.tok.IsControl(id) && b.Completes(b.tok.Piece(id)) {
			logits[id] = forbidden
		}
	}
}

// excludes reports whether a token is excluded in the place of the next one.
func (b *banning) excludes() bool {
	n := len(b.excluded)
	return n > 0 && b.excluded[n-1].place == b.Tokens()
}

// hold takes the next token and gives out those that are decided. It reports whether
// the text ends.
func (g *generation) hold(t Token) (end bool, err error) {
	g.waiting = append(g.waiting, t)
	back, stopped := g.ban.add(t.ID)
	if back > 0 {
		g.takeBack(back)
		return false, nil
	}
	last := stopped || g.result.Generated == g.p.MaxTokens || g.full()
	stopped, ok := g.giveOut(g.ban.decided(last))
	return g.ended(stopped, ok)
}

// giveOut delivers the first n waiting tokens.
func (g *generation) giveOut(n int) (stopped, ok bool) {
	given := 0
	for ok = true; given < n && ok && !stopped; given++ {
		stopped, ok = g.deliver(g.waiting[given])
	}
	g.waiting = g.waiting[:copy(g.waiting, g.waiting[given:])]
	if g.guide != nil {
		g.guide.decided(given)
	}
	return stopped, ok
}

// takeBack takes the last n tokens back: the next one is drawn in the place of the
// first of them.
func (g *generation) takeBack(n int) {
	first := g.waiting[len(g.waiting)-n].ID
	g.waiting = g.waiting[:len(g.waiting)-n]
	g.ban.takeBack(n, first)
	g.result.Generated -= n
	g.sampler.Rewind(n)
	switch {
	case g.guide != nil:
		g.guide.back(n)
	case g.grammar != nil:
		g.grammar.matcher.Rollback(n)
	}
	if g.receipt != nil {
		g.receipt.back(n)
	}
	if n == 1 { // the logits are still there
		g.pending, g.logits = nil, g.raw
		return
	}
	at := g.result.Prompt + g.result.Generated - 1
	last := g.seq.Tokens()[at]
	g.seq.Rewind(at)
	g.kept = at
	g.next[0] = last
	g.pending = g.next[:]
	if s := g.spec; s != nil {
		s.forget(at)
	}
}

// forget drops what was computed ahead: the text has gone back to n tokens.
func (s *speculation) forget(n int) {
	s.rows, s.at = engine.Rows{}, 0
	s.draft.Reset()
	if s.model != nil {
		s.model.same = min(s.model.same, n)
	}
}
