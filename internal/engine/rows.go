package engine

import "github.com/querent-ai/chord/llama"

// Rows are what some tokens gave: logits or vectors.
type Rows struct{ rows [][]float32 }

// Len returns the number of rows.
func (r Rows) Len() int { return len(r.rows) }

// At returns row i, which may be changed.
func (r Rows) At(i int) []float32 { return r.rows[i] }

// An output is what a pass gives. Sequences have its rows on loan, so that
// nothing is copied; it is used again when all have given them back.
type output struct {
	llama.Output
	loans int
}

// maxLent is how many outputs may be on loan. Sequences whose callers take their
// time get copies of their own.
const maxLent = 4

// takeOutput returns an output for the next pass.
func (e *Engine) takeOutput() *output {
	e.lent++
	if n := len(e.outs); n > 0 {
		o := e.outs[n-1]
		e.outs = e.outs[:n-1]
		return o
	}
	return new(output)
}

// giveBack ends one use of o.
func (e *Engine) giveBack(o *output) {
	if o.loans--; o.loans == 0 {
		e.lent--
		if !e.closed {
			e.outs = append(e.outs, o)
		}
	}
}

// lend gives s row i of o.
func (e *Engine) lend(s *Seq, o *output, i int) {
	row := o.Row(i)
	if e.lent > maxLent {
		at := len(s.own)
		s.own = append(s.own, row...)
		s.rows = append(s.rows, s.own[at:len(s.own):len(s.own)])
		return
	}
	s.rows = append(s.rows, row)
	if n := len(s.loans); n == 0 || s.loans[n-1] != o {
		s.loans = append(s.loans, o)
		o.loans++
	}
}

// release gives the rows of the last call back.
func (s *Seq) release() {
	for i, o := range s.loans {
		s.e.giveBack(o)
		s.loans[i] = nil
	}
	clear(s.rows)
	s.loans, s.rows, s.own = s.loans[:0], s.rows[:0], s.own[:0]
}
