package arm64

import . "github.com/querent-ai/chord/gen/a64"

// halfRow loads columns of f16.
func halfRow(f *File, columns int, v R) []V {
	row := f.Vs(max(columns/4, 1))
	switch columns {
	case 1:
		f.LdR(row, H4, v, Stay)
		f.Fcvtl(row[0], row[0])
	case 4:
		f.LdD(row[0], v.At(0))
		f.Fcvtl(row[0], row[0])
	default:
		for i := 0; i < len(row); i += 2 {
			f.LdQ(row[i], v.At(4*i*2))
			f.Fcvtl2(row[i+1], row[i])
			f.Fcvtl(row[i], row[i])
		}
	}
	return row
}

// q8Row loads columns from at on of a block of Q8_0.
func q8Row(f *File, columns, at int, v R) []V {
	return blockRow(f, columns, v, func(r V, column int) { f.LdD(r, v.At(2+at+column)) })
}

// q4Row loads columns from at on of a block of Q4_0: the first sixteen columns
// are the low nibbles.
func q4Row(f *File, columns, at int, v R) (row []V) {
	c := f.V()
	row = blockRow(f, columns, v, func(r V, column int) {
		column += at
		f.LdD(r, v.At(2+column%16))
		if column < 16 {
			f.Movi(c, 15)
			f.And(r, r, c)
		} else {
			f.Ushr(B16, r, r, 4)
		}
		f.Movi(c, 8)
		f.Sub(B16, r, r, c)
	})
	f.Free(c)
	return row
}

// blockRow loads columns of a block; load loads eight signed bytes.
func blockRow(f *File, columns int, v R, load func(r V, column int)) []V {
	d, row := f.V(), f.Vs(columns/4)
	f.LdR([]V{d}, H4, v, Stay)
	f.Fcvtl(d, d)
	for i := 0; i < len(row); i += 2 {
		load(row[i], 4*i)
		f.LongLeft("sshll", B8, row[i], row[i], 0)
		f.LongLeft("sshll", H8, row[i+1], row[i], 0)
		f.LongLeft("sshll", H4, row[i], row[i], 0)
	}
	for _, r := range row {
		f.Scvtf(r, r)
		f.Fmul(r, r, d)
	}
	return row
}
