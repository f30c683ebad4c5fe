package arm64

import . "github.com/querent-ai/chord/gen/a64"

// rowsLoop is what happens to four rows of a tile: before the first block, for
// each, and after the last.
type rowsLoop struct{ start, block, end func() }

// fourRows walks tiles four rows at a time, four times each, and has r say
// where a block of these rows is; w is the register for it.
func fourRows(f *File, t format, a gemmArgs, r *rows4, w R, do rowsLoop) {
	rows, n := f.R(), f.R()
	quants := t.At("qs")
	r.w, r.walk, r.scales, r.step, r.last = w, true, f.R(), f.R(), f.R()
	f.Const(r.step, 64)
	f.Const(r.last, int64(t.TileBytes()-64*(t.Dwords()-1)))
	if t.Minima() {
		r.minima = f.R()
	}
	f.Loop("tile", a.tiles, func() {
		f.Const(r.scales, int64(-quants))
		if t.Minima() {
			f.Const(r.minima, int64(t.At("m")-quants))
		}
		f.Const(rows, 4)
		f.Loop("rows", rows, func() {
			do.start()
			f.AddI(w, a.w, quants)
			f.MovR(n, a.blocks)
			f.Loop("block", n, do.block)
			do.end()
			f.AddI(a.dst, a.dst, 16)
			f.AddI(a.w, a.w, 16) // the next rows' quants: 16 bytes on, their scales less
			f.SubI(r.scales, r.scales, 16-4*t.Width("d"))
			if t.Minima() {
				f.SubI(r.minima, r.minima, 8)
			}
		})
		f.SubI(a.w, w, 48+quants)
	})
}
