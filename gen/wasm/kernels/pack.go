package kernels

import (
	"github.com/querent-ai/chord/gen/layout"
	. "github.com/querent-ai/chord/gen/wasm"
)

// pack writes the function that interleaves sixteen rows of a type: row by row, as
// what is bound by memory needs no vectors.
func (w *writer) pack(t layout.Type) {
	k := w.kernel("Pack"+t.Name, "dst *byte, src *byte, stride int, blocks int", "", "",
		"Pack"+t.Name+" interleaves the blocks of 16 rows that lie stride bytes apart:",
		"", "\tfor block, element i, row r { dst[block][i][r] = src[r][block][i] }",
		"", "The elements are f16, dwords and single bytes, in layout X16's order.")
	dst, src := k.arg("dst"), k.arg("src")
	stride := k.Let(k.Wide(k.arg("stride").Expr))
	p, n := k.Local(w.Ptr), k.Local(I32)
	to := map[int]Var{}
	for _, f := range t.Fields {
		if to[f.Width].Expr.Valid() {
			continue
		}
		to[f.Width] = k.Local(w.Ptr)
	}
	k.While(k.arg("blocks"), 1, func() {
		k.Set(p, src.Expr)
		for _, width := range []int{1, 2, 4} {
			if d, ok := to[width]; ok {
				k.Set(d, dst.Expr)
			}
		}
		k.Set(n, Const(layout.Rows))
		k.Loop(n, func() {
			k.packRow(t, to, p)
			k.Set(p, Add(p.Expr, stride.Expr))
		})
		k.Inc(src, t.Bytes)
		k.Inc(dst, t.TileBytes())
	})
}

// packRow writes the elements of the row at p.
func (k *kernel) packRow(t layout.Type, to map[int]Var, p Var) {
	at := 0
	for _, f := range t.Fields {
		d := to[f.Width]
		for i := range f.Count {
			switch from := f.Offset + i*f.Width; f.Width {
			case 4:
				k.Store(d.Expr, at, k.I32(p.Expr, from))
			case 2:
				k.Store16(d.Expr, at, k.U16(p.Expr, from))
			case 1:
				k.Store8(d.Expr, at, k.U8(p.Expr, from))
			}
			at += layout.Rows * f.Width
		}
	}
	for _, width := range []int{1, 2, 4} {
		if d, ok := to[width]; ok {
			k.Inc(d, width)
		}
	}
}
