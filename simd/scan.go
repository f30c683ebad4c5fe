package simd

// [mamba] Gu, Dao, Mamba: Linear-Time Sequence Modeling with Selective State
// Spaces, 2023, arXiv:2312.00752
// [kda] Kimi Team, Kimi Linear, 2025, arXiv:2510.26692
// [rwkv7] Peng et al., RWKV-7 Goose, 2025, arXiv:2503.14456

// Mul sets dst[i] = x[i]·w[i]; dst may be x or w. It panics if the lengths differ.
//
//go:noinline
func Mul(dst, x, w []float32) {
	checkLen("Mul", len(dst), len(x))
	checkLen("Mul", len(dst), len(w))
	active.scaleMul(dst, x, w, 1)
}

// SelectiveScan updates the states of channels by one token and sets y to what it
// reads there [mamba]. The states and a are (len(x), len(b)), row-major; for each
// row s of the states with its row of a and its elements of x, step, d and y:
//
//	s[i] *= exp(step·a[i])
//	s += x·step · b
//	y = s·c + d·x
//
// where s·c is Dot. It overwrites decay, as long as the states, with the
// exponentials: those of many channels at once are faster than one by one. It panics
// if a length does not fit.
func SelectiveScan(y, state, x, step, a, b, c, d, decay []float32) {
	n := len(b)
	checkLen("SelectiveScan", len(c), n)
	for _, l := range []int{len(y), len(step), len(d)} {
		checkLen("SelectiveScan", l, len(x))
	}
	checkLen("SelectiveScan", len(state), len(x)*n)
	checkLen("SelectiveScan", len(a), len(x)*n)
	checkLen("SelectiveScan", len(decay), len(x)*n)
	copy(decay, a)
	for j, t := range step {
		active.scale(decay[j*n:(j+1)*n], t)
	}
	active.expSum(decay, 0)
	active.scaleMul(state, state, decay, 1)
	for j, v := range x {
		s := state[j*n : (j+1)*n]
		active.axpy(s, b, v*step[j])
		y[j] = active.dot(s, c) + float32(d[j]*v)
	}
}

// ChannelDelta is [DeltaRule] with a decay for each element of a key [kda].
func ChannelDelta(out, state, q, k, v, decay []float32, beta, scale float32) {
	n := len(k)
	checkLen("ChannelDelta", len(q), n)
	checkLen("ChannelDelta", len(decay), n)
	checkLen("ChannelDelta", len(out), len(v))
	checkLen("ChannelDelta", len(state), len(v)*n)
	for j, value := range v {
		s := state[j*n : (j+1)*n]
		active.scaleMul(s, s, decay, 1)
		active.axpy(s, k, float32(value-active.dot(s, k))*beta)
		out[j] = active.dot(s, q) * scale
	}
}

// WKV7 updates the state of a head by one token and sets out to what it reads there
// [rwkv7]. The state is (len(v), len(k)), row-major; for each row s with its element
// of v and out:
//
//	sa = s·a
//	s *= w
//	s += v · k
//	s += sa · b
//	out = s·r
//
// where s·a and s·r are Dot. It panics if a length does not fit.
func WKV7(out, state, r, w, k, v, a, b []float32) {
	n := len(k)
	checkLen("WKV7", len(r), n)
	checkLen("WKV7", len(w), n)
	checkLen("WKV7", len(a), n)
	checkLen("WKV7", len(b), n)
	checkLen("WKV7", len(out), len(v))
	checkLen("WKV7", len(state), len(v)*n)
	for j, value := range v {
		s := state[j*n : (j+1)*n]
		sa := active.dot(s, a)
		active.scaleMul(s, s, w, 1)
		active.axpy(s, k, value)
		active.axpy(s, b, sa)
		out[j] = active.dot(s, r)
	}
}
