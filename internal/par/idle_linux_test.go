package par

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime returns the processor time that this process has used.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestIdle wants no processor time of a pool that has nothing to do: workers
// spin for a moment after a run and then really park, at rest or not.
func TestIdle(t *testing.T) {
	p := New(4)
	defer p.Close()
	c := newCount(64, 1, 4)
	p.Run(64, 1, c)
	const wait, most = 300 * time.Millisecond, 5 * time.Millisecond
	least := time.Duration(1 << 62)
	for range 5 {
		p.Run(64, 1, c)
		p.shares[1].busy.Store(true)
		p.dismiss(time.Now())
		time.Sleep(10 * time.Millisecond) // to spin and park
		before := cpuTime(t)
		time.Sleep(wait)
		least = min(least, cpuTime(t)-before)
		if least <= most {
			return
		}
	}
	t.Errorf("an idle pool used %v of %v at least, want at most %v", least, wait, most)
}
