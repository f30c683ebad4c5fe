package bench

import (
	"time"

	"github.com/querent-ai/chord/simd"
)

// A row is one test of one session and what was measured. Sample i of every
// list belongs to repetition i.
type row struct {
	Info
	Test
	session       *session
	threads       int
	cache         cache
	tier          string
	bytes         int64 // of weights that one step reads
	batch, ubatch int

	start   time.Time
	samples []time.Duration
	beside  []time.Duration // while other cores are busy, if that is wanted
	fair    float64         // the part of its speed that a fair share leaves beside them
	limits  []limit         // beside each sample, if they are wanted
	others  []float64       // tokens a second of the other program, NaN if it says nothing
	single  *row            // the same test with one sequence, measured in turn, or nil
}

// newRow returns a row without samples.
func newRow(x *session, t Test, batch, ubatch int) *row {
	return &row{Info: x.info, Test: t, session: x, threads: x.threads, cache: x.cache, tier: simd.Tier(),
		bytes: x.model.Info().WeightSize, batch: batch, ubatch: ubatch}
}

// size returns how many tokens of a prompt are given to the model at once.
func (r *row) size() int { return min(r.batch, r.ubatch) }

// rates returns tokens a second, of each repetition.
func (r *row) rates() []float64 { return r.ratesOf(r.samples) }

// ratesOf returns tokens a second, if the row takes so long.
func (r *row) ratesOf(samples []time.Duration) []float64 {
	xs := nanoseconds(samples)
	for i, ns := range xs {
		xs[i] = float64(r.tokens()) * 1e9 / ns
	}
	return xs
}

// toAlone returns which part of its undisturbed rate each repetition has while
// other cores are busy.
func (r *row) toAlone() []float64 { return ratios(nanoseconds(r.samples), nanoseconds(r.beside)) }

// toFair returns how many times as long as with a fair share of the cores each
// repetition takes while others are busy.
func (r *row) toFair() []float64 {
	xs := r.toAlone()
	for i := range xs {
		xs[i] = r.fair / xs[i]
	}
	return xs
}

// toOne returns how often the rate of one sequence each repetition has.
func (r *row) toOne() []float64 {
	if r.single == nil {
		return nil
	}
	return ratios(r.rates(), r.single.rates())
}

// vs returns the ratios to the other program.
func (r *row) vs() []float64 { return ratios(r.rates(), r.others) }

// shares returns which share of the limit each repetition has reached, and the
// limit beside it: bytes a second if the row generates only, since every step
// reads all weights; operations a second if it reads a prompt only, since there
// every weight read is used many times. A mixed row has none.
func (r *row) shares() (shares, limits []float64) {
	if len(r.limits) == 0 || r.Prompt > 0 && r.Gen > 0 {
		return nil, nil
	}
	work := float64(r.Gen) * float64(r.bytes)
	if r.Prompt > 0 {
		work = r.operations()
	}
	var rates []float64
	for i, ns := range nanoseconds(r.samples) {
		rates = append(rates, work*1e9/ns)
		l := r.limits[i].read
		if r.Prompt > 0 {
			l = r.limits[i].peak
		}
		limits = append(limits, l)
	}
	return ratios(rates, limits), limits
}

// operations returns the multiplications and additions with weights in the
// prompt: two a weight and token, where only the last token of each batch goes
// through the end of the model, which makes logits.
func (r *row) operations() float64 {
	batches := (r.Prompt + r.size() - 1) / r.size()
	return 2 * float64(r.Seqs) * (float64(r.perToken)*float64(r.Prompt) + float64(r.perLogits)*float64(batches))
}
