package quant_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/querent-ai/chord/quant"
)

// An oracle is testdata/ggml.json, which Note explains.
type oracle struct {
	Note       string
	Types      map[string][3]int
	Quantize   map[string]map[string]json.RawMessage
	Dequantize map[string]struct{ First, SHA256 string }
}

func readOracle(t testing.TB) oracle {
	t.Helper()
	b, err := os.ReadFile("testdata/ggml.json")
	if err != nil {
		t.Fatal(err)
	}
	var o oracle
	if err := json.Unmarshal(b, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// types returns the types for which can is true, by number.
func types(can func(quant.Type) bool) []quant.Type {
	var all []quant.Type
	for typ := range quant.Type(256) {
		if can(typ) {
			all = append(all, typ)
		}
	}
	return all
}

func TestQuantizeAsGGML(t *testing.T) {
	o := readOracle(t)
	for _, typ := range types(quant.CanQuantize) {
		if typ == quant.F32 || searched(typ) {
			continue // see TestF32; the search gives other bytes than ggml, see TestErrorAsGGML
		}
		t.Run(typ.String(), func(t *testing.T) {
			if o.Quantize[typ.String()] == nil {
				t.Fatal("testdata/ggml.json: quantize lacks the type; one whose scales are searched belongs in ggmlErrors")
			}
			var rows map[string][]byte
			if err := json.Unmarshal(o.Quantize[typ.String()]["rows"], &rows); err != nil {
				t.Fatal(err)
			}
			for _, in := range slices.Concat(inputs, inputNaN) {
				t.Run(in.name, func(t *testing.T) {
					want := rows[in.name]
					x := in.row(len(want) / typ.BlockBytes() * typ.BlockElems())
					if len(x) < 64 {
						t.Fatalf("%d elements, want at least 64", len(x))
					}
					if got := quantized(typ, x); !bytes.Equal(got, want) {
						t.Errorf("got %x\nwant %x", got, want)
					}
				})
			}
			for _, in := range inputs {
				if want, ok := o.Quantize[typ.String()][in.name]; ok {
					got := sha256.Sum256(quantized(typ, in.row(1<<18)))
					if `"`+hex.EncodeToString(got[:])+`"` != string(want) {
						t.Errorf("%s, %d elements: sha256 %x, want %s", in.name, 1<<18, got, want)
					}
				}
			}
		})
	}
}

func TestDequantizeAsGGML(t *testing.T) {
	o := readOracle(t)
	src := make([]byte, 4096*292)
	r := rand.NewPCG(3, 4)
	for i := range src {
		src[i] = byte(r.Uint64() >> 56)
	}
	for _, typ := range types(quant.CanDequantize) {
		if typ == quant.F32 {
			continue // ggml has no function for it; see TestF32
		}
		t.Run(typ.String(), func(t *testing.T) {
			if _, ok := o.Dequantize[typ.String()]; !ok {
				t.Fatal("testdata/ggml.json: dequantize lacks the type")
			}
			dst := make([]float32, 4096*typ.BlockElems())
			quant.Dequantize(dst, typ, src[:4096*typ.BlockBytes()])
			got := floatBytes(dst)
			first, err := base64.StdEncoding.DecodeString(o.Dequantize[typ.String()].First)
			if err != nil || len(first) < 4*32 {
				t.Fatalf("%d bytes of the first block: %v", len(first), err)
			}
			for i := 0; i < len(first); i += 4 {
				if got, want := got[i:i+4], first[i:i+4]; !bytes.Equal(got, want) {
					t.Errorf("element %d: bytes %x, want %x", i/4, got, want)
				}
			}
			sum := sha256.Sum256(got)
			if want := o.Dequantize[typ.String()].SHA256; hex.EncodeToString(sum[:]) != want {
				t.Errorf("4096 blocks: sha256 %x, want %s", sum, want)
			}
		})
	}
}

// quantized returns x as blocks of typ.
func quantized(typ quant.Type, x []float32) []byte {
	n, err := typ.RowBytes(len(x))
	if err != nil {
		panic(err)
	}
	dst := make([]byte, n)
	quant.Quantize(dst, typ, x)
	return dst
}

// floatBytes returns the bytes of x, with one NaN for all.
func floatBytes(x []float32) []byte {
	b := make([]byte, 0, 4*len(x))
	for _, v := range x {
		if v != v {
			v = nan
		}
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}
