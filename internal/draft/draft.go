// Package draft proposes tokens for speculative decoding: n-gram lookup in the text
// so far [lookup], and a model of costs that decides how many tokens pay.
package draft

import "time"

// [lookup] Saxena, Prompt Lookup Decoding, 2023
// [spec] Leviathan, Kalman, Matias, Fast Inference from Transformers via
// Speculative Decoding, 2022, arXiv:2211.17192

const (
	gram    = 3  // tokens of an n-gram
	maxRows = 16 // a longer draft would wait as a prompt does
)

// A Lookup proposes the tokens that followed the last occurrence of the last n-gram
// of a text. It serves one goroutine.
type Lookup struct {
	ids  []int32
	last map[[gram]int32]int32 // position after the last occurrence

	start int // position after the earlier occurrence of the last n-gram; 0: none
}

// Add appends a token to the text.
func (l *Lookup) Add(id int32) {
	if l.last == nil {
		l.last = map[[gram]int32]int32{}
	}
	follows := l.start > 0 && l.start < len(l.ids) && l.ids[l.start] == id
	l.ids = append(l.ids, id)
	n := len(l.ids)
	if n < gram {
		return
	}
	key := [gram]int32(l.ids[n-gram:])
	at, ok := l.last[key]
	switch {
	case ok:
		l.start = int(at)
	case follows:
		l.start++
	default:
		l.start = 0
	}
	l.last[key] = int32(n)
}

// Propose appends at most n tokens to dst: those that followed the last n-gram where
// it occurred before.
func (l *Lookup) Propose(dst []int32, n int) []int32 {
	if l.start == 0 {
		return dst
	}
	for i := range n {
		at := l.start + i
		if at >= len(l.ids) { // the proposal repeats itself
			at = l.start + (at-l.start)%(len(l.ids)-l.start)
		}
		dst = append(dst, l.ids[at])
	}
	return dst
}

// A Cost chooses the length of drafts by the time of passes and by how many drafted
// tokens were right. A draft that is not expected to pay is not made. The zero value
// is ready to use.
type Cost struct {
	right float64       // share of drafted tokens that were right, of those tried
	one   time.Duration // pass of one row
	more  float64       // time of each further row, as a share of one
	since int           // tokens since the last draft
	begun bool
}

const (
	guess   = 0.6  // right, before anything is known
	rowCost = 0.12 // more, before anything is known
	margin  = 1.05 // what a draft must be expected to gain
	retry   = 32   // tokens after which a draft of one is tried again
)

// Length returns how many tokens to draft, at most n.
func (c *Cost) Length(n int) int {
	c.begin()
	if c.one == 0 { // the first pass has no draft, so that there is something to compare with
		return 0
	}
	n = min(n, maxRows-1)
	best, most := 0, margin
	expected, p := 1.0, c.right // tokens of a pass
	for k := 1; k <= n; k++ {
		expected += p
		p *= c.right
		if gain := expected / (1 + c.more*float64(k)); gain > most {
			best, most = k, gain
		}
	}
	if c.since++; best == 0 && n > 0 && c.since > retry {
		best = 1
	}
	if best > 0 {
		c.since = 0
	}
	return best
}

func (c *Cost) begin() {
	if !c.begun {
		c.begun, c.right, c.more = true, guess, rowCost
	}
}

// Passed records a pass with a draft of the given length, of which the first right
// tokens were right, and its duration. A pass that was left early is not recorded.
func (c *Cost) Passed(drafted, right int, took time.Duration) {
	c.begin()
	if drafted == 0 {
		c.one = average(c.one, took)
		return
	}
	tried := min(right+1, drafted) // what follows a wrong token says nothing
	for i := range tried {
		hit := 0.0
		if i < right {
			hit = 1
		}
		c.right += (hit - c.right) / 16
	}
	if c.one > 0 {
		more := (float64(took)/float64(c.one) - 1) / float64(drafted)
		c.more += (min(max(more, 0), 1) - c.more) / 8
	}
}

// average returns a moving average.
func average(old, now time.Duration) time.Duration {
	if old == 0 {
		return now
	}
	return old + (now-old)/8
}
