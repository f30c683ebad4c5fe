package draft

import (
	"math"
	"sync"
	"time"
)

const (
	curveRows = 64   // rows up to which times of passes are known
	rowCost   = 0.12 // of a pass of one row, by which a further row lengthens a pass, before more is known
	settled   = 16   // pairs of passes that count for a time
	outlier   = 2    // a pair counts for at most this many times the expected time
	unsettled = 4    // pairs for which that does not hold
	unitShare = 4    // passes that count for the time of one row
	// A pass has no draft after firstPlain passes with one, to be compared with, then
	// after twice as many, up to lastPlain.
	firstPlain, lastPlain = 2, 64
)

// Passes are the measured times of a model's forward passes by their rows, relative to
// a pass of one row. The speed of a shared machine changes, for passes of any number of
// rows at once: so each pass is compared with the one before it. The zero value is ready
// to use. It is safe for concurrent use.
type Passes struct {
	mu     sync.Mutex
	unit   float64                // seconds of a pass of one row, now; 0: no pass yet
	time   [curveRows + 1]float64 // relative
	count  [curveRows + 1]int     // pairs; 0: never measured, so that time is an estimate
	rows   int                    // of the last pass
	took   float64                // seconds of the last pass
	drafts int                    // passes with a draft since one that had to have none
	plain  int                    // drafts after which one must have none
}

// Passed records the time of a pass.
func (p *Passes) Passed(rows int, took time.Duration) {
	if rows < 1 || rows > curveRows || took <= 0 {
		return
	}
	t := took.Seconds()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.unit == 0 {
		p.time[1] = 1
		p.estimate()
		p.unit = t / p.time[rows]
	} else if rows != p.rows {
		p.compare(rows, t)
	}
	p.unit += (t/p.time[rows] - p.unit) / unitShare
	p.rows, p.took = rows, t
}

// compare learns from a pass of rows rows that took t, right after the last one. Each of
// the two times is changed by a share of the error, the better known one less.
func (p *Passes) compare(rows int, t float64) {
	e := math.Log(t / p.took * p.time[p.rows] / p.time[rows])
	if p.known(p.rows) && p.known(rows) {
		e = min(max(e, -math.Log(outlier)), math.Log(outlier))
	}
	a, b := p.rate(p.rows), p.rate(rows)
	if sum := a + b; sum > 1 {
		a, b = a/sum, b/sum
	}
	p.scale(p.rows, math.Exp(-a*e))
	p.scale(rows, math.Exp(b*e))
	p.estimate()
}

// known reports whether the time of passes with rows rows is about right.
func (p *Passes) known(rows int) bool { return rows == 1 || p.count[rows] >= unsettled }

// rate returns the share of an error by which the time of passes with rows rows changes.
func (p *Passes) rate(rows int) float64 {
	if rows == 1 {
		return 0
	}
	p.count[rows] = min(p.count[rows]+1, settled)
	return 1 / float64(p.count[rows])
}

// scale multiplies a time.
func (p *Passes) scale(rows int, by float64) {
	if rows > 1 {
		p.time[rows] = max(p.time[rows]*by, 1)
	}
}

// estimate sets the times that were never measured, between those that were.
func (p *Passes) estimate() {
	last := 1
	for n := 2; n <= curveRows; n++ {
		if p.count[n] == 0 {
			p.time[n] = p.time[n-1] + rowCost
			continue
		}
		for i := last + 1; i < n; i++ {
			p.time[i] = p.time[last] + (p.time[n]-p.time[last])*float64(i-last)/float64(n-last)
		}
		last = n
	}
}

// MayDraft reports whether the next pass may have a draft. Now and then it may not, so
// that the two kinds of passes are compared.
func (p *Passes) MayDraft() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plain = max(p.plain, firstPlain)
	if p.drafts < p.plain {
		return true
	}
	p.drafts, p.plain = 0, min(2*p.plain, lastPlain)
	return false
}

// Drafted says that the next pass has a draft.
func (p *Passes) Drafted() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drafts++
}

// Unit returns the time of a pass of one row, or 0 if it is not known.
func (p *Passes) Unit() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Duration(p.unit * float64(time.Second))
}

// A Curve is relative times of passes: element k is that of a pass with k drafted
// tokens.
type Curve [Max + 1]float64

// Curve sets c to the times of passes that have others rows of other sequences. It
// returns false if no pass was measured yet.
func (p *Passes) Curve(c *Curve, others int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.unit == 0 {
		return false
	}
	for k := range c {
		n := others + 1 + k
		c[k] = p.time[min(n, curveRows)]
		if more := n - curveRows; more > 0 {
			c[k] += float64(more) * (p.time[curveRows] - 1) / (curveRows - 1)
		}
	}
	return true
}
