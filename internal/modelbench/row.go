package modelbench

import (
	"slices"
	"time"

	"github.com/querent-ai/chord/internal/bench"
	"github.com/querent-ai/chord/simd"
)

// A row is one test of one session and its measurements. Sample i of every list
// belongs to repetition i.
type row struct {
	Info
	bench.Test
	session       *session
	threads       int
	cache         cache
	tier          string
	bytes         int64 // of weights that one step reads
	batch, ubatch int

	start   time.Time
	samples []time.Duration
	beside  []time.Duration // while other cores are busy; nil unless asked for
	fair    float64         // share of its speed that fair sharing of the cores leaves
	limits  []limit         // around each sample; nil unless asked for
	others  []float64       // tokens a second of the other program, NaN where it has no such row
	drafts  drafts          // none unless asked for
	single  *row            // the same test with one sequence, measured in turn, or nil
}

// newRow returns a row without samples.
func newRow(x *session, t bench.Test, batch, ubatch int) *row {
	return &row{Info: x.info, Test: t, session: x, threads: x.threads, cache: x.cache, tier: simd.Tier(),
		bytes: x.model.Info().WeightSize, batch: batch, ubatch: ubatch}
}

// size returns how many tokens of a prompt the model gets at once.
func (r *row) size() int { return min(r.batch, r.ubatch) }

// rates returns tokens a second of each repetition.
func (r *row) rates() []float64 { return r.ratesOf(r.samples) }

// ratesOf returns tokens a second of the row if it takes these times.
func (r *row) ratesOf(samples []time.Duration) []float64 {
	xs := bench.Nanoseconds(samples)
	for i, ns := range xs {
		xs[i] = float64(r.Tokens()) * 1e9 / ns
	}
	return xs
}

// toAlone returns, for each repetition, its rate while other cores are busy divided
// by its rate alone.
func (r *row) toAlone() []float64 {
	return bench.Ratios(bench.Nanoseconds(r.samples), bench.Nanoseconds(r.beside))
}

// toFair returns, for each repetition, its time while other cores are busy divided
// by its time with a fair share of the cores.
func (r *row) toFair() []float64 {
	xs := r.toAlone()
	for i := range xs {
		xs[i] = r.fair / xs[i]
	}
	return xs
}

// toOne returns, for each repetition, its rate divided by that of one sequence.
func (r *row) toOne() []float64 {
	if r.single == nil {
		return nil
	}
	return bench.Ratios(r.rates(), r.single.rates())
}

// vs returns, for each repetition, its rate divided by the other program's.
func (r *row) vs() []float64 { return bench.Ratios(r.rates(), r.others) }

// shares returns the share of the limit that each repetition reached, and the
// limits. The limit is bytes a second for a row that only generates, since every
// step reads all weights, and operations a second for a row that only reads a
// prompt, since it uses every weight that it reads many times. A row that does
// both has none.
func (r *row) shares() (shares, limits []float64) {
	if len(r.limits) == 0 || r.Prompt > 0 && r.Gen > 0 {
		return nil, nil
	}
	work := float64(r.Gen) * float64(r.bytes)
	if r.Prompt > 0 {
		work = r.operations()
	}
	var rates []float64
	for i, ns := range bench.Nanoseconds(r.samples) {
		rates = append(rates, work*1e9/ns)
		l := r.limits[i].read
		if r.Prompt > 0 {
			l = r.limits[i].peak
		}
		limits = append(limits, l)
	}
	return bench.Ratios(rates, limits), limits
}

// operations returns how many multiplications and additions with weights the prompt
// takes: two for each weight and token. Only the last token of each batch goes
// through the weights that make logits.
func (r *row) operations() float64 {
	batches := (r.Prompt + r.size() - 1) / r.size()
	return 2 * float64(r.Seqs) * (float64(r.perToken)*float64(r.Prompt) + float64(r.perLogits)*float64(batches))
}

// A cache is the types of keys and values in a cache.
type cache struct{ k, v string }

// String returns both types, or one if they are the same.
func (c cache) String() string {
	if c.k == c.v {
		return c.k
	}
	return c.k + "+" + c.v
}

// caches returns every combination of types.
func (p Plan) caches() (cs []cache) {
	for _, k := range p.TypesK {
		for _, v := range p.TypesV {
			cs = append(cs, cache{k, v})
		}
	}
	return cs
}

// positions returns how many tokens the longest sequence has.
func (p Plan) positions() int {
	n := slices.Max(slices.Concat([]int{1}, p.Prompt, p.Gen))
	for _, pg := range p.PG {
		n = max(n, pg[0]+pg[1])
	}
	if p.Draft != nil {
		n += draftPositions
	}
	return n + slices.Max(p.Depth)
}

// groups returns the rows of a session, in groups that are measured in turn.
func (p Plan) groups(x *session) (groups [][]*row) {
	for _, b := range p.Batch {
		for _, ub := range p.UBatch {
			for _, d := range p.Depth {
				groups = append(groups, p.tests(x, b, ub, d)...)
			}
		}
	}
	return groups
}

// tests returns the groups of a session at one depth.
func (p Plan) tests(x *session, b, ub, depth int) (groups [][]*row) {
	for _, n := range p.Prompt {
		if n > 0 {
			groups = append(groups, []*row{newRow(x, bench.Test{Prompt: n, Depth: depth, Seqs: 1}, b, ub)})
		}
	}
	for _, n := range p.Gen {
		if n == 0 {
			continue
		}
		var group []*row
		var single *row
		for _, seqs := range p.Seqs {
			r := newRow(x, bench.Test{Gen: n, Depth: depth, Seqs: seqs}, b, ub)
			if seqs == 1 && single == nil {
				single = r
			}
			group = append(group, r)
		}
		for _, r := range group {
			if r.Seqs > 1 {
				r.single = single
			}
		}
		groups = append(groups, group)
	}
	for _, pg := range p.PG {
		if pg[0]+pg[1] > 0 {
			groups = append(groups, []*row{newRow(x, bench.Test{Prompt: pg[0], Gen: pg[1], Depth: depth, Seqs: 1}, b, ub)})
		}
	}
	return groups
}
