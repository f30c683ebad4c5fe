package llama

import (
	"math"

	"github.com/querent-ai/chord/simd"
)

// [rope] Su et al., RoFormer, 2021, arXiv:2104.09864
// [yarn] Peng et al., YaRN, 2023, arXiv:2309.00071

// ropeChunk is the number of positions by which a table grows.
const ropeChunk = 256

// A rope holds the angles of rotary position embedding [rope] in tables that
// grow with the positions in use. At position pos, pair i of a head rotates by
//
//	pos · RopeBase^(-2i/RopeDim) / (RopeFactor · RopeFactors[i])
//
// in double precision, with the same bits on every machine: the conversions
// keep a compiler from fusing multiplications with additions.
type rope struct {
	freqs  []float64   // (RopeDim/2,) radians per position
	scale  float64     // factor of cosines and sines
	chunks [][]float32 // each (ropeChunk, 2, RopeDim/2): cosines, sines
}

// newRope returns empty tables for layers with full attention. factors is empty
// or (RopeDim/2,): divisors of the frequencies.
func newRope(c *Config, factors []float32) *rope {
	r := &rope{freqs: make([]float64, c.RopeDim/2), scale: c.RopeAttnFactor}
	ramp := func(int) float64 { return 0 }
	if c.RopeScaling == "yarn" {
		ramp = yarnRamp(c)
		r.scale *= yarnScale(c)
	}
	for i := range r.freqs {
		if c.still(i) {
			continue
		}
		free := simd.Pow(c.RopeBase, -2*float64(i)/float64(c.RopeDim))
		if len(factors) > 0 {
			free /= float64(factors[i])
		}
		m := ramp(i)
		r.freqs[i] = float64(free/c.RopeFactor*(1-m)) + float64(free*m)
	}
	return r
}

// newWindowRope returns empty tables for layers with a window.
func newWindowRope(c *Config, factors []float32) *rope {
	w := *c
	w.RopeBase, w.RopeDim = c.WindowRopeBase, c.WindowRopeDim
	if c.family().unscaledWindow {
		w.RopeScaling, w.RopeFactor, w.RopeAttnFactor, factors = "none", 1, 1, nil
	}
	return newRope(&w, factors)
}

// yarnRamp returns the share of each pair's angle that is not scaled [yarn]: 1
// for a pair with YarnBetaFast or more rotations in RopeContext positions, 0 for
// one with YarnBetaSlow or fewer, and a linear ramp between.
func yarnRamp(c *Config) func(i int) float64 {
	pair := func(rotations float64) float64 { // the pair with this number of rotations
		return float64(c.RopeDim) * simd.Log(float64(c.RopeContext)/(rotations*2*math.Pi)) / (2 * simd.Log(c.RopeBase))
	}
	low := max(0, math.Floor(pair(c.YarnBetaFast)))
	high := min(float64(c.RopeDim-1), math.Ceil(pair(c.YarnBetaSlow)))
	return func(i int) float64 {
		return 1 - min(1, max(0, (float64(i)-low)/max(0.001, high-low)))
	}
}

// yarnScale returns YaRN's factor of cosines and sines.
func yarnScale(c *Config) float64 {
	if c.RopeFactor <= 1 {
		return 1
	}
	log := simd.Log(c.RopeFactor)
	s := 1 + float64(0.1*log)
	switch {
	case c.YarnLogMul == 0:
	case c.Arch == "deepseek2": // part of the queries' scale
		return 1
	default:
		s /= 1 + float64(0.1*float64(c.YarnLogMul*log))
	}
	return s
}

// grow extends the tables to positions [0, n).
func (r *rope) grow(n int) {
	half := len(r.freqs)
	for len(r.chunks)*ropeChunk < n {
		chunk := make([]float32, ropeChunk*2*half)
		for p := range ropeChunk {
			pos := float64(len(r.chunks)*ropeChunk + p)
			row := chunk[p*2*half:]
			for i, f := range r.freqs {
				sin, cos := simd.SinCos(float64(pos * f))
				row[i], row[half+i] = float32(cos*r.scale), float32(sin*r.scale)
			}
		}
		r.chunks = append(r.chunks, chunk)
	}
}

// at returns the cosines and sines of position pos, (RopeDim/2,) each.
func (r *rope) at(pos int) (cos, sin []float32) {
	half := len(r.freqs)
	row := r.chunks[pos/ropeChunk][pos%ropeChunk*2*half:]
	return row[:half], row[half : 2*half]
}

// ropes are the tables of a model. A nil table means no RoPE.
type ropes struct {
	kinds [2]struct{ all, window *rope } // for short and for long sequences; they differ with LongRoPE only
	layer []LayerRope
}

// newRopes returns the tables of c. Sequences longer than RopeContext use the
// factors long, if they are not nil.
func newRopes(c *Config, factors, long []float32) ropes {
	r := ropes{layer: make([]LayerRope, len(c.Layer))}
	windows := false
	for i := range c.Layer {
		r.layer[i] = c.Layer[i].Rope
		windows = windows || r.layer[i] == RopeWindow
	}
	if c.RopeDim == 0 {
		return r
	}
	for i, f := range [][]float32{factors, long} {
		if i > 0 && f == nil {
			r.kinds[i] = r.kinds[0]
			break
		}
		r.kinds[i].all = newRope(c, f)
		if windows {
			r.kinds[i].window = newWindowRope(c, f)
		}
	}
	return r
}

// grow extends the tables of short or of long sequences to positions [0, n).
func (r *ropes) grow(n int, long bool) {
	k := &r.kinds[index(long)]
	if k.all != nil {
		k.all.grow(n)
	}
	if k.window != nil {
		k.window.grow(n)
	}
}

// table returns the angles of a layer, nil if it uses no RoPE.
func (r *ropes) table(layer int, long bool) *rope {
	k := &r.kinds[index(long)]
	switch r.layer[layer] {
	case RopeAll:
		return k.all
	case RopeWindow:
		return k.window
	}
	return nil
}

// index returns 1 for true, 0 for false.
func index(b bool) int {
	if b {
		return 1
	}
	return 0
}
