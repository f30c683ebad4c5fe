package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// keepSums gives float sums the registers that nothing else needs. The others
// are on the stack: results, which are in no cache yet, would let stores wait.
func (p *pairs512) keepSums() {
	p.kept = 32 - 2*p.tokens - 6
	if p.t.Values != nil {
		p.kept--
	}
	if p.t.FifthBits() {
		p.kept -= 3
	}
	if p.t.Minima() {
		p.kept = min(p.kept, 32-2*p.tokens-10)
	}
	p.acc = make([][2]reg.VecVirtual, p.tokens)
	for h := range 2 {
		for t := range p.acc {
			if h*p.tokens+t < p.kept {
				p.acc[t][h] = p.f.ZMM()
			}
		}
	}
	if n := 2*p.tokens - p.kept; n > 0 {
		local := p.f.AllocLocal(64*n + 64)
		p.stack = Mem{Base: p.f.GP64()}
		p.f.LEAQ(local.Offset(63), p.stack.Base)
		p.f.ANDQ(I8(-64), p.stack.Base) // a store across lines takes twice as long
	}
}

// slot is where the float sums are that have no register.
func (p *pairs512) slot(t, h int) Mem { return p.stack.Offset(64 * (h*p.tokens + t - p.kept)) }

// side is the place of a pair's tile h relative to the first.
func side(base, next reg.GPVirtual, h int) Mem {
	if h == 0 {
		return Mem{Base: base}
	}
	return Mem{Base: base, Index: next, Scale: 1}
}

// results runs do with the addresses of every token's results.
func (p *pairs512) results(do func(t int, dst [2]Mem)) {
	f, d := p.f, p.f.GP64()
	f.MOVQ(p.a.dst, d)
	for t := range p.tokens {
		do(t, [2]Mem{side(d, p.right, 0), side(d, p.right, 1)})
		if t+1 < p.tokens {
			f.ADDQ(p.a.stride, d)
		}
	}
}

// clear zeroes a pair's float sums, and fetches the lines that will hold them: 71 %
// of the multiplier's peak with Q4_0, K=2048 and 256 tokens, 69 without, and 65
// with sums in those lines instead of on the stack.
func (p *pairs512) clear() {
	z := p.f.ZMM()
	p.f.Zero(V{z})
	p.results(func(t int, dst [2]Mem) {
		for h, acc := range p.acc[t] {
			p.f.PREFETCHT0(dst[h])
			if acc == nil {
				p.f.VMOVUPS(z, p.slot(t, h))
			} else {
				p.f.Zero(V{acc})
			}
		}
	})
}

// store writes the results.
func (p *pairs512) store() {
	p.results(func(t int, dst [2]Mem) {
		for h, acc := range p.acc[t] {
			if acc == nil {
				acc = p.f.ZMM()
				p.f.VMOVUPS(p.slot(t, h), acc)
			}
			p.f.VMOVUPS(acc, dst[h])
		}
	})
}

// add adds the sums of all tokens to their float sums.
func (p *pairs512) add(x record) {
	f := p.f
	var d, dm [2]reg.VecVirtual
	for h := range d {
		w := side(p.a.w, p.next, h)
		d[h], dm[h] = f.ZMM(), f.ZMM()
		f.scales(p.t, w, x.group(), p.one, V{d[h]})
		if p.t.Minima() {
			f.VCVTPH2PS(w.Offset(p.t.At("m")), dm[h])
		}
	}
	for t := range p.tokens {
		dx, sx := f.ZMM(), f.ZMM()
		f.VBROADCASTSS(x.scale(t), dx)
		if p.t.Minima() {
			f.VPBROADCASTD(x.bias(t), sx)
			f.VPSRAD(U8(3), sx, sx) // -Σx
			f.VCVTDQ2PS(sx, sx)
		}
		for h := range d {
			if p.fused {
				p.fuse(t, h, d[h], dx)
			} else {
				p.addSide(t, h, d[h], dm[h], dx, sx)
			}
		}
	}
}

// addSide is acc += float32(s) * (dw*dx), then acc += float32(Σx) * (m*dx).
func (p *pairs512) addSide(t, h int, d, dm, dx, sx reg.VecVirtual) {
	f, s, acc, dd := p.f, p.sums[t][h], p.acc[t][h], p.f.ZMM()
	f.VCVTDQ2PS(s, s)
	f.VMULPS(dx, d, dd)
	f.VMULPS(dd, s, s)
	if acc == nil {
		acc = s
		f.VADDPS(p.slot(t, h), s, acc)
	} else {
		f.VADDPS(s, acc, acc)
	}
	if p.t.Minima() {
		f.VMULPS(dx, dm, dd)
		f.VMULPS(sx, dd, dd)
		f.VSUBPS(dd, acc, acc) // acc -= float32(-Σx) * (m*dx)
	}
	if p.acc[t][h] == nil {
		f.VMOVUPS(acc, p.slot(t, h))
	}
}
