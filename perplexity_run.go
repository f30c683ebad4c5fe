package chord

import (
	"context"
	"fmt"
	"io"
	"math"

	"github.com/querent-ai/chord/internal/perplexity"
	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/simd"
)

// Bounds of what one forward pass leaves behind, so that a large vocabulary
// asks for no large memory.
const (
	logitsAtOnce = 16 << 20 // logits
	rowsAtOnce   = 64       // packed rows
)

// An evaluation goes through the windows of a text as one stream of tokens,
// cut into batches wherever they are full.
type evaluation struct {
	m                     *Model
	ids                   []int32
	window, stride, first int // tokens of a window, between beginnings, and before the first that predicts
	windows               int
	size                  int  // of a batch
	bos                   bool // a BOS takes the place of a window's first token

	// What is done with rows, in groups: before a group, with each row of it in
	// parallel, and after the group.
	before, after func(rows int) error
	row           func(s *perplexity.Scorer, i int, logits []float32, id int32) perplexity.Row
	packed        []byte // rows of the group

	pool    *simd.Pool
	scorers []perplexity.Scorer // of every thread
	rows    perplexity.Rows     // all that count so far

	at, pos int        // the window and position of the next token
	seq     *llama.Seq // of that window
	seqs    []*llama.Seq
	batch   []llama.Token
	wanted  []wanted
	group   []wanted
}

// A wanted is a token of the batch that predicts id.
type wanted struct {
	token int
	id    int32
}

// limit keeps the first n windows; all if n is not positive.
func (e *evaluation) limit(n int) {
	if n > 0 {
		e.windows = min(e.windows, n)
	}
}

// close gives caches and threads back.
func (e *evaluation) close() {
	e.pool.Close()
	for _, s := range e.seqs {
		s.Close()
	}
}

// run computes all windows and calls yield after each, with the rows up to its
// end.
func (e *evaluation) run(ctx context.Context, yield func(window int, rows perplexity.Rows) bool) error {
	e.pool = simd.NewPool(e.m.Threads())
	e.scorers = make([]perplexity.Scorer, e.pool.Threads())
	counts, window := e.window-1-e.first, 1
	for e.fill() {
		if err := e.forward(ctx); err != nil {
			return err
		}
		for ; window*counts <= len(e.rows); window++ {
			if !yield(window, e.rows[:window*counts]) {
				return errLeft
			}
		}
		e.retire()
	}
	return nil
}

// fill makes the batch of tokens that follow, of one window or several. It
// reports whether there are any.
func (e *evaluation) fill() bool {
	most := max(logitsAtOnce/e.m.Config().Vocab, 1)
	e.batch, e.wanted = e.batch[:0], e.wanted[:0]
	for len(e.batch) < e.size && len(e.wanted) < most && e.at < e.windows {
		ids := e.ids[e.at*e.stride:][:e.window]
		t := llama.Token{ID: ids[e.pos], Logits: e.pos >= e.first}
		if e.pos == 0 {
			e.seq = e.m.llama.NewSeq()
			e.seqs = append(e.seqs, e.seq)
			if e.bos {
				t.ID = e.m.tok.BOS()
			}
		}
		t.Seq = e.seq
		if t.Logits {
			e.wanted = append(e.wanted, wanted{len(e.batch), ids[e.pos+1]})
		}
		e.batch = append(e.batch, t)
		if e.pos++; e.pos == e.window-1 { // the last token predicts nothing that is known
			e.at, e.pos = e.at+1, 0
		}
	}
	return len(e.batch) > 0
}

// forward waits for a turn, runs the batch and scores its rows.
func (e *evaluation) forward(ctx context.Context) error {
	if err := e.m.enter(ctx); err != nil {
		return err
	}
	defer e.m.leave()
	if err := e.m.llama.Forward(ctx, e.batch); err != nil {
		return err
	}
	for len(e.wanted) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(len(e.wanted), rowsAtOnce)
		e.group, e.wanted = e.wanted[:n], e.wanted[n:]
		if err := e.score(); err != nil {
			return err
		}
	}
	return nil
}

// score scores the group.
func (e *evaluation) score() error {
	n := len(e.group)
	if e.before != nil {
		if err := e.before(n); err != nil {
			return err
		}
	}
	from := len(e.rows)
	e.rows = append(e.rows, make(perplexity.Rows, n)...)
	e.pool.Run(n, 1, (*scoreJob)(e))
	for _, r := range e.rows[from:] {
		if math.IsNaN(r.NLL) || math.IsInf(r.NLL, 0) {
			return fmt.Errorf("chord: perplexity: window %d: the logits are no finite numbers", from/(e.window-1-e.first)+1)
		}
	}
	if e.after != nil {
		return e.after(n)
	}
	return nil
}

type scoreJob evaluation

func (e *scoreJob) Do(worker, lo, hi int) {
	rows := e.rows[len(e.rows)-len(e.group):]
	for i := lo; i < hi; i++ {
		w := e.group[i]
		rows[i] = e.row(&e.scorers[worker], i, e.m.llama.Logits(w.token), w.id)
	}
}

// retire gives back the caches of windows that are through.
func (e *evaluation) retire() {
	keep := 0
	if e.pos > 0 {
		keep = 1
	}
	n := len(e.seqs) - keep
	for _, s := range e.seqs[:n] {
		s.Close()
	}
	e.seqs = e.seqs[:copy(e.seqs, e.seqs[n:])]
}

// write lets rows be packed and written to w, after what they are of.
func (e *evaluation) write(w io.Writer) error {
	vocab := e.m.Config().Vocab
	size := perplexity.RowBytes(vocab)
	e.packed = make([]byte, rowsAtOnce*size)
	e.row = func(s *perplexity.Scorer, i int, logits []float32, id int32) perplexity.Row {
		return s.Pack(e.packed[i*size:(i+1)*size], logits, id)
	}
	e.after = func(n int) error {
		_, err := w.Write(e.packed[:n*size])
		return err
	}
	return perplexity.WriteHead(w, e.window, vocab, e.ids[:e.windows*e.window])
}

// read lets rows be compared with those that r has.
func (e *evaluation) read(r io.Reader) {
	size := perplexity.RowBytes(e.m.Config().Vocab)
	e.packed = make([]byte, rowsAtOnce*size)
	e.before = func(n int) error {
		if _, err := io.ReadFull(r, e.packed[:n*size]); err != nil {
			return fmt.Errorf("chord: base logits: row %d: %w", len(e.rows), err)
		}
		return nil
	}
	e.row = func(s *perplexity.Scorer, i int, logits []float32, id int32) perplexity.Row {
		return s.Compare(e.packed[i*size:(i+1)*size], logits, id)
	}
}
