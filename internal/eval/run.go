package eval

import (
	"context"
	"fmt"
	"io"
	"math"

	"github.com/querent-ai/chord"
)

// packedAtOnce bounds the bytes of packed rows of the windows computed at the same
// time.
const packedAtOnce = 256 << 20

// An evaluation computes the windows of a text, several at the same time.
type evaluation struct {
	m                     *chord.Model
	ids                   []int32
	window, stride, first int // tokens of a window, between beginnings, and before the first that predicts
	windows               int
	bos                   int32 // takes the place of a window's first token, unless it is -1

	// before and after are called for each window, row for each of its rows.
	// packed holds the packed rows, if there are any.
	before, after func(window int, packed []byte) error
	row           func(s *Scorer, packed []byte, logits []float32, id int32) Row
	packed        int // bytes of a row
}

// A scored is the result of a window.
type scored struct {
	rows   Rows
	packed []byte
	err    error
}

// limit keeps the first n windows; all if n is not positive.
func (e *evaluation) limit(n int) {
	if n > 0 {
		e.windows = min(e.windows, n)
	}
}

// counts returns the number of rows of a window.
func (e *evaluation) counts() int { return e.window - 1 - e.first }

// run computes all windows and calls yield after each, with all rows so far.
func (e *evaluation) run(ctx context.Context, yield func(window int, rows Rows) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	going := make([]chan scored, 0, e.windows)
	defer func() {
		cancel()
		for _, c := range going {
			<-c
		}
	}()
	most := e.m.Info().Threads
	if size := e.counts() * e.packed; size > 0 {
		most = min(most, max(packedAtOnce/size, 1))
	}
	var rows Rows
	for next := 0; next < e.windows || len(going) > 0; {
		for ; next < e.windows && len(going) < most; next++ {
			c, err := e.start(ctx, next)
			if err != nil {
				return err
			}
			going = append(going, c)
		}
		s := <-going[0]
		going = going[1:]
		if s.err != nil {
			return s.err
		}
		window := len(rows)/e.counts() + 1
		if e.after != nil {
			if err := e.after(window, s.packed); err != nil {
				return err
			}
		}
		if rows = append(rows, s.rows...); !yield(window, rows) {
			return errLeft
		}
	}
	return nil
}

// start begins to compute a window.
func (e *evaluation) start(ctx context.Context, window int) (chan scored, error) {
	packed := make([]byte, e.counts()*e.packed)
	if e.before != nil {
		if err := e.before(window, packed); err != nil {
			return nil, err
		}
	}
	c := make(chan scored, 1)
	go func() {
		rows, err := e.score(ctx, window, packed)
		c <- scored{rows, packed, err}
	}()
	return c, nil
}

// score computes a window.
func (e *evaluation) score(ctx context.Context, window int, packed []byte) (Rows, error) {
	text := e.ids[window*e.stride:][:e.window]
	ids := append([]int32(nil), text[:len(text)-1]...) // the token after the last is not known
	if e.bos >= 0 {
		ids[0] = e.bos
	}
	var s Scorer
	rows := make(Rows, 0, e.counts())
	for logits, err := range e.m.Logits(ctx, ids, e.counts()) {
		if err != nil {
			return nil, err
		}
		i := len(rows)
		r := e.row(&s, packed[i*e.packed:][:e.packed], logits, text[e.first+1+i])
		if math.IsNaN(r.NLL) || math.IsInf(r.NLL, 0) {
			return nil, fmt.Errorf("perplexity: window %d: the logits are no finite numbers", window+1)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// write packs the rows and writes them to w, after the head of the base file.
func (e *evaluation) write(w io.Writer) error {
	vocab := e.m.Info().Vocab
	e.packed = RowBytes(vocab)
	e.row = func(s *Scorer, packed []byte, logits []float32, id int32) Row { return s.Pack(packed, logits, id) }
	e.after = func(_ int, packed []byte) error {
		_, err := w.Write(packed)
		return err
	}
	return WriteHead(w, e.window, vocab, e.ids[:e.windows*e.window])
}

// read compares the rows with those read from r.
func (e *evaluation) read(r io.Reader) {
	e.packed = RowBytes(e.m.Info().Vocab)
	e.before = func(window int, packed []byte) error {
		if n, err := io.ReadFull(r, packed); err != nil {
			return fmt.Errorf("base logits: row %d: %w", window*e.counts()+n/e.packed, err)
		}
		return nil
	}
	e.row = func(s *Scorer, packed []byte, logits []float32, id int32) Row { return s.Compare(packed, logits, id) }
}
