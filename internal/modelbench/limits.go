package modelbench

import (
	"fmt"
	"time"

	"github.com/querent-ai/chord/internal/mmap"
	"github.com/querent-ai/chord/simd"
)

// A limit is what this machine can do at one moment with some number of threads.
type limit struct {
	read float64 // bytes of memory a second
	peak float64 // int8 multiplications and additions a second
}

// readBytes is larger than any cache, so that no read finds the data of the last.
const readBytes = 512 << 20

// Sizes of a piece of work: each takes a few to a few tens of microseconds.
const (
	readStep   = 256 << 10
	peakRounds = 20000
)

// peakTime is about how long one measurement of the multiplier takes. Reading and
// multiplying are repeated for limitTime, so long that other work on the machine
// disturbs them as much as it disturbs the row that they are compared with.
const (
	peakTime  = 10 * time.Millisecond
	limitTime = 50 * time.Millisecond
)

// A meter measures limits with the threads of a row.
type meter struct {
	pool   *simd.Pool
	data   []byte // off the heap, in huge pages, shared by all meters
	pieces int    // pieces of peakRounds that take about peakTime
	ops    int    // operations of a piece
}

// newMeter returns a meter with this many threads that reads data.
func newMeter(threads int, data []byte) *meter {
	m := &meter{pool: simd.NewPool(threads), data: data, pieces: threads}
	for range 20 { // until it takes long enough for the clock; a core may have been asleep
		start := time.Now()
		m.pool.Run(m.pieces, 1, (*peakJob)(m))
		if time.Since(start) >= peakTime/2 {
			break
		}
		m.pieces *= 2
	}
	m.ops = simd.Peak(peakRounds)
	return m
}

// memory returns the data that meters read, with every page in memory.
func memory() ([]byte, error) {
	data, err := mmap.Alloc(readBytes)
	if err != nil {
		return nil, fmt.Errorf("bench: limits: %w", err)
	}
	for i := 0; i < len(data); i += 4096 {
		data[i] = 1
	}
	return data, nil
}

// measure measures the limits.
func (m *meter) measure() limit {
	read := repeat(func() { m.pool.Run(len(m.data), readStep, (*readJob)(m)) })
	peak := repeat(func() { m.pool.Run(m.pieces, 1, (*peakJob)(m)) })
	return limit{read: read * float64(len(m.data)), peak: peak * float64(m.pieces) * float64(m.ops)}
}

// repeat does f until limitTime has passed and returns how often a second it
// did.
func repeat(f func()) float64 {
	start, n := time.Now(), 0
	for n == 0 || time.Since(start) < limitTime {
		f()
		n++
	}
	return float64(n) / max(time.Since(start), 1).Seconds()
}

// between returns the mean of the limits before and after a repetition.
func between(before, after limit) limit {
	return limit{read: (before.read + after.read) / 2, peak: (before.peak + after.peak) / 2}
}

type readJob meter

// Do reads bytes [lo, hi).
func (m *readJob) Do(_, lo, hi int) { simd.Read(m.data[lo:hi]) }

type peakJob meter

// Do multiplies.
func (m *peakJob) Do(_, lo, hi int) {
	for range hi - lo {
		simd.Peak(peakRounds)
	}
}
