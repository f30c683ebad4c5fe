package quant_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/querent-ai/chord/internal/fixtures"
	"github.com/querent-ai/chord/quant"
)

// goldenTensor is a tensor of dequant.json.
type goldenTensor struct {
	Type            string
	Shape           []int
	Sum             float64
	SumAbs          float64 `json:"sum_abs"`
	First64, Last16 []float32
}

// readGolden returns dequant.json by file and tensor.
func readGolden(t *testing.T) map[string]map[string]goldenTensor {
	t.Helper()
	var files map[string]json.RawMessage
	fixtures.ReadJSON(t, &files, "golden/dequant.json")
	delete(files, "note")
	golden := map[string]map[string]goldenTensor{}
	for name, raw := range files {
		var f struct{ Tensors map[string]goldenTensor }
		if err := json.Unmarshal(raw, &f); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		golden[name] = f.Tensors
	}
	return golden
}

// TestGolden compares Dequantize with two other implementations on tensors of
// trained and random models.
func TestGolden(t *testing.T) {
	tested, complete := map[quant.Type]bool{}, true
	for name, tensors := range readGolden(t) {
		t.Run(name, func(t *testing.T) {
			defer func() { complete = complete && !t.Skipped() }()
			file := readGGUF(t, fixtures.Path(t, name))
			for tensor, want := range tensors {
				typ, err := quant.ParseType(want.Type)
				if err != nil {
					t.Fatal(err)
				}
				tested[typ] = true
				t.Run(tensor, func(t *testing.T) { goldenCheck(t, file, tensor, typ, want) })
			}
		})
	}
	for _, typ := range []quant.Type{
		quant.F16, quant.BF16, quant.Q4_0, quant.Q4_1, quant.Q5_0, quant.Q8_0, quant.Q2_K, quant.Q3_K,
		quant.Q4_K, quant.Q6_K, quant.IQ4_XS, quant.MXFP4, quant.TQ1_0,
		quant.IQ1_S, quant.IQ2_S, quant.IQ2_XXS, quant.IQ3_XXS, quant.NVFP4, quant.Q1_0, quant.Q2_0,
	} {
		if !tested[typ] && complete {
			t.Errorf("no tensor of type %s tested", typ)
		}
	}
}

func goldenCheck(t *testing.T, file *ggufFile, tensor string, typ quant.Type, want goldenTensor) {
	n := 1
	for _, d := range want.Shape {
		n *= d
	}
	size, err := typ.RowBytes(n)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, n)
	quant.Dequantize(x, typ, file.tensor(t, tensor, typ, size))
	for i, w := range want.First64 {
		if x[i] != w {
			t.Fatalf("element %d: got %g, want %g", i, x[i], w)
		}
	}
	for i, w := range want.Last16 {
		if at := n - 16 + i; x[at] != w {
			t.Fatalf("element %d: got %g, want %g", at, x[at], w)
		}
	}
	var sum, abs float64
	for _, v := range x {
		sum += float64(v)
		abs += math.Abs(float64(v))
	}
	// The order of the other summation is unknown: a difference of n roundings, 2⁻⁵³
	// each.
	limit := 2 * float64(n) * 0x1p-53 * want.SumAbs
	if math.Abs(sum-want.Sum) > limit+1e-8*math.Abs(want.Sum) || math.Abs(abs-want.SumAbs) > limit+1e-8*want.SumAbs {
		t.Errorf("sum %v, of magnitudes %v, want %v, %v", sum, abs, want.Sum, want.SumAbs)
	}
}
