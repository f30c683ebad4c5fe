package arm64

import . "github.com/querent-ai/chord/gen/a64"

// pairs is S += scale * Σ q·x with SMMLA, two rows and two tokens at a time, of an
// even number of tokens; q is lost.
func (k *kgemm) pairs(g int, q []V, sc V) {
	f := k.f
	high, spare := f.V(), f.V()
	f.Zip2(S4, high, sc, sc)
	f.Zip1(S4, sc, sc, sc)
	var w [2][]V // of rows 0 and 1, of rows 2 and 3: eight columns a register
	for c := 0; c < len(q); c += 2 {
		low, second := q[c], q[c+1]
		f.Zip1(S4, spare, low, second)
		f.Zip2(S4, second, low, second)
		w[0], w[1], spare = append(w[0], spare), append(w[1], second), low
	}
	s, x := []V{spare, f.V()}, f.Vs(len(q)/2)
	for t := 0; t < k.tokens; t += 2 {
		f.Scope(func() { k.loadPair(x, t, g) })
		for i := range s {
			f.Movi(s[i], 0)
		}
		for c, x := range x {
			for i := range s {
				f.Mmla("smmla", s[i], w[i][c], x)
			}
		}
		f.Same("mla", S4, k.sums[t], s[0], sc)
		f.Same("mla", S4, k.sums[t+1], s[1], high)
	}
}

// loadPair loads a group's quants of tokens t and t+1: eight columns of both a
// register.
func (k *kgemm) loadPair(x []V, t, g int) {
	f, n := k.f, len(x)/2
	a, b := f.Vs(n), x[n:]
	k.load(a, t, g)
	k.load(b, t+1, g)
	for i := range n { // which leaves b alone that is still wanted
		f.Zip1(D2, x[2*i], a[i], b[i])
		f.Zip2(D2, x[2*i+1], a[i], b[i])
	}
}
