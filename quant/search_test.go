package quant_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"testing"

	"github.com/querent-ai/chord/quant"
)

// ggmlErrors are the sums of squared errors of ggml (commit 3f545bec,
// ggml_quantize_chunk without an importance matrix) for 2¹⁴ elements of the first
// inputs.
var ggmlErrors = map[quant.Type]map[string]float64{
	quant.Q2_K:   {"bell": 111.6, "uniform": 294.02, "positive": 406.09, "negative": 316.79, "far from zero": 21438, "outlier": 4443.2},
	quant.Q3_K:   {"bell": 29.235, "uniform": 87.472, "positive": 262.43, "negative": 360.13, "far from zero": 6590.4, "outlier": 78.191},
	quant.Q4_K:   {"bell": 6.5089, "uniform": 16.251, "positive": 18.658, "negative": 16.999, "far from zero": 9337.7, "outlier": 317.23},
	quant.Q5_K:   {"bell": 1.6476, "uniform": 4.12, "positive": 4.5889, "negative": 4.6814, "far from zero": 5997.5, "outlier": 239.02},
	quant.Q6_K:   {"bell": 0.39794, "uniform": 0.94811, "positive": 3.8168, "negative": 5.8342, "far from zero": 5975.7, "outlier": 9.0751},
	quant.IQ4_NL: {"bell": 7.4268, "uniform": 22.196, "positive": 79.616, "negative": 142.68, "far from zero": 5315.2, "outlier": 948.85},
	quant.IQ4_XS: {"bell": 7.5368, "uniform": 22.584, "positive": 81.083, "negative": 145.06, "far from zero": 24183, "outlier": 1027.5},
	quant.MXFP4:  {"bell": 17.814, "uniform": 113.8, "positive": 456.31, "negative": 539.09, "far from zero": 2.6758e+05, "outlier": 6420.7},
}

// searched reports whether Quantize searches for typ's scales, so that the bytes
// are not ggml's.
func searched(typ quant.Type) bool { return ggmlErrors[typ] != nil }

// squaredError is Σ w·(x-y)², where y are the values of blocks; w of nil is 1.
func squaredError(typ quant.Type, x []float32, blocks []byte, w []float32) float64 {
	y := make([]float32, len(x))
	quant.Dequantize(y, typ, blocks)
	sum := 0.0
	for i := range x {
		d := float64(x[i]) - float64(y[i])
		if w != nil {
			d *= math.Sqrt(float64(w[i]))
		}
		sum += d * d
	}
	return sum
}

// weighted returns x as blocks of typ, made with w.
func weighted(typ quant.Type, x, w []float32) []byte {
	n, err := typ.RowBytes(len(x))
	if err != nil {
		panic(err)
	}
	dst := make([]byte, n)
	quant.QuantizeWeighted(dst, typ, x, w)
	return dst
}

// TestErrorAsGGML: the error is at most ggml's, except for the rounding of scales
// to binary16.
func TestErrorAsGGML(t *testing.T) {
	for typ, limits := range ggmlErrors {
		for _, in := range inputs[:len(limits)] {
			t.Run(typ.String()+"/"+in.name, func(t *testing.T) {
				x := in.row(1 << 14)
				if got, limit := squaredError(typ, x, quantized(typ, x), nil), limits[in.name]; !(got <= 1.0001*limit) {
					t.Errorf("error %g, ggml's is %g", got, limit)
				}
			})
		}
	}
}

// searchHashes are hashes of the blocks of 2¹² elements of all inputs, the same on
// every machine.
var searchHashes = map[quant.Type]string{
	quant.Q2_K:   "8a0bf336b0d53d7d",
	quant.Q3_K:   "74cee2801883f13c",
	quant.Q4_K:   "20199dbd5ced5efd",
	quant.Q5_K:   "16d24c42dbfd172e",
	quant.Q6_K:   "32ca4dbd2afcaf6d",
	quant.IQ4_NL: "9805b4cb66612d4d",
	quant.IQ4_XS: "96201c2277a39076",
	quant.MXFP4:  "9248d478e0ab5e55",
}

func TestSearchSame(t *testing.T) {
	for typ := range ggmlErrors {
		h := sha256.New()
		for _, in := range slices.Concat(inputs, inputNaN) {
			h.Write(quantized(typ, in.row(1<<12)))
		}
		if got := hex.EncodeToString(h.Sum(nil)[:8]); got != searchHashes[typ] {
			t.Errorf("%s: hash %s, want %s", typ, got, searchHashes[typ])
		}
	}
}

// TestSearchFinite: finite values stay finite, and zeros stay zeros.
func TestSearchFinite(t *testing.T) {
	for typ := range ggmlErrors {
		for _, in := range inputs {
			x := in.row(1 << 10)
			if e := squaredError(typ, x, quantized(typ, x), nil); math.IsNaN(e) || math.IsInf(e, 0) {
				t.Errorf("%s: %s: error %g", typ, in.name, e)
			}
		}
		x := make([]float32, 256)
		if e := squaredError(typ, x, quantized(typ, x), nil); e != 0 {
			t.Errorf("%s: zeros: error %g", typ, e)
		}
	}
}

// TestWeights: weights lower the weighted error, and weights of 0 are the same as
// equal weights.
func TestWeights(t *testing.T) {
	const n = 1 << 13
	for _, typ := range types(quant.CanQuantize) {
		t.Run(typ.String(), func(t *testing.T) {
			x, w := inputs[0].row(n), make([]float32, n)
			for i := range w {
				w[i] = float32(1 + i%7*i%7*i%7)
			}
			plain, with := quantized(typ, x), weighted(typ, x, w)
			if bytes.Equal(plain, with) {
				// MXFP4 tries three exponents only.
				if searched(typ) && typ != quant.MXFP4 || slices.Contains([]quant.Type{quant.Q4_0, quant.Q4_1, quant.Q5_0, quant.Q5_1}, typ) {
					t.Error("weights make no difference")
				}
				return
			}
			if a, b := squaredError(typ, x, plain, w), squaredError(typ, x, with, w); !(b < 0.98*a) {
				t.Errorf("weighted error %g, without weights %g", b, a)
			}
			none := weighted(typ, x, make([]float32, n))
			if !bytes.Equal(none, weighted(typ, x, nil)) {
				t.Error("weights of 0 differ from none")
			}
			if a, b := squaredError(typ, x, plain, nil), squaredError(typ, x, none, nil); !(b <= a) {
				t.Errorf("error %g with equal weights, %g without", b, a)
			}
		})
	}
}
