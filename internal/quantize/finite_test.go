package quantize_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/par"
	"github.com/querent-ai/chord/internal/quantize"
	"github.com/querent-ai/chord/quant"
)

// TestOverflow: weights beyond a float16, or a scale of float16, are an error that
// names tensor and element.
func TestOverflow(t *testing.T) {
	for _, c := range []struct {
		mix  string
		x    float32
		want string
	}{
		{"F16", 3e5, `tensor "output.weight": writing: element 7 of row 1 is 300000, which is beyond what F16 holds`},
		{"F16", 65519, ""},
		{"BF16", 3e5, ""},
		{"BF16", -math.MaxFloat32, "beyond what BF16 holds"},
		{"Q8_0", 3e5, ""},
		{"Q8_0", 1e7, "element 7 of row 1 is 1e+07, which is beyond what Q8_0 holds"},
		{"Q6_K", 1e8, ""},
		{"Q6_K", 1e9, "beyond what Q6_K holds"},
		{"Q4_K_M", 1e9, "beyond what Q6_K holds"},
		{"F16", float32(math.Inf(-1)), "element 7 of row 1 is not a finite number: -Inf"},
	} {
		f := shapes["grouped"].model(t)
		x := make([]float32, 512)
		x[256+7] = c.x
		tensors := []gguf.WriteTensor{{Name: "output.weight", Type: quant.F32, Shape: []uint64{256, 2}, Data: func(w io.Writer) error {
			_, err := w.Write(littleEndian(x))
			return err
		}}}
		var b bytes.Buffer
		if err := gguf.Write(&b, f.KV, tensors); err != nil {
			t.Fatal(err)
		}
		p, err := quantize.New(reopen(t, b.Bytes()), quantize.Options{Mix: c.mix})
		if err != nil {
			t.Errorf("%s: %v", c.mix, err)
			continue
		}
		pool := par.New(1)
		err = p.Write(context.Background(), io.Discard, pool, nil)
		pool.Close()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s of %g: got %v, want %q", c.mix, c.x, err, c.want)
		}
	}
}

// TestNarrow: Narrow returns the largest element if its scale exceeds float16,
// whether it is infinite or limited, and -1 below that.
func TestNarrow(t *testing.T) {
	const f16 = 65504
	largest := map[quant.Type]float64{ // the least quotient of the largest element and the scale of its block
		quant.F32: math.Inf(1), quant.BF16: math.Inf(1), quant.MXFP4: math.Inf(1), quant.Q8_K: math.Inf(1), quant.NVFP4: 0,
		quant.F16: 1, quant.Q4_0: 8, quant.Q5_0: 16, quant.Q8_0: 127, quant.IQ4_NL: 127, quant.Q4_1: 1, quant.Q5_1: 1,
		quant.Q6_K: 32 * 127, quant.IQ4_XS: 32 * 127, quant.Q3_K: 4 * 31, quant.Q4_K: 63, quant.Q5_K: 63, quant.Q2_K: 15, quant.TQ1_0: 1, quant.TQ2_0: 1,
	}
	for typ := range quant.Type(64) {
		factor, ok := largest[typ]
		if !quant.CanQuantize(typ) || factor == 0 {
			continue
		}
		if !ok {
			t.Errorf("%v: not in the table", typ)
		}
		for _, big := range []float64{1, f16 / 2, f16 * factor / 2, f16 * factor * 64} {
			if math.IsInf(big, 0) {
				continue
			}
			x := make([]float32, 2*max(typ.BlockElems(), 32))
			for i := range x {
				x[i] = float32(i%7-3) / 5
			}
			at := len(x)/2 + 5
			x[at] = float32(big)
			dst := make([]byte, len(x)/typ.BlockElems()*typ.BlockBytes())
			want := -1
			if big > 2*f16*factor {
				want = at
			}
			if got := quantize.Narrow(dst, typ, x, nil); got != want {
				t.Errorf("%v of %g: got %d, want %d", typ, big, got, want)
			}
		}
	}
}

// TestFirstNotFinite: NotFinite returns the first element that is not finite, at any
// place in a word.
func TestFirstNotFinite(t *testing.T) {
	for typ, codes := range map[quant.Type][3]uint32{ // largest, infinity, NaN
		quant.F32:  {0x7f7fffff, 0x7f800000, 0xffc00001},
		quant.F16:  {0x7bff, 0x7c00, 0xfc01},
		quant.BF16: {0x7f7f, 0x7f80, 0xff81},
	} {
		size := typ.BlockBytes()
		for n := range 20 {
			for at := -1; at < n; at++ {
				for _, code := range codes[1:] {
					var b []byte
					for i := range n {
						word := binary.LittleEndian.AppendUint32(nil, codes[0])
						if i%2 == 1 {
							word[size-1] |= 0x80 // below 0
						}
						if i == at || i == at+3 && at >= 0 {
							word = binary.LittleEndian.AppendUint32(nil, code)
						}
						b = append(b, word[:size]...)
					}
					if got := quantize.NotFinite(typ, b); got != at {
						t.Fatalf("%v: %#x at %d of %d: got %d", typ, code, at, n, got)
					}
				}
			}
		}
	}
}
