package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/querent-ai/chord/llama"
)

// One prompt more than MaxQueue is refused, and says so; tokens of sequences
// that are being generated are not prompts.
func TestBusy(t *testing.T) {
	const queue = 5
	for name, rows := range map[string]int{"long prompts": 50, "short ones": 3} {
		t.Run(name, func(t *testing.T) {
			f := slow()
			f.cost = 100 * time.Millisecond
			inBubble(t, f, 0, Options{MaxQueue: queue}, func(t *testing.T, e *Engine) {
				d := e.NewSeq(nil, SeqOptions{})
				f.forward(t, e, d, ids(8, 4), 1)
				first := begin(1, func(i int) { f.forward(t, e, e.NewSeq(nil, SeqOptions{}), ids(9, 50), 1) })
				time.Sleep(50 * time.Millisecond) // it is in a pass
				wait := begin(queue, func(i int) { f.forward(t, e, e.NewSeq(nil, SeqOptions{}), ids(i, rows), 1) })
				synctest.Wait()
				s := e.NewSeq(nil, SeqOptions{})
				_, err := e.Forward(t.Context(), s, ids(7, rows), 1)
				busy, ok := errors.AsType[*BusyError](err)
				if !ok || !errors.Is(err, ErrBusy) || busy.Queued != queue || busy.RetryAfter <= 0 {
					t.Errorf("got %v", err)
				}
				if m := e.Metrics(); s.Len() != 0 || m.Busy != 1 || m.Queued != queue {
					t.Errorf("%d tokens, %d refused, %d in the queue", s.Len(), m.Busy, m.Queued)
				}
				f.forward(t, e, d, ids(8, 1), 1)
				first()
				wait()
				f.forward(t, e, s, ids(7, rows), 1)
			})
		})
	}
}

// Rows are their holder's until his next call, however many others go on
// meanwhile; the engine's memory for rows stays bounded.
func TestRowsOnLoan(t *testing.T) {
	f := newFake()
	e := f.start(t, 0, Options{})
	var rows []Rows
	var seqs []*Seq
	for i := range 20 {
		s := e.NewSeq(nil, SeqOptions{})
		r, err := e.Forward(t.Context(), s, ids(i, 30), 4)
		if err != nil {
			t.Fatal(err)
		}
		rows, seqs = append(rows, r), append(seqs, s)
		d := e.NewSeq(nil, SeqOptions{})
		for k := range 10 {
			f.forward(t, e, d, ids(k, 1), 1)
			clear(d.rows[0]) // a caller may change his rows
		}
		d.Close()
	}
	for i, s := range seqs {
		if err := f.wrong(s, rows[i], 4); err != nil {
			t.Errorf("sequence %d: %v", i, err)
		}
		s.Close()
	}
	if e.lent != 0 || len(e.outs) > maxLent+1 {
		t.Errorf("%d outputs on loan, %d free", e.lent, len(e.outs))
	}
}

// A pass that fails, or panics, is an error of those who are in it. Their
// sequences are as they were, and the engine goes on.
func TestPassFails(t *testing.T) {
	broken := errors.New("broken")
	for name, fail := range map[string]func() error{
		"an error": func() error { return broken },
		"a panic":  func() error { panic("out of luck") },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			var failing atomic.Bool
			f.before = func(context.Context) error {
				if failing.Load() {
					return fail()
				}
				return nil
			}
			f.groups = groupSets["all"]
			e := f.start(t, 0, Options{})
			s := e.NewSeq(nil, SeqOptions{})
			f.forward(t, e, s, ids(1, 50), 1)
			failing.Store(true)
			_, err := e.Forward(t.Context(), s, ids(2, 50), 1)
			if err == nil || !errors.Is(err, broken) && !strings.Contains(err.Error(), "out of luck") {
				t.Errorf("got %v", err)
			}
			if s.Len() != 50 {
				t.Errorf("%d tokens", s.Len())
			}
			failing.Store(false)
			f.forward(t, e, s, ids(3, 50), 50)
			if e.Metrics().Failed != 1 {
				t.Errorf("%d passes failed", e.Metrics().Failed)
			}
		})
	}
}

// A panic in a caller's loop ends that caller; others do not notice.
func TestCallerPanics(t *testing.T) {
	f := newFake()
	e := f.start(t, 0, Options{})
	wait := begin(8, func(i int) {
		defer func() { _ = recover() }()
		s := e.NewSeq(nil, SeqOptions{})
		defer s.Close()
		for k := range 50 {
			f.forward(t, e, s, ids(k, 1+i), 1)
			if i%2 == 0 && k == 5+i {
				panic("in the loop")
			}
		}
	})
	wait()
	if n := e.Metrics().Sequences; n != 0 {
		t.Errorf("%d sequences left", n)
	}
}

func TestBetween(t *testing.T) {
	f := slow()
	inBubble(t, f, 0, Options{}, func(t *testing.T, e *Engine) {
		s := e.NewSeq(nil, SeqOptions{})
		wait := begin(1, func(int) { f.forward(t, e, s, ids(1, 2000), 1) })
		time.Sleep(100 * time.Millisecond)
		for range 3 {
			ran := false
			if err := e.Between(t.Context(), func() {
				if ran = true; f.busy(false) {
					t.Error("a pass went on")
				}
			}); err != nil || !ran {
				t.Errorf("ran %v, error %v", ran, err)
			}
		}
		time.Sleep(time.Millisecond) // the next pass has begun
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := e.Between(ctx, func() { t.Error("it ran") }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		func() {
			defer func() {
				if recover() != "of mine" {
					t.Error("no panic")
				}
			}()
			_ = e.Between(t.Context(), func() { panic("of mine") })
		}()
		wait()
		if err := e.Between(t.Context(), func() {}); err != nil { // when nothing goes on
			t.Error(err)
		}
	})
}

// OnStep runs beside the scheduler, which neither waits for it nor ends with it,
// and is told of the newest step.
func TestOnStep(t *testing.T) {
	told := make(chan Step)
	f := slow()
	bubble(t, func(t *testing.T) {
		told = make(chan Step)
		f.shallow = true
		cache := f.newCache(0)
		e := New(f, cache, Options{Vocab: testVocab, OnStep: func(s Step) {
			told <- s
			if s.Rows == 1 {
				panic("of OnStep")
			}
		}})
		s := e.NewSeq(nil, SeqOptions{})
		f.forward(t, e, s, ids(1, 2000), 1)
		<-told // the first
		var last Step
		for range 2 {
			select {
			case last = <-told:
			case <-time.After(time.Minute):
			}
		}
		if last.Rows != 2000%aloneRows || last.Sequences != 1 || last.Time != time.Duration(last.Rows)*f.cost {
			t.Errorf("the last step was %+v", last)
		}
		f.forward(t, e, s, ids(2, 1), 1)
		<-told
		f.forward(t, e, s, ids(2, 1), 1)
		f.forward(t, e, s, ids(2, 1), 1)
		if n := e.Metrics().Panics; n != 1 {
			t.Errorf("%d panics", n)
		}
		e.Close()
		cache.Close()
	})
}

// ForwardEach gives what Forward gives, in calls of a few rows, and leaves the
// sequence as far as its caller went.
func TestForwardEach(t *testing.T) {
	for _, c := range []struct{ n, want, loop int }{{30, 0, 0}, {30, 1, 1}, {30, 3, 3}, {30, 30, 30}, {2, 2, 2}, {30, 20, 7}} {
		f := newFake()
		cache := f.newCache(0)
		e := New(f, cache, Options{Vocab: rowsBytes / 4 / 4}) // four rows at once
		s := e.NewSeq(nil, SeqOptions{})
		f.forward(t, e, s, ids(1, 5), 1)
		text, k := append(ids(1, 5), ids(2, c.n)...), 0
		for row, err := range e.ForwardEach(t.Context(), s, ids(2, c.n), c.want) {
			if err != nil || !slices.Equal(row, f.row(text[:len(text)-c.want+k+1], testVocab)) {
				t.Errorf("%+v: row %d: %v", c, k, err)
			}
			if k++; k == c.loop {
				break
			}
		}
		e.mu.Lock()
		outs := len(e.outs)
		e.mu.Unlock()
		if k != c.loop || c.loop == c.want && s.Len() != len(text) || outs > 2 {
			t.Errorf("%+v: %d rows, %d tokens, %d outputs", c, k, s.Len(), outs)
		}
		f.mu.Lock()
		for _, p := range f.passes {
			if p.outs > 4 {
				t.Errorf("%+v: %d rows at once", c, p.outs)
			}
		}
		f.mu.Unlock()
		var last error
		for _, last = range e.ForwardEach(t.Context(), s, ids(3, 5000), 2) {
		}
		if !errors.Is(last, llama.ErrContextFull) {
			t.Errorf("got %v", last)
		}
		e.Close()
		cache.Close()
	}
}

// A token that is generated allocates nothing, but for a page now and then.
func TestAllocations(t *testing.T) {
	f := newFake()
	f.context = 100_000
	quick := &quickModel{fake: f}
	cache := f.newCache(0)
	defer cache.Close()
	e := New(quick, cache, Options{Vocab: testVocab})
	defer e.Close()
	s := e.NewSeq(nil, SeqOptions{})
	next := []int32{1}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	decode := func() {
		if rows, err := e.Forward(ctx, s, next, 1); err != nil || rows.Len() != 1 {
			t.Errorf("%d rows, %v", rows.Len(), err)
		}
		s.Rewind(s.Len() - 1) // so that no page is added
	}
	for range 3 {
		if _, err := e.Forward(ctx, s, next, 1); err != nil {
			t.Fatal(err)
		}
	}
	decode()
	if n := testing.AllocsPerRun(500, decode); n != 0 {
		t.Errorf("%v allocations a token", n)
	}
}

// A quickModel is a model that allocates nothing.
type quickModel struct {
	*fake
	ids []int32
}

func (m *quickModel) Forward(_ context.Context, batch []llama.Token, out *llama.Output) error {
	out.Reset(batch, testVocab, fakeDim)
	m.ids = m.ids[:0]
	for _, t := range batch {
		m.ids = append(m.ids, t.ID)
	}
	batch[0].Seq.Commit(m.ids)
	return nil
}

// An encoder's text is one piece, whatever StepTime; several share a pass.
func TestWhole(t *testing.T) {
	f := slow()
	inBubble(t, f, 0, Options{Whole: true, StepTime: time.Millisecond}, func(t *testing.T, e *Engine) {
		sizes := []int{700, 3, 100, 300, 90, 2000, 1}
		wait := begin(len(sizes), func(i int) {
			s := e.NewSeq(nil, SeqOptions{Embed: true, NoPrefix: true})
			f.forward(t, e, s, ids(i, sizes[i]), 1)
			s.Close()
		})
		wait()
		var got []int
		for _, p := range f.passes {
			for _, n := range p.of {
				got = append(got, n)
			}
			if p.rows > wholeRows && len(p.of) > 1 {
				t.Errorf("a pass of %d rows of %d texts", p.rows, len(p.of))
			}
		}
		slices.Sort(got)
		slices.Sort(sizes)
		if !slices.Equal(got, sizes) {
			t.Errorf("pieces of %v rows, want %v", got, sizes)
		}
		if len(f.passes) == len(sizes) {
			t.Error("no pass was shared")
		}
	})
}
