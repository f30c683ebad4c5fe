package engine

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/querent-ai/chord/llama"
)

const (
	// shortRows is the most rows of a short call, which goes before prompts: a
	// decode step, or the verification of drafted tokens.
	shortRows = 16
	// panelRows is how many rows the kernels compute at once: fewer rows take
	// as long, a few more nearly as long as twice as many.
	panelRows = 8
	// halfPanel is what some kernels compute at once. A step of a slow machine has a
	// multiple of it, which reads prompts more slowly.
	halfPanel = panelRows / 2
	// loneRows is the minimum of a step without short calls, which reads prompts
	// faster and delays no decoder.
	loneRows = 2 * panelRows
	// lateRows is the share of a prompt that was skipped too often.
	lateRows = 2 * panelRows
	// aloneRows is the share of a prompt while no other call waits or is expected
	// soon: a whole piece of a forward pass.
	aloneRows = llama.PieceTokens
	// wholeRows bounds the rows of a step shared by texts that are computed whole.
	// A longer text has a step of its own.
	wholeRows = 512
	// patience is how often a prompt may be skipped for each waiting prompt,
	// whatever their weights.
	patience = 2
	// company is how long after a call the next call of its caller is expected.
	company = time.Second
)

// A share is the rows of one call in a step.
type share struct {
	s     *Seq
	rows  int
	short bool
}

// plan chooses the rows of the next step, at most the given number: first decode
// steps, which are never left out, and other short calls; then prompts in the order
// of the rows they have had so far, divided by their weight. Prompts get some rows
// in every step; one that was skipped too often goes first.
func plan(shares []share, waiting []*Seq, rows int, whole bool) []share {
	shares = shares[:0]
	for _, s := range waiting {
		if !s.call.starved {
			shares = append(shares, share{s, s.need(), s.isShort()})
		}
	}
	slices.SortStableFunc(shares, before)
	short := 0
	for short < len(shares) && shares[short].short {
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
	n, used := fit(shares[:chooseShort(shares[:short], rows)], most)
	shares = slices.Delete(shares, n, short)
	prompts := shares[n:]
	room := promptRoom(rows, used)
	if late {
		prompts[0].rows = min(prompts[0].rows, lateRows)
	}
	if more := leastOf(rows, used) / 2; len(prompts) > 0 && prompts[0].rows <= room+more {
		room = max(room, prompts[0].rows) // a few more rows save it another step
	}
	k, _ := fit(prompts, min(room, llama.PieceTokens-used))
	return shares[:n+k]
}

// chooseShort moves to the front the short calls of a step, and returns how many:
// each of one row, and of the others those that the rows of the step have room for,
// at least the first of all calls.
func chooseShort(shares []share, rows int) int {
	n, used := 0, 0
	rows = max(rows, shortRows)
	for _, sh := range shares {
		if sh.rows == 1 || n == 0 || used+sh.rows <= rows {
			shares[n] = sh
			n, used = n+1, used+sh.rows
		}
	}
	return n
}

// promptRoom returns the rows left for prompts in a step of the given rows, some
// used by short calls, so that the step has whole panels. Prompts get half a panel
// at least.
func promptRoom(rows, used int) int {
	panel := panelOf(rows)
	room := max(rows/panel*panel, leastOf(rows, used)) - used
	for room < panel/2 {
		room += panel
	}
	return room
}

// panelOf returns of how many rows a step of the given rows has a multiple: half a
// panel where a panel takes more than one and a half StepTimes.
func panelOf(rows int) int {
	if 3*rows < 2*panelRows {
		return halfPanel
	}
	return panelRows
}

// leastOf returns the minimum rows of a step, given its limit and the rows used by
// short calls.
func leastOf(rows, used int) int {
	if used == 0 {
		return loneRows
	}
	return panelOf(rows)
}

// fit limits shares, in order, to the given number of rows. It returns how many
// shares have rows, and the rows used.
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

// latest moves the prompt that was skipped most often to the front, if that is too
// often, and reports whether it is.
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

// wholes keeps the texts that share a step. If the first long one is late, it goes
// first.
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

// before orders calls: short ones in the order of their calls; then by rows had,
// priority and rows needed.
func before(a, b share) int {
	switch {
	case a.short && !b.short:
		return -1
	case b.short && !a.short:
		return 1
	case a.short:
		return cmp.Compare(a.s.seen, b.s.seen)
	}
	return cmp.Or(cmp.Compare(a.s.call.clock, b.s.call.clock), cmp.Compare(b.s.o.Priority, a.s.o.Priority),
		cmp.Compare(a.rows, b.rows), cmp.Compare(a.s.seen, b.s.seen))
}

// isShort reports whether the call of s is short. The last rows of a prompt are not:
// beside a decoder they would make its step longer.
func (s *Seq) isShort() bool {
	return max(s.need(), len(s.ids)-s.call.from) <= shortRows
}

// weight divides the rows of s in the order of prompts.
func (s *Seq) weight() float64 { return math.Exp2(float64(min(max(s.o.Priority, -8), 8))) }

// stepRows returns the limit of rows of the next step.
func (e *Engine) stepRows() int {
	switch {
	case e.pass.alone:
		return aloneRows
	case e.perRow == 0:
		return halfPanel
	}
	return int(min(max(e.o.StepTime/e.perRow, halfPanel), llama.PieceTokens))
}

// alone reports whether no other sequence had a call recently: a decoder with a
// slow consumer must not meet a long step at each token.
func (e *Engine) alone(s *Seq) bool {
	now := time.Now()
	for o := range e.seqs {
		if o != s && now.Sub(o.call.ended) < company {
			return false
		}
	}
	return true
}
