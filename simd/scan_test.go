package simd

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// A scanCase is what a token does to a state, in float64: the state and the output.
type scanCase struct {
	name string
	run  func(out, state, k, q, w, u, v []float32)
	want func(s, k, q, w, u []float64, row int, v float64) (next []float64, out float64)
}

// sum64 returns the dot product.
func sum64(x, y []float64) float64 {
	s := 0.0
	for i := range x {
		s += x[i] * y[i]
	}
	return s
}

// The parameters of the updates in tests: u are the steps of channels for a scan and
// a second key for WKV7.
const scanBeta, scanScale = 0.625, 0.25

var scanCases = []scanCase{
	{"SelectiveScan", func(out, state, k, q, w, u, v []float32) {
		a, step, d := make([]float32, len(state)), make([]float32, len(v)), make([]float32, len(v))
		for i := range a {
			a[i] = -w[i%len(w)]
		}
		for i := range v {
			step[i], d[i] = 0.5+float32(i)/8, 1.5
		}
		SelectiveScan(out, state, v, step, a, k, q, d, make([]float32, len(state)))
	}, func(s, k, q, w, u []float64, row int, v float64) ([]float64, float64) {
		step := 0.5 + float64(row)/8
		for i := range s {
			s[i] = s[i]*math.Exp(-step*w[i]) + v*step*k[i]
		}
		return s, sum64(s, q) + 1.5*v
	}},
	{"ChannelDelta", func(out, state, k, q, w, u, v []float32) {
		ChannelDelta(out, state, q, k, v, w, scanBeta, scanScale)
	}, func(s, k, q, w, u []float64, row int, v float64) ([]float64, float64) {
		for i := range s {
			s[i] *= w[i]
		}
		delta := (v - sum64(s, k)) * scanBeta
		for i := range s {
			s[i] += delta * k[i]
		}
		return s, sum64(s, q) * scanScale
	}},
	{"WKV7", func(out, state, k, q, w, u, v []float32) {
		WKV7(out, state, q, w, k, v, u, k)
	}, func(s, k, q, w, u []float64, row int, v float64) ([]float64, float64) {
		sa := sum64(s, u)
		for i := range s {
			s[i] = s[i]*w[i] + v*k[i] + sa*k[i]
		}
		return s, sum64(s, q)
	}},
}

// wide returns x in double precision.
func wide(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// TestScans compares updates of states with float64, in every tier, and the tiers
// with each other to the bit. Inputs of normal size bound the sums: errors stay below
// 1e-6 times n² for rows of n elements.
func TestScans(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 2))
	for _, c := range scanCases {
		for _, shape := range [][2]int{{1, 1}, {3, 7}, {5, 16}, {16, 33}, {64, 64}, {64, 128}} {
			rows, n := shape[0], shape[1]
			state, k, q, u, v := normals(rng, rows*n), normals(rng, n), normals(rng, n), normals(rng, n), normals(rng, rows)
			w := make([]float32, n)
			for i := range w {
				w[i] = rng.Float32()
			}
			var first, firstState []float32
			for _, im := range tiers() {
				use(t, im)
				got, s := make([]float32, rows), slices.Clone(state)
				c.run(got, s, slices.Clone(k), q, w, u, v)
				if first == nil {
					first, firstState = got, s
				}
				if !slices.Equal(got, first) || !slices.Equal(s, firstState) {
					t.Fatalf("%s %v: impl=%s has other bits than impl=%s", c.name, shape, im.name, tiers()[0].name)
				}
				for row := range rows {
					next, out := c.want(wide(state[row*n:(row+1)*n]), wide(k), wide(q), wide(w), wide(u), row, float64(v[row]))
					limit := 1e-6 * float64(n*n+10)
					for i, x := range append(next, out) {
						y := append(slices.Clone(s[row*n:(row+1)*n]), got[row])[i]
						if math.Abs(float64(y)-x) > limit {
							t.Fatalf("%s %v impl=%s: row %d, element %d: got %g, want %g", c.name, shape, im.name, row, i, y, x)
						}
					}
				}
			}
		}
	}
}

// TestScanLengths requires panics for lengths that do not fit.
func TestScanLengths(t *testing.T) {
	x := func(n int) []float32 { return make([]float32, n) }
	for i, f := range []func(){
		func() { Mul(x(2), x(2), x(3)) },
		func() { SelectiveScan(x(2), x(8), x(2), x(3), x(8), x(4), x(4), x(2), x(8)) },
		func() { SelectiveScan(x(2), x(8), x(2), x(2), x(8), x(4), x(4), x(2), x(7)) },
		func() { ChannelDelta(x(2), x(8), x(4), x(4), x(2), x(1), 1, 1) },
		func() { WKV7(x(2), x(9), x(4), x(4), x(4), x(2), x(4), x(4)) },
		func() { WKV7(x(2), x(8), x(4), x(4), x(4), x(2), x(3), x(4)) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("case %d: no panic", i)
				}
			}()
			f()
		}()
	}
}

// BenchmarkScan updates the states of real models' heads: bytes are those of the state.
func BenchmarkScan(b *testing.B) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, c := range scanCases {
		rows, n := 64, 64
		switch c.name {
		case "SelectiveScan":
			n = 16
		case "ChannelDelta":
			rows, n = 128, 128
		}
		state, k, q, u, v := normals(rng, rows*n), normals(rng, n), normals(rng, n), make([]float32, n), normals(rng, rows)
		w, out := make([]float32, n), make([]float32, rows)
		for i := range w {
			w[i] = 0.5
		}
		for _, im := range tiers() {
			b.Run("op="+c.name+"/impl="+im.name, func(b *testing.B) {
				use(b, im)
				b.SetBytes(int64(4 * rows * n))
				for b.Loop() {
					c.run(out, state, k, q, w, u, v)
				}
			})
		}
	}
}
