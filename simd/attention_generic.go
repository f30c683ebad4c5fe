package simd

import (
	"math"

	"github.com/querent-ai/chord/quant"
)

// A sumFunc adds up values, of a number of queries that is the function's own:
//
//	for query q, i < n, d < dim { o[q*dim+d] += p[q*attendBlock+i] * v[i][d] }
//
// v being rows of the function's type; what lies next bytes from them will
// be wanted soon.
type sumFunc func(o, p *float32, v *byte, n, dim, next int)

// genericScores are the products of queries with keys.
var genericScores = map[quant.Type][]gemmFunc{
	quant.F32:  genericProducts(quant.F32, gemmFloats),
	quant.F16:  genericProducts(quant.F16, gemmFloats),
	quant.Q8_0: genericProducts(quant.Q8_0, gemmGeneric),
	quant.Q4_0: genericProducts(quant.Q4_0, gemmGeneric),
}

// gemmFloats is the product of tokens with tiles of packed rows of floats:
//
//	for each tile, token t, column k, row r { acc[t][r] += w[k][r] * x[t][k] }
func gemmFloats(dst *float32, stride int, w, acts *byte, cols, tiles, tokens int, typ quant.Type) {
	const chunk = 64
	size := typ.BlockBytes()
	out := at[float32]((*byte)(ptr(dst)), 0, (tokens-1)*stride+tiles*tileRows)
	x := at[float32](acts, 0, tokens*cols)
	var f [chunk * tileRows]float32
	for tile := range tiles {
		var acc [panelMax][tileRows]float32
		for k := 0; k < cols; k += chunk {
			n := min(chunk, cols-k)
			quant.Dequantize(f[:n*tileRows], typ, at[byte](w, (tile*cols+k)*tileRows*size, n*tileRows*size))
			for t := range tokens {
				columnsOf(&acc[t], f[:n*tileRows], x[t*cols+k:][:n])
			}
		}
		for t := range tokens {
			copy(out[t*stride+tile*tileRows:][:tileRows], acc[t][:])
		}
	}
}

// columnsOf adds columns of sixteen rows, w, times x to acc.
func columnsOf(acc *[tileRows]float32, w, x []float32) {
	for k, v := range x {
		col := w[k*tileRows:][:tileRows]
		for r := range acc {
			acc[r] += float32(col[r] * v)
		}
	}
}

// genericSums are the sums of values.
var genericSums = map[quant.Type][]sumFunc{
	quant.F32:  sumsFor(quant.F32),
	quant.F16:  sumsFor(quant.F16),
	quant.Q8_0: sumsFor(quant.Q8_0),
	quant.Q4_0: sumsFor(quant.Q4_0),
}

// sumsFor returns the sum of values for each number of queries.
func sumsFor(typ quant.Type) []sumFunc {
	fns := make([]sumFunc, panelMax)
	for i := range fns {
		fns[i] = func(o, p *float32, v *byte, n, dim, _ int) { sumsGeneric(o, p, v, n, dim, i+1, typ) }
	}
	return fns
}

// sumsGeneric is sumFunc for rows of typ, each taken apart once.
func sumsGeneric(o, p *float32, v *byte, n, dim, queries int, typ quant.Type) {
	const chunk = 64
	out := at[float32]((*byte)(ptr(o)), 0, queries*dim)
	ps := at[float32]((*byte)(ptr(p)), 0, (queries-1)*attendBlock+n)
	row := dim / typ.BlockElems() * typ.BlockBytes()
	var f [chunk]float32
	for d := 0; d < dim; d += chunk {
		w := min(chunk, dim-d)
		off, size := d/typ.BlockElems()*typ.BlockBytes(), w/typ.BlockElems()*typ.BlockBytes()
		for i := range n {
			b := at[byte](v, i*row+off, size)
			quant.Dequantize(f[:w], typ, b)
			for q := range queries {
				a, dst := ps[q*attendBlock+i], out[q*dim+d:][:w]
				for k, x := range f[:w] {
					dst[k] += float32(a * x)
				}
			}
		}
	}
}

// softmaxGeneric takes one block's scores into the softmax of every query:
//
//	x := s[q*attendBlock+from[q]:][:n[q]]
//	if mx := max(x); mx > m[q] {
//		if m[q] > -Inf { f := Exp(m[q] - mx); l[q] *= f; o[q] *= f }
//		m[q] = mx
//	}
//	for i := range x { x[i] = Exp(x[i] - m[q]); l[q] += x[i] }
//
// where the exponentials are summed in 16 lanes and a tree. Queries without a
// position in the block stay as they are. spans has from and n of each query.
func softmaxGeneric(s, m, l, o *float32, spans *int, queries, dim int) {
	ss := at[float32]((*byte)(ptr(s)), 0, queries*attendBlock)
	ms, ls := at[float32]((*byte)(ptr(m)), 0, queries), at[float32]((*byte)(ptr(l)), 0, queries)
	os, sp := at[float32]((*byte)(ptr(o)), 0, queries*dim), at[int]((*byte)(ptr(spans)), 0, 2*queries)
	for q := range queries {
		x := ss[q*attendBlock+sp[2*q]:][:sp[2*q+1]]
		if len(x) == 0 {
			continue
		}
		if mx := maxGeneric(x); mx > ms[q] {
			if ms[q] > lowest { // else they are 0
				f := Exp(ms[q] - mx)
				ls[q] *= f
				scaleGeneric(os[q*dim:][:dim], f)
			}
			ms[q] = mx
		}
		ls[q] += expSumGeneric(x, ms[q])
	}
}

// lowest is the maximum of no scores.
var lowest = float32(math.Inf(-1))
