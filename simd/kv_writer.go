package simd

import (
	"encoding/binary"
	"math"

	"github.com/querent-ai/chord/quant"
)

// A KVWriter writes keys and values. The zero value is ready; it serves one
// goroutine at a time.
type KVWriter struct { // rounded elements, kept so that nothing is allocated
	half  [256]uint16
	qs    [32]int8
	scale float32
	bias  [2]int32
	block q4Block
	wide  []float32 // a transformed key or value
}

// Store writes key, (keyDim,), and value, (valueDim,), of position i of a page;
// keys and values are the bytes of one head there. Elements are rounded to the
// types, ties to even; Q8_0 as activations are quantised, its scale then rounded
// to f16; Q4_0 with a
// scale of small squared error. It panics if a length differs or the page has no position i.
//
// Of a tile of 16 positions only i's own bytes are written, so goroutines with
// a KVWriter each may store different positions at the same time.
func (w *KVWriter) Store(kv *KV, keys, values []byte, i int, k, v []float32) {
	checkLen("KVWriter.Store", len(k), kv.keyDim)
	checkLen("KVWriter.Store", len(v), kv.valueDim)
	if i < 0 || i >= kv.positions {
		panic("simd: KVWriter.Store: a page has no such position")
	}
	tile := keys[i/tileRows*tileRows*kv.keyBytes:][:tileRows*kv.keyBytes]
	w.key(tile, kv.key, i%tileRows, k)
	w.value(values[i*kv.valueBytes:][:kv.valueBytes], kv.value, v)
}

// key writes row r of a tile.
func (w *KVWriter) key(tile []byte, t quant.Type, r int, k []float32) {
	switch t {
	case quant.Q4_0:
		w.key4(tile, r, k)
	case quant.F32:
		for d, x := range k {
			binary.LittleEndian.PutUint32(tile[4*(d*tileRows+r):], math.Float32bits(x))
		}
	case quant.F16:
		for len(k) > 0 {
			h := w.half[:min(len(w.half), len(k))]
			ToF16(h, k[:len(h)])
			for d, x := range h {
				binary.LittleEndian.PutUint16(tile[2*(d*tileRows+r):], x)
			}
			k, tile = k[len(h):], tile[2*tileRows*len(h):]
		}
	case quant.Q8_0:
		for ; len(k) > 0; k, tile = k[32:], tile[34*tileRows:] {
			d := w.quantize(k)
			binary.LittleEndian.PutUint16(tile[2*r:], d)
			for c := range 8 {
				for j, q := range w.qs[4*c : 4*c+4] {
					tile[2*tileRows+4*(c*tileRows+r)+j] = byte(q)
				}
			}
		}
	}
}

// key4 is key of Q4_0.
func (w *KVWriter) key4(tile []byte, r int, k []float32) {
	x := w.transform(k)
	for ; len(x) > 0; x, tile = x[q4Width:], tile[q4Bytes*tileRows:] {
		w.block.set(x)
		if finer(len(k)) {
			w.block.setErrors(x)
		}
		copy(tile[2*r:], w.block.data[:2])
		for c := range 4 {
			copy(tile[2*tileRows+4*(c*tileRows+r):], w.block.data[2+4*c:][:4])
		}
	}
}

// value writes a row.
func (w *KVWriter) value(row []byte, t quant.Type, v []float32) {
	switch t {
	case quant.Q4_0:
		for v = w.transform(v); len(v) > 0; v, row = v[q4Width:], row[q4Bytes:] {
			w.block.set(v)
			copy(row, w.block.data[:])
		}
	case quant.F32:
		for d, x := range v {
			binary.LittleEndian.PutUint32(row[4*d:], math.Float32bits(x))
		}
	case quant.F16:
		for len(v) > 0 {
			h := w.half[:min(len(w.half), len(v))]
			ToF16(h, v[:len(h)])
			for d, x := range h {
				binary.LittleEndian.PutUint16(row[2*d:], x)
			}
			v, row = v[len(h):], row[2*len(h):]
		}
	case quant.Q8_0:
		for ; len(v) > 0; v, row = v[32:], row[34:] {
			d := w.quantize(v)
			binary.LittleEndian.PutUint16(row, d)
			for j, q := range w.qs {
				row[2+j] = byte(q)
			}
		}
	}
}

// quantize sets qs to the quants of 32 elements and returns their scale.
func (w *KVWriter) quantize(x []float32) uint16 {
	active.quantize32(&x[0], &w.qs[0], &w.scale, &w.bias[0], &w.bias[1], 1, 0)
	return quant.F32ToF16(w.scale)
}

// transform returns the Hadamard transform of x, with zeros up to a multiple of
// 32 elements, in wide.
func (w *KVWriter) transform(x []float32) []float32 {
	w.wide = grow(w.wide, cacheWidth(quant.Q4_0, len(x)))
	transform(w.wide, x)
	return w.wide
}
