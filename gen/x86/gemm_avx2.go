package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// GemmAVX2 is the product with VPMADDUBSW: sixteen rows are two registers, and
// a block's sums of pairs fit int16 for Q4_0 (8·15·127·2 = 30480).
//
// Up to two tokens keep their float sums in registers, three and four on the
// stack: there is nothing to gain from fewer rows, since a broadcast then
// serves half as many products.
var GemmAVX2 = []Kernel{
	{"gemm_q4_0", func(f *File) {
		g := gemm2{f: f, t: q4_0.fetching(4), mask: f.Const32("nibbles", 0x0f0f0f0f), ones: f.Const32("ones", 0x00010001)}
		for tokens := 1; tokens <= 4; tokens++ {
			g.q4_0(tokens)
		}
	}},
	{"gemm_q8_0", func(f *File) {
		g := gemm2{f: f, t: q8_0.fetching(9), ones: f.Const32("ones", 0x00010001)}
		for tokens := 1; tokens <= 4; tokens++ {
			g.q8_0(tokens)
		}
	}},
}

// gemm2 is one file's functions in the making.
type gemm2 struct {
	f          *File
	t          format
	mask, ones Mem
	acc        []V // float sums in registers
	stack      Mem // or on the stack
}

// start begins a function and says where the float sums live.
func (g *gemm2) start(tokens int) gemmArgs {
	a := g.f.gemmFunc(g.t, tokens)
	g.acc = nil
	if tokens > 2 {
		g.stack = g.f.AllocLocal(64 * tokens)
		return a
	}
	for range tokens {
		g.acc = append(g.acc, g.f.V())
	}
	return a
}

// clear zeroes the float sums.
func (g *gemm2) clear(tokens int) {
	f := g.f
	if g.acc != nil {
		for _, v := range g.acc {
			f.Zero(v)
		}
		return
	}
	z := f.V()[:1]
	f.Zero(z)
	for i := range 2 * tokens {
		f.VMOVUPS(z[0], g.stack.Offset(32*i))
	}
}

// add is acc[i] += float32(s) * (dw*dx), s int32.
func (g *gemm2) add(i int, s, dw V, x record) {
	f := g.f
	dx := f.YMM()
	f.VBROADCASTSS(x.scale(i), dx)
	for h := range s {
		d := f.YMM()
		f.VMULPS(dx, dw[h], d)
		f.VCVTDQ2PS(s[h], s[h])
		f.VMULPS(d, s[h], s[h])
		if g.acc != nil {
			f.VADDPS(s[h], g.acc[i][h], g.acc[i][h])
			continue
		}
		at := g.stack.Offset(64*i + 32*h)
		f.VADDPS(at, s[h], s[h])
		f.VMOVUPS(s[h], at)
	}
}

// store writes token i's results.
func (g *gemm2) store(i int, dst Mem) {
	f := g.f
	if g.acc != nil {
		f.StoreV(g.acc[i], dst)
		return
	}
	v := f.V()
	f.LoadV(g.stack.Offset(64*i), v)
	f.StoreV(v, dst)
}

// q4_0 is GemmQ4_0x<tokens>.
func (g *gemm2) q4_0(tokens int) {
	f := g.f
	a := g.start(tokens)
	mask := f.YMM()
	f.VMOVDQU(g.mask, mask)
	block := func(w Mem, x record) {
		s := make([]V, tokens) // sums of pairs, int16
		for i := range s {
			s[i] = f.V()
		}
		for c := range 4 {
			wide := f.V()
			f.LoadV(w.Offset(32+64*c), wide)
			q := f.V()
			for h := range q {
				f.VPAND(mask, wide[h], q[h]) // q = w & 15
			}
			g.pairs(s, q, x, c, c == 0)
			for h := range q {
				f.VPSRLW(U8(4), wide[h], wide[h])
				f.VPAND(mask, wide[h], wide[h]) // q = w >> 4
			}
			g.pairs(s, wide, x, c+4, false)
		}
		dw := f.V()
		f.F16(w, dw)
		for i := range s {
			bias := f.YMM()
			f.VPBROADCASTD(x.bias(i), bias)
			for h := range s[i] {
				f.VPMADDWD(g.ones, s[i][h], s[i][h])
				f.VPADDD(bias, s[i][h], s[i][h]) // s = Σ q·x - 8·Σx
			}
			g.add(i, s[i], dw, x)
		}
	}
	f.tileLoop(g.t, tokens, a, func() { g.clear(tokens) }, block, g.store)
}

// pairs adds q times dword c of every token to the sums of pairs.
func (g *gemm2) pairs(s []V, q V, x record, c int, first bool) {
	f := g.f
	for i := range s {
		b := f.YMM()
		f.VPBROADCASTD(x.quants(i, c), b)
		for h := range q {
			if first {
				f.VPMADDUBSW(b, q[h], s[i][h])
				continue
			}
			p := f.YMM()
			f.VPMADDUBSW(b, q[h], p)
			f.VPADDW(p, s[i][h], s[i][h])
		}
	}
}

// q8_0 is GemmQ8_0x<tokens>: |w| times x with w's sign, whose pairs fit int16
// (128·127·2 = 32512) one product at a time.
func (g *gemm2) q8_0(tokens int) {
	f := g.f
	a := g.start(tokens)
	ones := f.YMM()
	f.VMOVDQU(g.ones, ones)
	block := func(w Mem, x record) {
		s := make([]V, tokens)
		for i := range s {
			s[i] = f.V()
		}
		for c := range 8 {
			for h := range 2 {
				g.signed(s, h, w.Offset(32+64*c+32*h), ones, x, c)
			}
		}
		dw := f.V()
		f.F16(w, dw)
		for i := range s {
			g.add(i, s[i], dw, x)
		}
	}
	f.tileLoop(g.t, tokens, a, func() { g.clear(tokens) }, block, g.store)
}

// signed adds the products of half h of chunk c.
func (g *gemm2) signed(s []V, h int, w Mem, ones reg.VecVirtual, x record, c int) {
	f := g.f
	q, m := f.YMM(), f.YMM()
	f.VMOVDQU(w, q)
	f.VPABSB(q, m)
	for i := range s {
		b := f.YMM()
		f.VPBROADCASTD(x.quants(i, c), b)
		f.VPSIGNB(q, b, b)
		f.VPMADDUBSW(b, m, b)
		if c == 0 {
			f.VPMADDWD(ones, b, s[i][h])
			continue
		}
		f.VPMADDWD(ones, b, b)
		f.VPADDD(b, s[i][h], s[i][h])
	}
}
