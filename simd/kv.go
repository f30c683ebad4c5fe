package simd

import (
	"fmt"

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
//
// Keys and values of Q4_0 lie in memory as their Hadamard transforms, which have
// no elements far from the others, behind them zeros up to a multiple of 32
// elements: queries are transformed like keys, and results back.
type KV struct {
	key, value quant.Type
	keyDim     int // elements of a key, and of a query
	valueDim   int // elements of a value, and of a result
	positions  int // a page

	keyWidth, valueWidth int  // elements in memory
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
// It errs unless the types are F32, F16, Q4_0 or Q8_0, which wants a multiple of
// 32 elements, and panics unless the dimensions are positive and positions is a
// positive multiple of 16.
func NewKV(key, value quant.Type, keyDim, valueDim, positions int) (*KV, error) {
	if keyDim <= 0 || valueDim <= 0 {
		panic("simd: NewKV: keys or values without elements")
	}
	if positions <= 0 || positions%tileRows != 0 {
		panic("simd: NewKV: pages are tiles of 16 positions")
	}
	kv := &KV{key: key, value: value, keyDim: keyDim, valueDim: valueDim, positions: positions}
	kv.keyWidth, kv.valueWidth = cacheWidth(key, keyDim), cacheWidth(value, valueDim)
	var err error
	if kv.keyBytes, err = cacheBytes(key, kv.keyWidth); err != nil {
		return nil, err
	}
	if kv.valueBytes, err = cacheBytes(value, kv.valueWidth); err != nil {
		return nil, err
	}
	kv.blocks, kv.quantised = kv.keyWidth/key.BlockElems(), kinds[key] == blocks32
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
