package engine

import (
	"errors"
	"testing"
	"time"

	"github.com/querent-ai/chord/llama"
)

// A sequence whose cache others have got computes it again, in the middle of a
// prompt or between two tokens, and gives the same rows.
func TestPreemption(t *testing.T) {
	for name, groups := range groupSets {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.groups = groups
			f.context = 300
			f.cost = 10 * time.Microsecond
			budget := int(f.newCache(0).Bytes(300))/fullGroup.Bytes + 20
			inBubble(t, f, budget, Options{StepTime: 300 * time.Microsecond}, func(t *testing.T, e *Engine) {
				wait := begin(6, func(i int) {
					s := e.NewSeq(nil, SeqOptions{Priority: i % 2})
					defer s.Close()
					f.forward(t, e, s, ids(i, 200), 100)
					for k := range 60 {
						f.forward(t, e, s, ids(k, 1), 1)
						time.Sleep(time.Duration(i) * 100 * time.Microsecond)
					}
					s.Rewind(100)
					f.forward(t, e, s, ids(i+9, 40), 40)
				})
				wait()
				m := e.Metrics()
				// Windows alone need no preemption: a sequence that is short of memory
				// gives up first what it keeps for a Rewind.
				if m.Preempted == 0 && name != "only windows" {
					t.Errorf("nobody was preempted")
				}
				if m.Cache.Peak > m.Cache.Budget || m.Cache.Used != 0 {
					t.Errorf("%+v", m.Cache)
				}
				// Each of the six needs 300 rows; how often they computed them
				// again says whether they only took memory from each other.
				if most := int64(6 * 300 * 40); m.Rows > most {
					t.Errorf("%d rows computed, want at most %d", m.Rows, most)
				}
			})
		})
	}
}

// A sequence that no budget will ever hold is refused at once, with the figures,
// and takes nothing from others.
func TestNeverFits(t *testing.T) {
	f := newFake()
	e := f.start(t, 10, Options{})
	other := e.NewSeq(nil, SeqOptions{})
	f.forward(t, e, other, ids(1, 20), 1)
	s := e.NewSeq(nil, SeqOptions{})
	_, err := e.Forward(t.Context(), s, ids(2, 81), 1)
	if !errors.Is(err, llama.ErrContextFull) || err.Error() != "chord: 81 tokens need 704 bytes of cache, there are 640: context is full" {
		t.Errorf("got %v", err)
	}
	if e.Metrics().Preempted != 0 {
		t.Error("the other lost its cache")
	}
	f.forward(t, e, s, ids(2, 80), 1) // all there is
	f.forward(t, e, other, ids(1, 60), 60)
}

// A sequence that fits only without the page that it shares with the prefix tree
// computes it again.
func TestFitsAlone(t *testing.T) {
	f := newFake()
	e := f.start(t, 10, Options{})
	s := e.NewSeq(nil, SeqOptions{})
	f.forward(t, e, s, ids(1, 75), 1)
	s.Close()
	s = e.NewSeq(ids(1, 80), SeqOptions{})
	if s.Len() == 0 {
		t.Error("nothing from the tree")
	}
	f.forward(t, e, s, ids(1, 80)[s.Len():], 1)
	two := e.NewSeq(nil, SeqOptions{})
	f.forward(t, e, two, ids(1, 80), 1)
}

// Whoever is first in rank goes on, though others hold the memory that he needs:
// between their calls, in the step, or because they came first in the plan.
func TestMemoryGoesByRank(t *testing.T) {
	for name, pause := range map[string]time.Duration{"quick": 0, "late": 300 * time.Microsecond, "slow": 200 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			f := slow()
			inBubble(t, f, 20, Options{}, func(t *testing.T, e *Engine) {
				first := e.NewSeq(nil, SeqOptions{})
				second := e.NewSeq(nil, SeqOptions{})
				third := e.NewSeq(nil, SeqOptions{Priority: 1})
				for i, s := range []*Seq{second, third} {
					f.forward(t, e, s, ids(i, 40), 1)
				}
				stop := make(chan struct{})
				wait := begin(1, func(int) {
					for i := 0; ; i++ {
						select {
						case <-stop:
							return
						default:
						}
						f.forward(t, e, second, ids(i, 1), 1)
						second.Rewind(40)
						time.Sleep(pause)
					}
				})
				had := f.passesSince(0)
				f.forward(t, e, first, ids(7, 150), 1)
				if n := f.passesSince(had); n > 60 {
					t.Errorf("the first of all took %d passes", n)
				}
				had = f.passesSince(0)
				f.forward(t, e, third, ids(8, 100), 1)
				if n := f.passesSince(had); n > 60 {
					t.Errorf("the one of the highest priority took %d passes", n)
				}
				first.Close()
				close(stop)
				wait()
			})
		})
	}
}

// Two of whom only one fits take turns; both get to their end.
func TestTwoThatDoNotFit(t *testing.T) {
	for name, pause := range map[string]time.Duration{"quick": 0, "late": 300 * time.Microsecond, "slow": 200 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			f := slow()
			inBubble(t, f, 20, Options{}, func(t *testing.T, e *Engine) {
				wait := begin(2, func(i int) {
					s := e.NewSeq(nil, SeqOptions{})
					defer s.Close()
					f.forward(t, e, s, ids(i, 120), 1)
					f.decode(t, e, s, 30, pause)
				})
				wait()
				t.Logf("%d rows, %d preempted, %d starved", e.Metrics().Rows, e.Metrics().Preempted, e.Metrics().Starved)
				if pause < stepTime && e.Metrics().Rows > 3*2*150 {
					t.Errorf("%d rows computed of 300", e.Metrics().Rows)
				}
			})
		})
	}
}

// Who has memory for its share of a step, but no token yet, gives it to one that
// outranks it, too.
func TestMemoryOfAShare(t *testing.T) {
	f := slow()
	inBubble(t, f, 20, Options{}, func(t *testing.T, e *Engine) {
		old, young := e.NewSeq(nil, SeqOptions{}), e.NewSeq(nil, SeqOptions{})
		f.forward(t, e, old, ids(1, 140), 1)
		wait := func() {}
		if err := e.Between(t.Context(), func() { // so that both are in the next step
			second := begin(1, func(int) { f.forward(t, e, young, ids(2, 10), 1) })
			time.Sleep(time.Microsecond)
			first := begin(1, func(int) { f.forward(t, e, old, ids(3, 16), 1); old.Close() })
			time.Sleep(time.Microsecond)
			wait = func() { first(); second() }
		}); err != nil {
			t.Error(err)
		}
		wait()
		if n := e.Metrics().Rows; n != 140+16+10 {
			t.Errorf("%d rows computed, want each once", n)
		}
	})
}
