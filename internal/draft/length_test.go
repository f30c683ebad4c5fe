package draft

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// A machine is the times of passes by rows: per more rows up to a panel of 8, and panel
// more for the first row of the next one.
type machine struct {
	name       string
	per, panel float64
}

var machines = []machine{{"rows cost little", 0.03, 1}, {"rows cost", 0.12, 0.3}, {"as dear as passes", 1, 0}}

func (m machine) time(rows int) float64 {
	return 1 + m.per*float64(rows-1) + m.panel*float64((rows-1)/8)
}

// TestLength decodes with a source whose proposals are right with a given probability,
// on machines whose speed changes all the time, and wants a gain near that of the best
// constant length, and never a loss.
func TestLength(t *testing.T) {
	for _, m := range machines {
		for _, right := range []float64{0, 0.1, 0.3, 0.5, 0.8, 0.9, 1} {
			best := 1.0
			for k := 1; k <= 12; k++ {
				tokens := 0.0
				for i := range k + 1 {
					tokens += math.Pow(right, float64(i))
				}
				best = max(best, tokens/m.time(k+1))
			}
			gain := simulate(m, right, 0)
			if least := max(0.98, 0.85*best); gain < least {
				t.Errorf("%s, %g right: %.3f as fast as without drafts, want %.3f of %.3f", m.name, right, gain, least, best)
			}
		}
	}
}

// simulate returns how many times as fast tokens come.
func simulate(m machine, right float64, others int) float64 {
	r := rand.New(rand.NewPCG(3, 4))
	var p Passes
	var h History
	var o Odds
	h.Begin(&o)
	tokens, spent, plain := 0, 0.0, 0.0
	speed := 1.0
	for tokens < 20000 {
		speed = min(max(speed*(1+0.1*r.NormFloat64()), 0.4), 2.5)
		var d Draft
		var c Curve
		for range 12 {
			d.Add(1, Matched+4)
		}
		k := 0
		if p.Curve(&c, others) {
			if k, _ = d.Length(&o, &c, others, 0); !p.MayDraft() {
				k = 0
			} else if k > 0 {
				p.Drafted()
			}
		}
		hit := 0
		for hit < 12 && r.Float64() < right {
			hit++
		}
		for i := range min(hit+1, 12, k+1) { // tokens are compared, drafted or not
			o.Saw(Matched+4, i < hit)
		}
		hit = min(hit, k)
		rows := others + 1 + k
		p.Passed(rows, time.Duration(speed*m.time(rows)*1e6))
		tokens, spent, plain = tokens+hit+1, spent+m.time(rows), plain+float64(hit+1)*m.time(others+1)
	}
	return plain / spent
}

// TestLengthBesideOthers holds that drafts beside other sequences do not slow all of
// them together.
func TestLengthBesideOthers(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, m := range machines {
		for _, others := range []int{1, 3, 7, 30, 80} {
			var p Passes
			for range 20000 {
				rows := 1 + r.IntN(curveRows)*r.IntN(2) // half of them plain
				p.Passed(rows, time.Duration(m.time(rows)*1e6))
			}
			var o Odds
			new(History).Begin(&o)
			for range 200 {
				o.Saw(Forced, true)
			}
			var c Curve
			p.Curve(&c, others)
			var d Draft
			for range Max {
				d.Add(1, Forced)
			}
			k, gain := d.Length(&o, &c, others, 0)
			rate := func(k int) float64 { return float64(others+1+k) / m.time(others+1+k) }
			if got := rate(k) / rate(0); math.Abs(got-gain) > 0.05*gain && others+Max < curveRows || got < 0.98 {
				t.Errorf("%s, %d others: %d tokens, gain %.3f, says %.3f", m.name, others, k, got, gain)
			}
		}
	}
}

// TestPasses holds that a curve is found though the machine's speed changes.
func TestPasses(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, m := range machines {
		var p Passes
		var c Curve
		if p.Curve(&c, 0) || p.Unit() != 0 {
			t.Error("a curve before the first pass")
		}
		speed := 1.0
		for range 4000 {
			speed = min(max(speed*(1+0.05*r.NormFloat64()), 0.4), 2.5)
			rows := 1 + r.IntN(16)
			took := speed * m.time(rows)
			if r.IntN(20) == 0 {
				took *= 10 // another process
			}
			p.Passed(rows, time.Duration(took*1e6))
		}
		p.Curve(&c, 0)
		for k, got := range c {
			if want := m.time(1 + k); got < want/1.3 || got > want*1.3 {
				t.Errorf("%s: a pass of %d rows takes %.2f of one, want %.2f", m.name, k+1, got, want)
			}
		}
	}
}

// TestPays drafts with a smaller model until one more token does not pay, and compares
// with the best length.
func TestPays(t *testing.T) {
	c := Curve{}
	for k := range c {
		c[k] = 1 + 0.05*float64(k)
	}
	var o Odds
	new(History).Begin(&o)
	for range 500 {
		o.Saw(Model, true)
		o.Saw(All, true)
	}
	for range 125 {
		o.Saw(Model, false)
		o.Saw(All, false)
		for range 4 {
			o.Saw(Model, true)
			o.Saw(All, true)
		}
	}
	const cost = 0.1
	right := o.Right(Model)
	var d Draft
	d.Add(1, Model)
	for d.Pays(&o, &c, 0, right, cost) {
		d.Add(1, Model)
	}
	best, want := 0.0, 0
	expected := 1.0
	for k := 1; k <= Max; k++ {
		expected += math.Pow(right, float64(k))
		if g := expected / (c[k] + cost*float64(k)); g > best {
			best, want = g, k
		}
	}
	if got := len(d.IDs); got != want {
		t.Errorf("%d tokens at %.2f right, want %d", got, right, want)
	}
	if got := c.Gain(0, Max, right, cost); math.Abs(got-best) > 1e-9 {
		t.Errorf("gain %g, want %g", got, best)
	}
	if got := c.Gain(0, Max, 0.05, cost); got != 1 {
		t.Errorf("gain %g of proposals that are wrong, want 1", got)
	}
}

// TestHistory holds that a text begins with what others have learned, and that tries
// long ago do not count.
func TestHistory(t *testing.T) {
	var h History
	for range 50 {
		var o Odds
		h.Begin(&o)
		for range 100 {
			o.Saw(Pooled, true)
			o.Saw(Resumed, false)
		}
		h.End(&o)
	}
	var o Odds
	h.Begin(&o)
	if a, b := o.Right(Pooled), o.Right(Resumed); a < 0.9 || b > 0.1 {
		t.Errorf("%g and %g right, want nearly 1 and 0", a, b)
	}
	if got := o.Right(Forced); got != guesses[Forced] {
		t.Errorf("%g of a class never tried, want %g", got, guesses[Forced])
	}
	for range 30 {
		o.Saw(Pooled, false)
	}
	if got := o.Right(Pooled); got > 0.2 {
		t.Errorf("%g right after 30 wrong ones", got)
	}
}
