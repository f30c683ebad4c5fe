package par

import (
	"bytes"
	"runtime"
	"testing"
	"time"
)

// blocked returns how many workers of pools wait for a channel, as the runtime
// sees them.
func blocked() (n int) {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for s := range bytes.SplitSeq(stacks, []byte("\n\n")) {
		state, _, _ := bytes.Cut(s, []byte("\n"))
		if bytes.Contains(s, []byte("par.(*Pool).park(")) && bytes.Contains(state, []byte("[chan receive")) {
			n++
		}
	}
	return n
}

// TestIdle wants a pool that has nothing to do to use no processor time:
// after a run all workers but the caller park, a benched one too, and stay so.
func TestIdle(t *testing.T) {
	before := blocked() // of pools that other tests left open
	p := New(4)
	defer p.Close()
	c := newCount(64, 1, 4)
	for range 5 {
		p.Run(64, 1, c)
		p.shares[1].busy.Store(true)
		p.benchLate(time.Now())
		for blocked() != before+3 { // ends only if all park
			runtime.Gosched()
		}
		for i := 1; i < 4; i++ {
			if !p.parked[i].Load() {
				t.Errorf("worker %d waits and is not marked as parked: no run will wake it", i)
			}
		}
	}
}
