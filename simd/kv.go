package simd

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/querent-ai/chord/quant"
)

// A KV says how the keys and values of one head lie in memory: in pages of a
// number of positions, and in one page
//
//	keys: per 16 positions a tile in layout X16, as 16 rows of a [Matrix]
//	values: row after row
//
// so that a query's products with keys are those of activations with weights,
// one lane a position, and values add up one lane a column.
type KV struct {
	key, value quant.Type
	keyDim     int // elements of a key, and of a query
	valueDim   int // elements of a value, and of a result
	positions  int // a page

	keyBytes, valueBytes int  // of one position
	blocks               int  // of a key
	quantised            bool // queries, for the keys' type
	scores               []gemmFunc
	sums                 []sumFunc
}

// NewKV returns the layout of keys of keyDim elements and values of valueDim in
// pages of the given number of positions. A KV does not change: any goroutine
// may use it.
//
// It errs unless the types are F32, F16 or Q8_0, which wants a multiple of 32
// elements, and panics unless the dimensions are positive and positions is a
// positive multiple of 16.
func NewKV(key, value quant.Type, keyDim, valueDim, positions int) (*KV, error) {
	if keyDim <= 0 || valueDim <= 0 {
		panic("simd: NewKV: keys or values without elements")
	}
	if positions <= 0 || positions%tileRows != 0 {
		panic("simd: NewKV: pages are tiles of 16 positions")
	}
	kv := &KV{key: key, value: value, keyDim: keyDim, valueDim: valueDim, positions: positions}
	var err error
	if kv.keyBytes, err = cacheBytes(key, keyDim); err != nil {
		return nil, err
	}
	if kv.valueBytes, err = cacheBytes(value, valueDim); err != nil {
		return nil, err
	}
	kv.blocks, kv.quantised = keyDim/key.BlockElems(), kinds[key] == blocks32
	kv.scores, kv.sums = active.scores[key], active.sums[value]
	return kv, nil
}

// cacheBytes is the size of a key or value.
func cacheBytes(t quant.Type, dim int) (int, error) {
	if generic.sums[t] == nil {
		return 0, fmt.Errorf("simd: no key/value cache of type %v", t)
	}
	if dim%t.BlockElems() != 0 {
		return 0, fmt.Errorf("simd: a key/value cache of type %v wants heads of a multiple of %d elements, not %d", t, t.BlockElems(), dim)
	}
	return t.RowBytes(dim)
}

// Bytes returns the size of the keys and of the values of one head in one page.
func (kv *KV) Bytes() (keys, values int) {
	return kv.positions * kv.keyBytes, kv.positions * kv.valueBytes
}

// A KVWriter writes keys and values. The zero value is ready; it serves one
// goroutine at a time.
type KVWriter struct { // rounded elements, kept so that nothing is allocated
	half  [256]uint16
	qs    [32]int8
	scale float32
	bias  [2]int32
}

// Store writes key, (keyDim,), and value, (valueDim,), of position i of a page;
// keys and values are the bytes of one head there. Elements are rounded to the
// types, ties to even; Q8_0 as activations are quantised, its scale then rounded
// to f16. It panics if a length differs or the page has no position i.
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

// value writes a row.
func (w *KVWriter) value(row []byte, t quant.Type, v []float32) {
	switch t {
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
