package simd

import (
	"fmt"

	"github.com/querent-ai/chord/quant"
)

// LayoutVersion counts the changes of the interleaved layout of any type. A
// file of interleaved tensors is of use only to the version that it was
// written by.
const LayoutVersion = 1

// CanInterleave reports whether a matrix of type t and so many rows has an
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
