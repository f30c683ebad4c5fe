package simd

import (
	"fmt"

	"github.com/querent-ai/chord/quant"
)

// LayoutVersion counts the changes of the interleaved layout of any type. A
// file of interleaved tensors is of use only to the version that it was
// written by.
const LayoutVersion = 1

// CanInterleave reports whether a matrix of type t with rows rows has an
// interleaved form.
func CanInterleave(t quant.Type, rows int) bool {
	return packings[t] != nil && rows > 0 && rows%tileRows == 0
}

// Interleave sets dst to the interleaved form of w, type w.Type.X16(), in
// parallel on p. dst has len(w.Data) bytes and does not overlap them. It errs
// if w has no such form or its sizes contradict each other.
func Interleave(p *Pool, dst []byte, w quant.Matrix) error {
	if !CanInterleave(w.Type, w.Rows) {
		return fmt.Errorf("simd: %v matrix of %d rows has no interleaved form", w.Type, w.Rows)
	}
	rowBytes, err := w.Type.RowBytes(w.Cols)
	if err != nil {
		return err
	}
	if len(w.Data)/w.Rows != rowBytes || len(w.Data)%w.Rows != 0 || len(dst) != len(w.Data) {
		return fmt.Errorf("simd: %v matrix of %d rows and %d columns from %d bytes to %d", w.Type, w.Rows, w.Cols, len(w.Data), len(dst))
	}
	m := &Matrix{typ: w.Type, rows: w.Rows, cols: w.Cols, data: dst}
	p.Run(m.tiles(), 1, &packJob{m, w.Data})
	return nil
}

// unpackJob takes tiles [lo, hi) of src, interleaved, apart into m's rows.
type unpackJob struct {
	m   *Matrix
	src []byte
}

func (j *unpackJob) Do(_, lo, hi int) {
	m := j.m
	n, size, fields := m.rowBytes(), m.typ.BlockBytes(), packings[m.typ]
	for t := lo; t < hi; t++ {
		tile := j.src[t*tileRows*n:][:tileRows*n]
		for r := range tileRows {
			row := m.data[(t*tileRows+r)*n:][:n]
			for b := 0; b < n; b += size {
				unpackBlock(row[b:b+size], tile[b*tileRows:(b+size)*tileRows], fields, r)
			}
		}
	}
}

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
