package simd

import "math"

// Operations of recurrent layers. Each is made of rounded additions and
// multiplications and of the reductions of Dot, in the order written down.

// [mamba2] Dao, Gu, Transformers are SSMs, 2024, arXiv:2405.21060
// [deltanet] Yang, Kautz, Hatamizadeh, Gated Delta Networks: Improving Mamba2
// with Delta Rule, 2024, arXiv:2412.06464

// Floats returns the memory of b, a whole number of floats that is aligned to
// them, as floats in the byte order of the machine. It panics otherwise.
func Floats(b []byte) []float32 {
	if len(b) == 0 {
		return nil
	}
	if len(b)%4 != 0 || uintptr(ptr(&b[0]))%4 != 0 {
		panic("simd: Floats: no whole floats")
	}
	return at[float32](&b[0], 0, len(b)/4)
}

// MulAdd sets dst[i] += x[i]·w[i], the product rounded before it is added. It
// panics if the lengths differ.
//
//go:noinline
func MulAdd(dst, x, w []float32) {
	checkLen("MulAdd", len(dst), len(x))
	checkLen("MulAdd", len(dst), len(w))
	active.mulAdd(dst, x, w)
}

// Axpy sets dst[i] += a·x[i], the product rounded before it is added. It panics if
// the lengths differ.
//
//go:noinline
func Axpy(dst []float32, a float32, x []float32) {
	checkLen("Axpy", len(dst), len(x))
	active.axpy(dst, x, a)
}

// DeltaRule updates the state of a head by one token and sets out to what it reads
// there [deltanet]. The state is (len(v), len(k)), row-major; for each row s with
// its element of v and out:
//
//	s *= decay
//	s += (v - s·k)·beta · k
//	out = s·q · scale
//
// where s·k and s·q are Dot. It panics if a length does not fit.
//
//go:noinline
func DeltaRule(out, state, q, k, v []float32, decay, beta, scale float32) {
	n := len(k)
	checkLen("DeltaRule", len(q), n)
	checkLen("DeltaRule", len(out), len(v))
	checkLen("DeltaRule", len(state), len(v)*n)
	for active.deltaRule != nil && len(v) > 0 {
		m := min(len(v), stateStep(n))
		active.deltaRule(out[:m], state[:m*n], q, k, v[:m], decay, beta, scale)
		out, state, v = out[m:], state[m*n:], v[m:]
	}
	for j, value := range v {
		s := state[j*n : (j+1)*n]
		active.scale(s, decay)
		active.axpy(s, k, float32(value-active.dot(s, k))*beta)
		out[j] = active.dot(s, q) * scale
	}
}

// stateStep returns how many rows of n elements a call of a kernel may have, so that
// it takes some tens of microseconds.
func stateStep(n int) int { return max(1, 1<<17/max(n, 1)) }

// SSMUpdate updates the state of a head by one token and sets y to what it reads
// there [mamba2]. The state is (len(x), len(b)), row-major; for each row s with its
// element of x and y:
//
//	s *= decay
//	s += x·step · b
//	y = s·c + d·x
//
// where s·c is Dot. It panics if a length does not fit.
//
//go:noinline
func SSMUpdate(y, state, x, b, c []float32, decay, step, d float32) {
	n := len(b)
	checkLen("SSMUpdate", len(c), n)
	checkLen("SSMUpdate", len(y), len(x))
	checkLen("SSMUpdate", len(state), len(x)*n)
	for active.ssmUpdate != nil && len(x) > 0 {
		m := min(len(x), stateStep(n))
		active.ssmUpdate(y[:m], state[:m*n], x[:m], b, c, decay, step, d)
		y, state, x = y[m:], state[m*n:], x[m:]
	}
	for j, v := range x {
		s := state[j*n : (j+1)*n]
		active.scale(s, decay)
		active.axpy(s, b, v*step)
		y[j] = active.dot(s, c) + float32(d*v)
	}
}

// L2Norm sets x[i] = x[i] / sqrt(Σx² + eps); the sum is Dot.
//
//go:noinline
func L2Norm(x []float32, eps float32) {
	ss := active.dot(x, x)
	active.scale(x, 1/float32(math.Sqrt(float64(ss+eps))))
}

// SigmoidMul sets dst[i] = x[i] / (1 + exp(-gate[i])); dst may be gate or x. It
// panics if the lengths differ.
//
//go:noinline
func SigmoidMul(dst, gate, x []float32) {
	checkLen("SigmoidMul", len(dst), len(gate))
	checkLen("SigmoidMul", len(dst), len(x))
	for i, g := range gate {
		dst[i] = Sigmoid(g) * x[i]
	}
}

// Sigmoid returns 1 / (1 + exp(-x)).
func Sigmoid(x float32) float32 { return 1 / (1 + Exp(-x)) }

// Softplus returns log(1 + exp(x)), and x above 20. It takes the logarithm in
// double precision and rounds once.
func Softplus(x float32) float32 {
	if x > 20 || x != x {
		return x
	}
	return float32(Log(1 + float64(Exp(x))))
}
