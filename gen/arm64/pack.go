package arm64

import (
	. "github.com/querent-ai/chord/gen/a64"
	"github.com/querent-ai/chord/gen/layout"
)

// Pack interleaves sixteen rows of a file into layout X16.
var Pack = []Kernel{{Name: "pack", Write: func(f *File) {
	for _, t := range layout.Packed() {
		pack(f, t)
	}
	packColumns(f, "F32", 4)
	packColumns(f, "F16", 2)
}}}

// packer is a function in the making: it works on four rows at a time.
type packer struct {
	f           *File
	dst         map[int]R // where their elements of a width go
	src, stride R
	row         []R
}

// newPacker starts Pack<name>, whose elements have these widths.
func newPacker(f *File, name string, widths ...int) (k *packer, blocks R) {
	f.Func("Pack"+name, "dst *byte, src *byte, stride int, blocks int", "",
		"Pack"+name+" interleaves the blocks of 16 rows that lie stride bytes apart:",
		"",
		"\tfor block, element i, row r { dst[block][i][r] = src[r][block][i] }",
		"",
		"The elements are f16, dwords and single bytes, in layout X16's order.")
	k = &packer{f: f, dst: map[int]R{}, src: f.Arg("src"), stride: f.Arg("stride"), row: []R{f.R(), f.R(), f.R(), f.R()}}
	dst := f.Arg("dst")
	for i, w := range widths {
		if i > 0 {
			dst = f.R()
			f.MovR(dst, k.dst[widths[0]])
		}
		k.dst[w] = dst
	}
	return k, f.Arg("blocks")
}

// rows runs body for four rows at a time, then goes on to the next block, the given
// bytes behind.
func (k *packer) rows(bytes int, body func()) {
	f := k.f
	f.Scope(func() {
		p, n := f.R(), f.R()
		f.MovR(p, k.src)
		f.Const(n, 4)
		f.Loop("rows", n, func() {
			for _, r := range k.row {
				f.MovR(r, p)
				f.AddR(p, p, k.stride)
			}
			f.Scope(body)
			for _, w := range []int{4, 2, 1} {
				if d, ok := k.dst[w]; ok {
					f.AddI(d, d, 4*w)
				}
			}
		})
		for _, w := range []int{4, 2, 1} {
			if d, ok := k.dst[w]; ok {
				f.AddI(d, d, 16*bytes-16*w)
			}
		}
		f.AddI(k.src, k.src, bytes)
	})
}

// pack is the function for a type in blocks.
func pack(f *File, t layout.Type) {
	widths := []int{4}
	for _, e := range t.Fields {
		if e.Width < 4 && widths[len(widths)-1] == 4 {
			widths = append(widths, e.Width)
		}
	}
	k, blocks := newPacker(f, t.Name, widths...)
	f.Loop("block", blocks, func() {
		k.rows(t.Bytes, func() {
			at := 0
			for _, e := range t.Packing() {
				k.run(e.Offset, at, e)
				at += 16 * e.Width * e.Count
			}
		})
	})
	f.End()
}

// run packs a field from byte off of the rows to byte at of dst.
func (k *packer) run(off, at int, e layout.Field) {
	i := 0
	for ; e.Width == 4 && i+4 <= e.Count; i += 4 {
		k.f.Scope(func() {
			v := k.load(off + 4*i)
			for c, v := range v {
				k.f.StQ(v, k.dst[4].At(at+64*(i+c)))
			}
		})
	}
	for ; i < e.Count; i++ {
		k.one(e.Width, off+e.Width*i, at+16*e.Width*i)
	}
}

// load returns four dwords of four rows: dword c of all in register c.
func (k *packer) load(off int) []V {
	f, r, v := k.f, k.f.Vs(4), k.f.Vs(4)
	for i, r := range r {
		f.LdQ(r, k.row[i].At(off))
	}
	f.Trn1(S4, v[0], r[0], r[1])
	f.Trn2(S4, v[1], r[0], r[1])
	f.Trn1(S4, v[2], r[2], r[3])
	f.Trn2(S4, v[3], r[2], r[3])
	f.Zip1(D2, r[0], v[0], v[2])
	f.Zip1(D2, r[1], v[1], v[3])
	f.Zip2(D2, r[2], v[0], v[2])
	f.Zip2(D2, r[3], v[1], v[3])
	return r
}

// one packs an element of four rows.
func (k *packer) one(width, off, at int) {
	f := k.f
	f.Scope(func() {
		v, p := f.V(), f.R()
		for i, row := range k.row {
			f.AddI(p, row, off)
			f.LdLane(map[int]Arr{4: S4, 2: H8, 1: B16}[width], v, i, p)
		}
		switch m := k.dst[width].At(at); width {
		case 4:
			f.StQ(v, m)
		case 2:
			f.StD(v, m)
		case 1:
			f.StS(v, m)
		}
	})
}

// packColumns is the function for floats: columns of four bytes, or two of two,
// are dwords of four rows.
func packColumns(f *File, name string, width int) {
	k, columns := newPacker(f, name, width)
	f.While("dwords", columns, 16/width, func() {
		k.rows(16, func() {
			for c, v := range k.load(0) {
				if width == 4 {
					f.StQ(v, k.dst[4].At(64*c))
					continue
				}
				w := f.V()
				f.Uzp1(H8, w, v, v)
				f.StD(w, k.dst[2].At(64*c))
				f.Uzp2(H8, w, v, v)
				f.StD(w, k.dst[2].At(64*c+32))
				f.Free(w)
			}
		})
	})
	f.While("column", columns, 1, func() {
		k.rows(width, func() { k.one(width, 0, 0) })
	})
	f.End()
}
