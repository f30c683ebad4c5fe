package x86

import "github.com/mmcloughlin/avo/reg"

// groups512 adds the products of one group, or of two that lie in the same
// dwords, to S. With eight tokens the loads count as much as the products: of
// the peak, Q4_K takes 72 % and Q6_K 56 % one group at a time, 76 and 61 % two.
func (k *kgemm) groups512(groups ...int) {
	f := k.f
	s := make([][]reg.VecVirtual, len(groups))
	for i := range s {
		s[i] = k.zeros()
	}
	for c := range k.t.Group / 4 {
		k.shared = map[string]reg.VecVirtual{}
		for i, g := range groups {
			k.prefetch()
			q := k.t.quant(k, g, c)
			for t := range s[i] {
				f.VPDPBUSD_BCST(k.quants(t, g, c), q, s[i][t]) // s += q·x
			}
		}
	}
	k.shared = nil
	for i, g := range groups {
		sc := k.scale(g)
		for t := range s[i] {
			f.VPMULLD(sc, s[i][t], s[i][t])
			f.VPADDD(s[i][t], k.sums[t], k.sums[t]) // S += scale * s
		}
	}
}

// groupVNNI adds the products of one group to S.
func (k *kgemm) groupVNNI(g int) {
	f, s := k.f, k.zeros()
	for c := range k.t.Group / 4 {
		k.prefetch()
		q := k.t.quant(k, g, c)
		for t := range s {
			b := f.YMM()
			f.VPBROADCASTD(k.quants(t, g, c), b)
			f.VPDPBUSD(b, q, s[t]) // s += q·x
		}
	}
	sc := k.scale(g)
	for t := range s {
		f.VPMULLD(sc, s[t], s[t])
		f.VPADDD(s[t], k.sums[t], k.sums[t]) // S += scale * s
	}
}

// group2 adds one group's products to S. Sums of pairs grow in int16 as long as
// they fit; multiplying those with the scale adds them two by two.
func (k *kgemm) group2(g int) {
	f := k.f
	sc, n := k.scale(g), k.t.Group/4
	most := k.t.Most + k.t.Excess()
	if k.signed() {
		most = k.t.Magnitude()
	}
	run := min(n, 32767/(2*127*most))
	for c := 0; c < n; c += run {
		s := k.regs()
		for i := range run {
			k.prefetch()
			k.pairs2(s, g, c+i, i == 0)
		}
		for t := range s {
			f.VPMADDWD(sc, s[t], s[t])
			f.VPADDD(s[t], k.sums[t], k.sums[t]) // S += scale * s
		}
	}
}

// pairs2 sets s to products of columns 4c to 4c+3, two by two, or adds them.
// Of signed quants the sign goes to x.
func (k *kgemm) pairs2(s []reg.VecVirtual, g, c int, first bool) {
	f := k.f
	q := k.t.quant(k, g, c)
	m := q
	if k.signed() {
		m = f.YMM()
		f.VPABSB(q, m)
	}
	for t := range s {
		b := f.YMM()
		f.VPBROADCASTD(k.quants(t, g, c), b)
		if k.signed() {
			f.VPSIGNB(q, b, b)
		}
		if first {
			f.VPMADDUBSW(b, m, s[t])
			continue
		}
		f.VPMADDUBSW(b, m, b)
		f.VPADDW(b, s[t], s[t])
	}
}

// signed reports whether quants are multiplied as signed numbers.
func (k *kgemm) signed() bool { return k.t.signed && !k.f.Wide && !k.f.VNNI }
