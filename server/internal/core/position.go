package core

import (
	"fmt"
	"strconv"
	"strings"
)

// A position says how far a stream has come, in a way that does not depend on when the
// deltas of several runs came: the deltas of each run, and the events since the last one.
type position struct {
	counts []int // deltas of each run, the last one included; nil before the first run
	run    int   // of the last delta; len(counts) when all runs have ended
	events int   // sent since
}

// mostCounted is the maximum number of runs whose stream has positions.
const mostCounted = 64

// next counts a delta of a run.
func (p *position) next(run int) {
	p.counts[run]++
	p.run, p.events = run, 0
}

// end says that all runs have ended.
func (p *position) end() { p.run, p.events = len(p.counts), 0 }

// within reports whether the event at p is one that a client with the events up to q has.
func (p *position) within(q *position) bool {
	switch {
	case q.counts == nil:
		return p.counts == nil && p.events <= q.events
	case p.counts == nil:
		return true
	case p.run == len(p.counts):
		return q.run == len(q.counts) && p.events <= q.events
	case p.counts[p.run] != q.counts[p.run]:
		return p.counts[p.run] < q.counts[p.run]
	}
	return p.run != q.run || p.events <= q.events
}

// String returns the position as it is in ids: the events, the run, the deltas.
func (p *position) String() string {
	b := strconv.AppendInt(nil, int64(p.events), 10)
	if p.counts != nil {
		b = strconv.AppendInt(append(b, '.'), int64(p.run), 10)
	}
	for _, n := range p.counts {
		b = strconv.AppendInt(append(b, '.'), int64(n), 10)
	}
	return string(b)
}

// parsePosition is the inverse of String.
func parsePosition(s string) (p position, err error) {
	parts := strings.Split(s, ".")
	if len(parts) == 2 || len(parts) > 2+mostCounted {
		return p, fmt.Errorf("it has %d numbers", len(parts))
	}
	numbers := make([]int, len(parts))
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 31)
		if err != nil {
			return p, fmt.Errorf("%.40q is no number", part)
		}
		numbers[i] = int(n)
	}
	if p.events = numbers[0]; len(numbers) > 1 {
		p.run, p.counts = numbers[1], numbers[2:]
	}
	if p.run > len(p.counts) {
		return p, fmt.Errorf("it has no run %d", p.run)
	}
	return p, nil
}
