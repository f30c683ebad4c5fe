package simd

// A packFunc interleaves blocks of 16 rows that lie stride bytes apart.
type packFunc func(dst, src *byte, stride, blocks int)

// packJob interleaves tiles [lo, hi) of src, row-major, into m's memory.
type packJob struct {
	m   *Matrix
	src []byte
}

func (j *packJob) Do(_, lo, hi int) {
	m := j.m
	n, size := m.rowBytes(), m.typ.BlockBytes()
	for t := lo; t < hi; t++ {
		rows := min(tileRows, m.rows-t*tileRows)
		src := j.src[t*tileRows*n:][:rows*n]
		dst := m.tile(t)[:tileRows*n]
		if pack := active.pack[m.typ]; pack != nil && rows == tileRows && n > 0 {
			pack(&dst[0], &src[0], n, n/size)
			continue
		}
		for b := 0; b < n; b += size {
			packBlock(dst[b*tileRows:(b+size)*tileRows], src[b:], n, rows, size)
		}
	}
}

// packBlock interleaves one block of up to 16 rows that lie stride bytes
// apart: scales of two bytes, then dwords of quants. Rows that are missing
// become zeros.
func packBlock(dst, src []byte, stride, rows, size int) {
	if rows < tileRows {
		clear(dst)
	}
	for r := range rows {
		row := src[r*stride:][:size]
		dst[2*r], dst[2*r+1] = row[0], row[1]
		at := 2*tileRows + 4*r
		for q := row[2:]; len(q) >= 4; q = q[4:] {
			copy(dst[at:at+4], q)
			at += 4 * tileRows
		}
	}
}

// unpackBlock copies row r of an interleaved block to dst, as the file has it.
func unpackBlock(dst, src []byte, r int) {
	dst[0], dst[1] = src[2*r], src[2*r+1]
	at := 2*tileRows + 4*r
	for q := dst[2:]; len(q) >= 4; q = q[4:] {
		copy(q[:4], src[at:at+4])
		at += 4 * tileRows
	}
}
