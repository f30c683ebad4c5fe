package arm64

import . "github.com/querent-ai/chord/gen/a64"

// multiply adds the products of group g of the part, whose quants are q, to S.
func (k *kgemm) multiply(g int, q []V) {
	f := k.f
	f.Scope(func() {
		sc := f.V()
		f.LongLeft("sshll", []Arr{B8, B16}[g%4/2], sc, k.sc[g/4], 0)
		f.LongLeft("sshll", []Arr{H4, H8}[g%2], sc, sc, 0)
		if k.by == mmla2 {
			k.pairs(g, q, sc)
			return
		}
		if k.by == smlal {
			for t := range k.tokens {
				f.Scope(func() { f.Same("mla", S4, k.sums[t], k.products(t, g, q), sc) })
			}
			return
		}
		for t := 0; t < k.tokens; t += 2 {
			f.Scope(func() { k.dots(t, min(2, k.tokens-t), g, q, sc) })
		}
	})
}

// dots is S += scale * Σ q·x for count tokens from t on, in turn, with SDOT.
func (k *kgemm) dots(t, count, g int, q []V, sc V) {
	f := k.f
	s, x := f.Vs(count), f.Vs(count*len(q)/4)
	for i := range count {
		k.load(x[i*len(q)/4:][:len(q)/4], t+i, g)
		f.Movi(s[i], 0)
	}
	for c, v := range q {
		for i := range count {
			f.DotLane("sdot", s[i], v, x[(i*len(q)+c)/4], c%4)
		}
	}
	for i := range count {
		f.Same("mla", S4, k.sums[t+i], s[i], sc)
	}
}

// load loads a token's quants of a group.
func (k *kgemm) load(x []V, t, g int) {
	m := k.x[t/4].At(256*(t%4) + k.t.Group*g)
	if len(x) == 2 {
		k.f.LdP(x[0], x[1], m)
	} else {
		k.f.LdQ(x[0], m)
	}
}

// products returns Σ q·x of one token, without SDOT: SMULL and SMLAL make
// products of two rows each, in sums of int16 as long as they fit.
func (k *kgemm) products(t, g int, q []V) V {
	f := k.f
	p, a, b := f.R(), f.V(), f.V()
	f.AddI(p, k.x[t/4], 256*(t%4)+k.t.Group*g)
	x := f.Vs(2)
	run := min(len(q), 32767/(127*k.t.Magnitude()))
	sum := func(from int) {
		for c := from; c < from+run; c += 2 {
			f.LdR(x, S4, p, Next)
			for i := range 2 {
				op := "smlal"
				if c == from && i == 0 {
					op = "smull"
				}
				f.Long(op, B8, a, q[c+i], x[i])
				f.Long(op, B16, b, q[c+i], x[i])
			}
		}
	}
	if 2*127*k.t.Magnitude()*len(q) <= 32767 {
		sum(0)
		f.Addp(H8, a, a, b)
		f.Pair("saddlp", H8, a, a)
		return a
	}
	low, high := f.V(), f.V()
	for from := 0; from < len(q); from += run {
		sum(from)
		op := "sadalp"
		if from == 0 {
			op = "saddlp"
		}
		f.Pair(op, H8, low, a)
		f.Pair(op, H8, high, b)
	}
	f.Addp(S4, low, low, high)
	return low
}

// add is acc += float32(S) * (dw*dx) and, for types with minima,
// acc -= float32(M) * (dmin*dx), acc being the results. q[0] and q[1] are for sums
// of x, the other quants' registers are free.
func (k *kgemm) add(rec R) {
	f := k.f
	dw, acc, p, d, sums := f.V(), f.V(), f.V(), f.R(), f.R()
	dx := f.Vs((k.tokens + 3) / 4)
	k.float(dw, "d")
	for i, v := range dx {
		f.LdQ(v, rec.At(256*k.tokens+16*i)) // with what follows them
	}
	var minima []V
	dmin := p
	if k.t.minima != nil {
		dmin = f.V()
		k.float(dmin, "dmin")
		minima = k.minima()
		f.AddI(sums, rec, 260*k.tokens)
	}
	f.MovR(d, k.a.dst)
	for t := range k.tokens {
		s := k.result(t)
		f.LdQ(acc, d.At(0))
		if k.by != smlal && k.t.shift > 0 {
			f.Right("scvtf", S4, s, s, k.t.shift) // float32(S / 2**shift)
		} else {
			f.Scvtf(s, s)
		}
		f.FmulLane(p, dw, dx[t/4], t%4)
		f.Fmul(s, s, p)
		f.Fadd(acc, acc, s)
		if minima != nil {
			k.minimum(s, minima, sums.At(48*t))
			f.Scvtf(s, s)
			f.FmulLane(p, dmin, dx[t/4], t%4)
			f.Fmul(s, s, p)
			f.Fsub(acc, acc, s)
		}
		f.StQ(acc, d.At(0))
		if t+1 < k.tokens {
			f.AddR(d, d, k.a.stride)
		}
	}
}

// result is S of token t.
func (k *kgemm) result(t int) V {
	if k.by != mmla2 {
		return k.sums[t]
	}
	a, b := k.sums[t&^1], k.sums[t|1]
	if t%2 == 1 {
		k.f.Uzp2(S4, b, a, b)
		return b
	}
	s := k.q[7] // b and a are wanted again
	k.f.Uzp1(S4, s, a, b)
	return s
}

// minima returns the minima, two groups a register.
func (k *kgemm) minima() []V {
	f, w := k.f, k.f.Vs(256/k.t.Group/2)
	n := len(w) / 2
	k.t.minima(k, w[n:])
	for i := range n {
		b := w[n+i]
		f.LongLeft("sshll", B8, w[2*i], b, 0)
		f.LongLeft("sshll", B16, w[2*i+1], b, 0)
	}
	return w
}

// minimum is M = Σ_g min[g]·Σx; sums are of sixteen columns, then of 32.
func (k *kgemm) minimum(m V, minima []V, sums Mem) {
	f, x := k.f, k.q[:2]
	if k.t.Group == 16 {
		f.LdP(x[0], x[1], sums)
	} else {
		f.LdQ(x[0], sums.Base.At(sums.Off+32))
	}
	for g := range 256 / k.t.Group {
		op := "smlal"
		if g == 0 {
			op = "smull"
		}
		f.LaneLong(op, []Arr{H4, H8}[g%2], m, minima[g/2], x[g/8], g%8)
	}
}

// float loads a field of f16, or of f32.
func (k *kgemm) float(d V, name string) {
	if k.t.Width(name) == 4 {
		k.dword(d, k.a.w, name, 0)
		return
	}
	k.f.LdD(d, k.half.At(k.t.At(name)))
	k.f.Fcvtl(d, d)
}
