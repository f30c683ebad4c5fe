package engine

import (
	"cmp"
	"math"
	"slices"

	"github.com/querent-ai/chord/llama"
)

const (
	// shortRows is the most rows of a call that goes before prompts: a decode
	// step or the check of guessed tokens.
	shortRows = 16
	// leastRows is the least that prompts get in a step, however little time is
	// left: fewer would not be faster.
	leastRows = 16
	// aloneRows is what a prompt gets that nobody waits beside: as many as a
	// piece of a forward pass.
	aloneRows = llama.PieceTokens
	// wholeRows is the most rows of texts that are computed whole and share a
	// step. A longer one has a step of its own.
	wholeRows = 512
	// patience is in how many steps others may go before a prompt.
	patience = 2
)

// A share is what a call gets of a step.
type share struct {
	s    *Seq
	rows int
}

// plan chooses who computes how many rows in the next step: short calls first,
// then prompts, those first that have had the least so far (in rows by weight),
// together at most the given number of rows.
func plan(shares []share, waiting []*Seq, rows int, whole bool) []share {
	shares = shares[:0]
	for _, s := range waiting {
		shares = append(shares, share{s, s.need()})
	}
	slices.SortStableFunc(shares, func(a, b share) int { return before(a.s, a.rows, b.s, b.rows) })
	if whole {
		return wholes(shares)
	}
	if len(shares) == 1 {
		shares[0].rows = min(shares[0].rows, aloneRows)
		return shares
	}
	n, most, prompts := 0, llama.PieceTokens, false
	for i := range shares {
		sh := &shares[i]
		if sh.rows > shortRows {
			if !prompts {
				rows, prompts = max(rows, leastRows), true
			}
			sh.rows = min(sh.rows, rows)
		}
		if sh.rows = min(sh.rows, most); sh.rows <= 0 {
			break
		}
		rows -= sh.rows
		most -= sh.rows
		n++
	}
	return shares[:n]
}

// wholes keeps the texts that share a step.
func wholes(shares []share) []share {
	rows := 0
	for i := range shares {
		if rows += shares[i].rows; i > 0 && rows > wholeRows {
			return shares[:i]
		}
	}
	return shares
}

// before orders calls: short ones, those that have been passed over, then by
// what they have had, by priority, by what they need.
func before(a *Seq, aRows int, b *Seq, bRows int) int {
	aShort, bShort := aRows <= shortRows, bRows <= shortRows
	switch {
	case aShort != bShort:
		return order(aShort)
	case aShort:
		return cmp.Or(cmp.Compare(b.o.Priority, a.o.Priority), cmp.Compare(a.seen, b.seen))
	}
	aLate, bLate := a.call.skipped >= patience, b.call.skipped >= patience
	if aLate != bLate {
		return order(aLate)
	}
	return cmp.Or(cmp.Compare(a.call.clock, b.call.clock), cmp.Compare(b.o.Priority, a.o.Priority),
		cmp.Compare(aRows, bRows), cmp.Compare(a.seen, b.seen))
}

// order is negative where the first goes first.
func order(first bool) int {
	if first {
		return -1
	}
	return 1
}

// weight is by how much the rows of s count less.
func (s *Seq) weight() float64 { return math.Exp2(float64(min(max(s.o.Priority, -8), 8))) }

// stepRows returns how many rows a step may have that others may wait for.
func (e *Engine) stepRows() int {
	if e.perRow == 0 {
		return leastRows
	}
	return int(min(max(e.o.StepTime/e.perRow, leastRows), llama.PieceTokens))
}
