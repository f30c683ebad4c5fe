package simd

import (
	"math"
	"math/rand/v2"
	"testing"
)

// normals returns n normal elements.
func normals(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// allNear requires that each element of got is within limit of want, the limit
// growing with the sums in sizes.
func allNear(t *testing.T, what string, got []float32, want, sizes []float64) {
	t.Helper()
	for i := range want {
		if d := math.Abs(float64(got[i]) - want[i]); !(d <= 1e-6*(sizes[i]+1e-3)) {
			t.Fatalf("impl=%s %s: element %d of %d: got %g, want %g", active.name, what, i, len(want), got[i], want[i])
		}
	}
}

// TestRecurrentSteps compares the update of a state and what is read there with
// float64: errors grow with the sums of absolute values.
func TestRecurrentSteps(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	for _, im := range tiers() {
		use(t, im)
		for _, shape := range [][2]int{{1, 1}, {3, 7}, {16, 16}, {5, 33}, {64, 128}, {128, 128}} {
			rows, n := shape[0], shape[1]
			state, q, k, v := normals(rng, rows*n), normals(rng, n), normals(rng, n), normals(rng, rows)
			const decay, beta, scale, step, d = 0.75, 0.625, 0.25, 0.375, 1.5
			out, y := make([]float32, rows), make([]float32, rows)
			want, sizes := make([]float64, rows), make([]float64, rows)
			wantY, sizesY := make([]float64, rows), make([]float64, rows)
			wantS, sizesS := make([]float64, rows*n), make([]float64, rows*n)
			for j := range rows {
				s, sk, size := state[j*n:(j+1)*n], 0.0, 0.0
				for i := range s {
					sk += float64(s[i]) * decay * float64(k[i])
					size += math.Abs(float64(s[i]) * float64(k[i]))
				}
				for i := range s {
					x := float64(s[i])*decay + (float64(v[j])-sk)*beta*float64(k[i])
					wantS[j*n+i], sizesS[j*n+i] = x, math.Abs(x)+size*math.Abs(float64(k[i]))
					want[j] += x * float64(q[i]) * scale
					sizes[j] += sizesS[j*n+i] * math.Abs(float64(q[i]))
					x = float64(s[i])*decay + float64(v[j])*step*float64(k[i])
					wantY[j] += x * float64(q[i])
					sizesY[j] += math.Abs(x * float64(q[i]))
				}
				wantY[j] += d * float64(v[j])
				sizesY[j] += math.Abs(d * float64(v[j]))
			}
			after := append([]float32{}, state...)
			DeltaRule(out, after, q, k, v, decay, beta, scale)
			allNear(t, "DeltaRule's state", after, wantS, sizesS)
			allNear(t, "DeltaRule", out, want, sizes)
			SSMUpdate(y, state, v, k, q, decay, step, d)
			allNear(t, "SSMUpdate", y, wantY, sizesY)
		}
	}
}

// TestRecurrentTiers requires the bits of the generic functions in every tier.
func TestRecurrentTiers(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 60 {
		rows, n := rng.IntN(40), 1+rng.IntN(80)
		state, q, k, v := normals(rng, rows*n), normals(rng, n), normals(rng, n), normals(rng, rows)
		compute := func(im *impl) []float32 {
			use(t, im)
			s, out := append(append([]float32{}, state...), 7), make([]float32, rows) // 7 is behind the state
			DeltaRule(out, s[:rows*n], q, k, v, 0.75, 0.625, 0.25)
			y := make([]float32, rows)
			SSMUpdate(y, s[:rows*n], v, k, q, 0.5, 0.375, 1.5)
			return append(append(s, out...), y...)
		}
		want := compute(&generic)
		for _, im := range tiers() {
			for i, got := range compute(im) {
				if math.Float32bits(got) != math.Float32bits(want[i]) {
					t.Fatalf("impl=%s rows=%d n=%d: element %d: got %g, want %g", im.name, rows, n, i, got, want[i])
				}
			}
		}
	}
}

// TestRecurrentElements compares the element-wise functions with float64.
func TestRecurrentElements(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 2))
	for n := range 70 {
		x, w, dst := normals(rng, n), normals(rng, n), normals(rng, n)
		want, sizes := make([]float64, n), make([]float64, n)
		for i := range x {
			want[i] = float64(dst[i]) + float64(x[i])*float64(w[i])
			sizes[i] = 2
		}
		sum := append([]float32{}, dst...)
		MulAdd(sum, x, w)
		allNear(t, "MulAdd", sum, want, sizes)
		for i := range x {
			want[i] = float64(dst[i]) - 2.5*float64(x[i])
			sizes[i] = 8
		}
		Axpy(dst, -2.5, x)
		allNear(t, "Axpy", dst, want, sizes)
		ss := 1e-6
		for i := range x {
			ss += float64(x[i]) * float64(x[i])
		}
		for i := range x {
			want[i], sizes[i] = float64(x[i])/math.Sqrt(ss), 1
		}
		norm := append([]float32{}, x...)
		L2Norm(norm, 1e-6)
		allNear(t, "L2Norm", norm, want, sizes)
		for i := range x {
			want[i], sizes[i] = float64(x[i])/(1+math.Exp(-float64(w[i]))), 2
		}
		SigmoidMul(x, w, x)
		allNear(t, "SigmoidMul", x, want, sizes)
	}
	for x := float32(-90); x < 90; x += 0.37 {
		want := math.Log1p(math.Exp(float64(x)))
		if got := Softplus(x); math.Abs(float64(got)-want) > 2e-7*(1+want) {
			t.Errorf("Softplus(%g) = %g, want %g", x, got, want)
		}
	}
}

// TestFloats requires that a write through Floats changes the bytes, and that
// other lengths and alignments panic.
func TestFloats(t *testing.T) {
	x := []float32{1, 2, 3}
	b := at[byte]((*byte)(ptr(&x[0])), 0, 12)
	f := Floats(b)
	f[1] = 7
	if len(f) != 3 || x[1] != 7 || Floats(nil) != nil {
		t.Errorf("got %v of %v", f, x)
	}
	for _, wrong := range [][]byte{b[:6], b[1:9]} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("no panic for %d bytes", len(wrong))
				}
			}()
			Floats(wrong)
		}()
	}
}

func BenchmarkDeltaRule(b *testing.B) {
	const n = 128
	rng := rand.New(rand.NewPCG(1, 2))
	state, q, k, v, out := normals(rng, n*n), normals(rng, n), normals(rng, n), normals(rng, n), make([]float32, n)
	L2Norm(k, 1e-6)
	b.SetBytes(4 * n * n)
	for b.Loop() {
		DeltaRule(out, state, q, k, v, 0.9, 0.5, 0.1)
	}
}
