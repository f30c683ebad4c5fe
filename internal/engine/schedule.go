package engine

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/querent-ai/chord/llama"
)

const (
	// shortRows is the most rows of a call that goes before prompts: a decode
	// step or the check of guessed tokens.
	shortRows = 16
	// panelRows is how many rows the kernels compute at once: a step of a few
	// rows less takes as long, one of a few more nearly as long as two.
	panelRows = 8
	// leastRows is the least of a step that reads prompts, however little time
	// there is: fewer would not be faster. Where nobody waits for his next token it
	// is twice that, which reads prompts faster.
	leastRows = panelRows
	// promptRows is the least of it that prompts get.
	promptRows = panelRows / 2
	// lateRows is what a prompt gets first that was passed over too often.
	lateRows = 2 * panelRows
	// aloneRows is what a prompt gets that nobody waits beside, nor will at
	// once: as many as a piece of a forward pass.
	aloneRows = llama.PieceTokens
	// wholeRows is the most rows of texts that are computed whole and share a
	// step. A longer one has a step of its own.
	wholeRows = 512
	// patience is how often, for each prompt that waits, others may go before a
	// prompt, whatever their weight.
	patience = 2
	// company is for how long after a call others are expected to follow.
	company = time.Second
)

// A share is what a call gets of a step.
type share struct {
	s    *Seq
	rows int
}

// plan chooses who computes how many rows in the next step: short calls first,
// then prompts, those first that have had the least so far (in rows by weight),
// together at most the given number of rows. Prompts get some rows in every
// step, and one that was passed over too often is the first of them.
func plan(shares []share, waiting []*Seq, rows int, whole bool) []share {
	shares = shares[:0]
	for _, s := range waiting {
		if !s.call.starved {
			shares = append(shares, share{s, s.need()})
		}
	}
	slices.SortStableFunc(shares, before)
	short := 0
	for short < len(shares) && shares[short].rows <= shortRows {
		short++
	}
	late := latest(shares[short:])
	if whole {
		return wholes(shares, short, late)
	}
	most := llama.PieceTokens
	if short < len(shares) {
		most -= lateRows
	}
	n, used := fit(shares[:short], most)
	shares = slices.Delete(shares, n, short)
	prompts := shares[n:]
	room := promptRoom(rows, used)
	if late {
		prompts[0].rows = min(prompts[0].rows, lateRows)
	}
	if more := leastOf(used) / 2; len(prompts) > 0 && prompts[0].rows <= room+more {
		room = max(room, prompts[0].rows) // a few rows more spare it a step of its own
	}
	k, _ := fit(prompts, min(room, llama.PieceTokens-used))
	return shares[:n+k]
}

// promptRoom returns how many rows prompts get in a step of so many rows in all,
// short calls using some of them: whole panels together.
func promptRoom(rows, used int) int {
	room := max(rows/panelRows*panelRows, leastOf(used)) - used
	for room < promptRows {
		room += panelRows
	}
	return room
}

// leastOf returns the least rows of a step in which short calls use some.
func leastOf(used int) int {
	if used == 0 {
		return 2 * leastRows
	}
	return leastRows
}

// fit gives calls, one after the other, at most the given number of rows. It
// returns how many calls get some, and the rows.
func fit(shares []share, rows int) (n, used int) {
	for i := range shares {
		sh := &shares[i]
		if sh.rows = min(sh.rows, rows-used); sh.rows <= 0 {
			return i, used
		}
		used += sh.rows
	}
	return len(shares), used
}

// latest puts the prompt first that has been passed over most often, if that is
// too often, and reports whether it is.
func latest(prompts []share) bool {
	late := -1
	for i, sh := range prompts {
		if k := sh.s.call.skipped; k >= patience*len(prompts) && (late < 0 || k > prompts[late].s.call.skipped) {
			late = i
		}
	}
	if late < 0 {
		return false
	}
	sh := prompts[late]
	copy(prompts[1:], prompts[:late])
	prompts[0] = sh
	return true
}

// wholes keeps the texts that share a step. The first of those that are no short
// ones goes before all if it is late.
func wholes(shares []share, short int, late bool) []share {
	if late {
		sh := shares[short]
		copy(shares[1:], shares[:short])
		shares[0] = sh
	}
	rows := 0
	for i := range shares {
		if rows += shares[i].rows; i > 0 && rows > wholeRows {
			return shares[:i]
		}
	}
	return shares
}

// before orders calls: short ones, as they came; then by what they have had, by
// priority, by what they need.
func before(a, b share) int {
	aShort, bShort := a.rows <= shortRows, b.rows <= shortRows
	switch {
	case aShort && !bShort:
		return -1
	case bShort && !aShort:
		return 1
	case aShort:
		return cmp.Compare(a.s.seen, b.s.seen)
	}
	return cmp.Or(cmp.Compare(a.s.call.clock, b.s.call.clock), cmp.Compare(b.s.o.Priority, a.s.o.Priority),
		cmp.Compare(a.rows, b.rows), cmp.Compare(a.s.seen, b.s.seen))
}

// weight is by how much the rows of s count less.
func (s *Seq) weight() float64 { return math.Exp2(float64(min(max(s.o.Priority, -8), 8))) }

// stepRows returns how many rows the next step may have.
func (e *Engine) stepRows() int {
	switch {
	case e.pass.alone:
		return aloneRows
	case e.perRow == 0:
		return leastRows
	}
	return int(min(max(e.o.StepTime/e.perRow, leastRows), llama.PieceTokens))
}

// alone reports whether nobody but s has had a call for some time: another who
// takes his time between two tokens must not find a long step each time.
func (e *Engine) alone(s *Seq) bool {
	now := time.Now()
	for o := range e.seqs {
		if o != s && now.Sub(o.call.ended) < company {
			return false
		}
	}
	return true
}
