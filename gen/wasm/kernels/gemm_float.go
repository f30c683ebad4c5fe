package kernels

import (
	"github.com/querent-ai/chord/gen/layout"
	. "github.com/querent-ai/chord/gen/wasm"
)

// gemmFloat writes the product of a type of floats; its blocks are columns, its acts
// the tokens' rows of blocks float32. A column of sixteen rows lies together; sums
// grow column by column, one chain a row.
func (w *writer) gemmFloat(t layout.Type, tokens int) {
	w.product(t, tokens, "for k < blocks { acc += float32(w[r][k] * x[t][k]) }", func(k *kernel) { floatBody(k, t, tokens) })
}

// floatBody writes the code of a product of floats.
func floatBody(k *kernel, t layout.Type, tokens int) {
	w := k.w
	stride := k.Let(Mul(k.Wide(k.arg("stride").Expr), k.Addr(4)))
	tile, dst := k.arg("w"), k.arg("dst")
	p, d, n, rows := k.Local(tile.Type()), k.Local(w.Ptr), k.Local(I32), k.Local(I32)
	x, acc := k.Locals(w.Ptr, tokens), make([][half]Var, tokens)
	for i := range acc {
		acc[i] = [half]Var(k.Locals(V128, half))
	}
	from := k.Local(tile.Type())
	k.Loop(k.arg("tiles"), func() {
		k.Set(rows, Const(4/half))
		k.Set(from, tile.Expr)
		k.Loop(rows, func() {
			k.Set(p, from.Expr)
			for i := range x {
				k.Set(x[i], k.At(k.arg("acts").Expr, Mul(k.arg("blocks").Expr, Const(i)), 4))
				for _, v := range acc[i] {
					k.Set(v, Bits(0))
				}
			}
			k.Set(n, k.arg("blocks").Expr)
			k.Loop(n, func() { k.column(t, p, x, acc) })
			k.Set(d, dst.Expr)
			for i := range acc {
				for r, v := range acc[i] {
					k.Store(d.Expr, 16*r, v.Expr)
				}
				k.Set(d, Add(d.Expr, stride.Expr))
			}
			k.Inc(from, 4*half*t.Bytes)
			k.Inc(dst, 16*half)
		})
		k.Set(tile, k.At(tile.Expr, k.arg("blocks").Expr, t.TileBytes()))
	})
}

// column adds a column's products.
func (k *kernel) column(t layout.Type, p Var, x []Var, acc [][half]Var) {
	var ws [half]Var
	for r := range ws {
		ws[r] = k.Let(k.floats(t.Name, p, 4*r))
	}
	for i := range acc {
		xs := k.Let(k.Splat32(x[i].Expr, 0))
		for r, v := range acc[i] {
			k.Set(v, F32x4Add(v.Expr, F32x4Mul(ws[r].Expr, xs.Expr)))
		}
		k.Inc(x[i], 4)
	}
	k.Inc(p, t.TileBytes())
}

// floats are elements i to i+3 of the type called name at p.
func (k *kernel) floats(name string, p Var, i int) Expr {
	switch name {
	case "F16":
		return k.fromHalf(k.LoadI16(p.Expr, 2*i))
	case "BF16":
		return I32x4Shl(k.LoadU16(p.Expr, 2*i), 16)
	}
	return k.Load(p.Expr, 4*i)
}
