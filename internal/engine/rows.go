package engine

import (
	"context"
	"iter"
	"slices"

	"github.com/querent-ai/chord/llama"
)

// Rows are the logits or vectors of consecutive tokens.
type Rows struct{ rows, hidden [][]float32 }

// Len returns the number of rows.
func (r Rows) Len() int { return len(r.rows) }

// At returns row i, which may be changed.
func (r Rows) At(i int) []float32 { return r.rows[i] }

// Hidden returns the vector of row i for the model's head; nil unless the sequence keeps
// them ([Seq.KeepHidden]).
func (r Rows) Hidden(i int) []float32 {
	if i >= len(r.hidden) {
		return nil
	}
	return r.hidden[i]
}

// rowsBytes bounds the logits that ForwardEach holds at a time: enough rows for
// dense passes, little enough for sixteen texts at once.
const rowsBytes = 16 << 20

// ForwardEach is Forward that yields the last want rows one by one, so that any
// number of them takes little memory. A row may be changed and is valid until the
// next. An error is the last element; s then has the tokens before it.
func (e *Engine) ForwardEach(ctx context.Context, s *Seq, ids []int32, want int) iter.Seq2[[]float32, error] {
	return func(yield func([]float32, error) bool) {
		most := llama.PieceTokens
		if !s.o.Embed {
			most = min(max(rowsBytes/(4*e.o.Vocab), 1), most)
		}
		n, rows := len(ids)-max(want-1, 0), min(want, 1) // all tokens up to the first row
		if e.o.Whole || len(ids) <= most {
			n, rows = len(ids), want
		}
		for len(ids) > 0 {
			out, err := e.Forward(ctx, s, ids[:n], rows)
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range rows {
				if !yield(out.At(i), nil) {
					return
				}
			}
			ids = ids[n:]
			n = min(len(ids), most)
			rows = n
		}
	}
}

// An output is the result of a pass. Sequences have its rows on loan, so that
// nothing is copied; it is reused when all loans have ended.
type output struct {
	llama.Output
	loans int
}

// maxLent is how many outputs may be on loan. Beyond it a sequence gets a copy of
// its rows, since some callers keep theirs for long.
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

// giveBack ends one loan of o.
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
	if s.keeps {
		s.hidden = append(s.hidden, slices.Clone(o.Hidden(i)))
	}
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

// release ends the loans of the last call.
func (s *Seq) release() {
	for i, o := range s.loans {
		s.e.giveBack(o)
		s.loans[i] = nil
	}
	clear(s.rows)
	clear(s.hidden)
	s.loans, s.rows, s.hidden, s.own = s.loans[:0], s.rows[:0], s.hidden[:0], s.own[:0]
}
