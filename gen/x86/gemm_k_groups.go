package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// groups512 adds the products of one group, or of two that lie in the same
// dwords, to S. With eight tokens the loads count as much as the products: of
// the peak, Q4_K takes 72 % and Q6_K 56 % one group at a time, 76 and 61 % two.
func (k *kgemm) groups512(groups ...int) {
	f := k.f
	s := make([][]reg.VecVirtual, len(groups))
	for i := range s {
		s[i] = k.start()
	}
	for c := range k.t.group() / 4 {
		k.shared = map[string]reg.VecVirtual{}
		for i, g := range groups {
			k.prefetch()
			q := k.t.quant(k, g, c)
			for t := range s[i] {
				f.VPDPBUSD_BCST(k.quants(t, g, c), q, k.chain(s[i], t, c)) // s += q·x
			}
		}
	}
	k.shared = nil
	for i, g := range groups {
		k.addScaled(g, s[i])
	}
}

// start returns the sums of a group at their start: S itself, if there are no scales.
// Then few tokens get more sums, since one after the other 32 products wait for each
// other.
func (k *kgemm) start() []reg.VecVirtual {
	k.chains = nil
	if k.t.scales != nil {
		return k.zeros()
	}
	for range 3 {
		if k.tokens <= 2 {
			k.chains = append(k.chains, k.zeros())
		}
	}
	return k.sums
}

// chain is the sum that product c of token t is added to.
func (k *kgemm) chain(s []reg.VecVirtual, t, c int) reg.VecVirtual {
	if n := c % (len(k.chains) + 1); n > 0 {
		return k.chains[n-1][t]
	}
	return s[t]
}

// addScaled is S += scale * s.
func (k *kgemm) addScaled(g int, s []reg.VecVirtual) {
	if k.t.scales == nil {
		for _, more := range k.chains {
			for t, v := range more {
				k.f.VPADDD(v, s[t], s[t])
			}
		}
		return
	}
	sc := k.scale(g)
	for t := range s {
		k.f.VPMULLD(sc, s[t], s[t])
		k.f.VPADDD(s[t], k.sums[t], k.sums[t])
	}
}

// groupVNNI adds the products of one group to S.
func (k *kgemm) groupVNNI(g int) {
	f, s := k.f, k.start()
	for c := range k.t.group() / 4 {
		k.prefetch()
		q := k.t.quant(k, g, c)
		for t := range s {
			b := f.YMM()
			f.VPBROADCASTD(k.quants(t, g, c), b)
			f.VPDPBUSD(b, q, k.chain(s, t, c)) // s += q·x
		}
	}
	k.addScaled(g, s)
}

// group2 adds one group's products to S. Sums of pairs grow in int16 as long as
// they fit; multiplying those with the scale adds them two by two.
func (k *kgemm) group2(g int) {
	f := k.f
	n := k.t.group() / 4
	var sc Op
	if k.t.scales == nil {
		sc = k.word(0x00010001)
	} else {
		sc = k.scale(g)
	}
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
