package kernels

import (
	"github.com/querent-ai/chord/gen/layout"
	. "github.com/querent-ai/chord/gen/wasm"
)

// limits writes what kernels are measured against: a plain read of memory and the
// multiplier's peak.
func (w *writer) limits() {
	k := w.kernel("Read", "p *byte, n int", "uint32", "",
		"Read loads all of n bytes, n a multiple of 256 above 0: a plain read of memory.",
		"What it returns depends on the bytes and means nothing.")
	p, s := k.arg("p"), k.Locals(V128, 4)
	k.While(k.arg("n"), 256, func() {
		for i := range 16 {
			k.Set(s[i%4], I32x4Add(s[i%4].Expr, k.Load(p.Expr, 16*i)))
		}
		k.Inc(p, 256)
	})
	k.Return(Lane(I32x4Add(I32x4Add(s[0].Expr, s[1].Expr), I32x4Add(s[2].Expr, s[3].Expr)), 0))

	k = w.kernel("Peak", "n int", "", "",
		"Peak runs n rounds of 12 products of eight int16 over registers, the limit of all",
		"products.")
	chains, n := k.Locals(V128, layout.Chains), k.arg("n")
	x := k.Let(I32x4Splat(n.Expr))
	k.Loop(n, func() {
		for _, s := range chains {
			k.Set(s, I32x4Dot(s.Expr, x.Expr))
		}
	})
	for _, s := range chains[1:] {
		k.Set(chains[0], I32x4Add(chains[0].Expr, s.Expr))
	}
	k.Store(k.own(tailAt), 0, chains[0].Expr) // so that they have a use
}
