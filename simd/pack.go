package simd

// A packFunc interleaves blocks of 16 rows that lie stride bytes apart.
type packFunc func(dst, src *byte, stride, blocks int)

// packJob interleaves tiles [lo, hi) of src, row-major, into m's memory.
type packJob struct {
	m   *Matrix
	src []byte
}

func (j *packJob) Do(_, lo, hi int) {
	for t := lo; t < hi; t++ {
		j.m.packTile(j.m.tile(t), j.src, t)
	}
}

// packTile interleaves tile t of src, row-major, into dst.
func (m *Matrix) packTile(dst, src []byte, t int) {
	n, size := m.rowBytes(), m.typ.BlockBytes()
	rows := min(tileRows, m.rows-t*tileRows)
	src, dst = src[t*tileRows*n:][:rows*n], dst[:tileRows*n]
	if pack := active.pack[m.typ]; pack != nil && rows == tileRows && n > 0 {
		pack(&dst[0], &src[0], n, n/size)
		return
	}
	for b := 0; b < n; b += size {
		packBlock(dst[b*tileRows:(b+size)*tileRows], src[b:], packings[m.typ], n, rows)
	}
}

// A field is a run of count elements of width bytes, from byte off of a block
// on. Layout X16 has a block's fields one after the other, each element of all
// sixteen rows together.
type field struct{ off, width, count int }

// packBlock interleaves one block of up to 16 rows that lie stride bytes
// apart. Rows that are missing become zeros.
func packBlock(dst, src []byte, fields []field, stride, rows int) {
	if rows < tileRows {
		clear(dst)
	}
	at := 0
	for _, f := range fields {
		for c := range f.count {
			for r := range rows {
				copy(dst[at+r*f.width:][:f.width], src[r*stride+f.off+c*f.width:])
			}
			at += tileRows * f.width
		}
	}
}

// unpackBlock copies row r of an interleaved block to dst, as the file has it.
func unpackBlock(dst, src []byte, fields []field, r int) {
	at := 0
	for _, f := range fields {
		for c := range f.count {
			copy(dst[f.off+c*f.width:][:f.width], src[at+r*f.width:])
			at += tileRows * f.width
		}
	}
}
