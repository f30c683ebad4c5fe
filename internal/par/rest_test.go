package par

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// tardy is a job of whose pieces worker 1 takes one, and for as long as late
// has not sent it to rest; worker 0 waits until it has.
type tardy struct {
	late    *Pool        // nil: worker 1 is not late
	worker1 atomic.Int32 // pieces
}

func (j *tardy) Do(worker, _, _ int) {
	if worker != 0 {
		j.worker1.Add(1)
		for j.late != nil && !j.late.resting[1].Load() {
			runtime.Gosched()
		}
		return
	}
	for j.worker1.Load() == 0 {
		runtime.Gosched()
	}
}

// A worker that keeps the caller waiting rests, the next run does without it,
// and later it is back.
func TestLateWorkersRest(t *testing.T) {
	p := New(2)
	defer p.Close()
	p.Run(64, 1, &tardy{late: p}) // ends only if worker 1 is sent to rest
	if p.atRest != 1 {
		t.Fatalf("%d workers at rest", p.atRest)
	}
	p.rests[1].until = time.Now().Add(time.Hour)
	c := newCount(64, 1, 1) // has room for worker 0 alone
	p.Run(64, 1, c)
	c.check(t)
	p.rests[1].until = time.Now()
	p.Run(64, 1, &tardy{}) // ends only if worker 1 comes
	if p.atRest != 0 {
		t.Error("the worker came and is at rest")
	}
}

// Rests become longer while a worker is late again and again, and short again
// after a calm time.
func TestRestsGrow(t *testing.T) {
	p := New(3)
	defer p.Close()
	now := time.Now()
	late := func(calm time.Duration) time.Duration {
		now = now.Add(calm)
		p.shares[2].busy.Store(true)
		p.dismiss(now)
		now = p.rests[2].until
		p.rouse(now)
		return p.rests[2].time
	}
	for i, c := range []struct{ calm, want time.Duration }{
		{time.Hour, restMin}, {0, 2 * restMin}, {calmTime / 2, 4 * restMin}, {calmTime / 2, 8 * restMin},
		{calmTime, 16 * restMin}, {0, restMax}, {0, restMax}, {restMax, restMax}, {3 * restMax, restMin},
	} {
		if got := late(c.calm); got != c.want {
			t.Errorf("delay %d, after %v: rests %v, want %v", i, c.calm, got, c.want)
		}
	}
	if p.atRest != 0 || p.rests[1].time != 0 {
		t.Error("a rest has not ended, or the wrong worker rested")
	}
}

// Closing ends workers at rest too.
func TestCloseAtRest(t *testing.T) {
	p := New(3)
	p.shares[1].busy.Store(true)
	p.dismiss(time.Now().Add(time.Hour))
	p.Close()
}
