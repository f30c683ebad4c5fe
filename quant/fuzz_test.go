package quant_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"github.com/querent-ai/chord/quant"
)

// FuzzDequantize: any bytes dequantise, to the same values each time, and the
// values quantise again.
func FuzzDequantize(f *testing.F) {
	for _, typ := range types(quant.CanDequantize) {
		f.Add(uint8(typ), bytes.Repeat([]byte{0xff, 0x7c, 0x01}, 100))
		f.Add(uint8(typ), make([]byte, 300))
	}
	f.Fuzz(func(t *testing.T, number uint8, data []byte) {
		typ := quant.Type(number)
		if !quant.CanDequantize(typ) {
			return
		}
		n := len(data) / typ.BlockBytes()
		src := data[:n*typ.BlockBytes()]
		x, again := make([]float32, n*typ.BlockElems()), make([]float32, n*typ.BlockElems())
		quant.Dequantize(x, typ, src)
		quant.Dequantize(again, typ, src)
		if !bytes.Equal(floatBytes(x), floatBytes(again)) {
			t.Fatalf("%s: two different results", typ)
		}
		if quant.CanQuantize(typ) {
			quantized(typ, x)
		}
	})
}

// FuzzQuantize: quantised values quantise to themselves, except with a search, and
// any weights are allowed.
func FuzzQuantize(f *testing.F) {
	for _, typ := range types(quant.CanQuantize) {
		for _, in := range inputs {
			f.Add(uint8(typ), floatBytes(in.row(256)))
		}
	}
	f.Fuzz(func(t *testing.T, number uint8, data []byte) {
		typ := quant.Type(number)
		if !quant.CanQuantize(typ) {
			return
		}
		x := make([]float32, len(data)/4/typ.BlockElems()*typ.BlockElems())
		for i := range x {
			x[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		}
		blocks := quantized(typ, x)
		weighted(typ, x, x)
		if searched(typ) {
			return
		}
		y, z := make([]float32, len(x)), make([]float32, len(x))
		quant.Dequantize(y, typ, blocks)
		quant.Dequantize(z, typ, quantized(typ, y))
		n := typ.BlockElems()
		for i := 0; i < len(x); i += n {
			if hasNaN(x[i:i+n]) || !stable(typ, blocks[i/n*typ.BlockBytes():], y[i:i+n]) {
				continue
			}
			for j := i; j < i+n; j++ {
				if !same(typ, y[j], z[j]) {
					t.Fatalf("%s: element %d: %g became %g", typ, j, y[j], z[j])
				}
			}
		}
	})
}

// hasNaN reports whether x has a NaN, and so no valid scale.
func hasNaN(x []float32) bool {
	return slices.ContainsFunc(x, func(v float32) bool { return v != v })
}

// stable reports whether the values y of a block must quantise to themselves: all
// are finite, and no scale is lost in rounding.
func stable(typ quant.Type, block []byte, y []float32) bool {
	var largest float64
	for _, v := range y {
		largest = max(largest, math.Abs(float64(v)))
		if v != v {
			return false
		}
	}
	switch typ {
	case quant.Q4_1, quant.Q5_1:
		// y = d·q + m is rounded by up to |m|·2⁻²⁴, which must not change d's
		// eleven bits.
		d := quant.F16ToF32(binary.LittleEndian.Uint16(block))
		m := quant.F16ToF32(binary.LittleEndian.Uint16(block[2:]))
		return largest <= 65504 && math.Abs(float64(m)) <= 1024*float64(d)
	case quant.Q8_K:
		return largest > 1e-30 && largest < 1e30
	case quant.F32:
		return true
	}
	return largest <= math.MaxFloat32
}

// same reports whether y and z are equal or, for Q8_K, whose scale is rounded
// again, equal within 2⁻²¹.
func same(typ quant.Type, y, z float32) bool {
	if typ == quant.Q8_K {
		return math.Abs(float64(y)-float64(z)) <= math.Abs(float64(y))*0x1p-21
	}
	return y == z
}
