package par

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// slow is a job in which worker 1 takes one piece and stays in it until late has
// benched it; worker 0 waits until worker 1 has begun.
type slow struct {
	late    *Pool        // nil: worker 1 is not late
	worker1 atomic.Int32 // pieces
}

func (j *slow) Do(worker, _, _ int) {
	if worker != 0 {
		j.worker1.Add(1)
		for j.late != nil && !j.late.benched[1].Load() {
			runtime.Gosched()
		}
		return
	}
	for j.worker1.Load() == 0 {
		runtime.Gosched()
	}
}

// A worker that keeps the caller waiting is benched: the next run does without
// it, and later it takes part again.
func TestLateWorkersAreBenched(t *testing.T) {
	p := New(2)
	defer p.Close()
	p.Run(64, 1, &slow{late: p}) // ends only if worker 1 is benched
	if p.away != 1 {
		t.Fatalf("%d workers benched", p.away)
	}
	p.benches[1].until = time.Now().Add(time.Hour)
	c := newCount(64, 1, 1) // has room for worker 0 alone
	p.Run(64, 1, c)
	c.check(t)
	for range 100 { // on a busy machine it comes and may be late again
		p.benches[1].until = time.Now()
		p.Run(64, 1, &slow{}) // ends only if worker 1 comes
		if p.away == 0 {
			return
		}
	}
	t.Error("the worker takes part and is benched")
}

// A worker is benched for longer each time that it is late again, and for a short
// time after it was on time for a while.
func TestBenchTimesGrow(t *testing.T) {
	p := New(3)
	defer p.Close()
	now := time.Now()
	late := func(calm time.Duration) time.Duration {
		now = now.Add(calm)
		p.shares[2].busy.Store(true)
		p.benchLate(now)
		now = p.benches[2].until
		p.unbench(now)
		return p.benches[2].time
	}
	for i, c := range []struct{ calm, want time.Duration }{
		{time.Hour, benchMin}, {0, 2 * benchMin}, {calmTime / 2, 4 * benchMin}, {calmTime / 2, 8 * benchMin},
		{calmTime, 16 * benchMin}, {0, benchMax}, {0, benchMax}, {benchMax, benchMax}, {3 * benchMax, benchMin},
	} {
		if got := late(c.calm); got != c.want {
			t.Errorf("delay %d, after %v: benched for %v, want %v", i, c.calm, got, c.want)
		}
	}
	if p.away != 0 || p.benches[1].time != 0 {
		t.Error("a worker is still benched, or the wrong one was")
	}
}

// Close ends benched workers too.
func TestCloseBenched(t *testing.T) {
	p := New(3)
	p.shares[1].busy.Store(true)
	p.benchLate(time.Now().Add(time.Hour))
	p.Close()
}
