package convert

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/querent-ai/chord/internal/safetensors"
	"github.com/querent-ai/chord/quant"
)

// TestFloats8 wants the values in the papers about the formats.
func TestFloats8(t *testing.T) {
	for code, want := range map[byte]float32{0: 0, 0x01: 1.0 / 512, 0x07: 7.0 / 512, 0x08: 1.0 / 64, 0x38: 1, 0x39: 1.125, 0x7e: 448, 0xfe: -448, 0xb8: -1} {
		if got := e4m3[code]; got != want {
			t.Errorf("E4M3 %#x: got %g, want %g", code, got, want)
		}
	}
	for _, code := range []byte{0x7f, 0xff} {
		if !math.IsNaN(float64(e4m3[code])) {
			t.Errorf("E4M3 %#x: got %g, want NaN", code, e4m3[code])
		}
	}
	for i, got := range e5m2 { // the upper half of a float16
		if want := quant.F16ToF32(uint16(i) << 8); got != want && !(got != got && want != want) {
			t.Errorf("E5M2 %#x: got %g, want %g", i, got, want)
		}
	}
	for code, want := range map[byte]float32{0: 0x1p-127, 127: 1, 126: 0.5, 254: 0x1p127} {
		if got := e8m0[code]; got != want {
			t.Errorf("E8M0 %#x: got %g, want %g", code, got, want)
		}
	}
}

// TestFP8 wants weights of 8-bit floats times the scale of their position, for every
// form of scales: rows of q are permuted, and blocks end within the matrix.
func TestFP8(t *testing.T) {
	const rows, cols = 32, 32
	codes := make([]byte, rows*cols)
	for i := range codes {
		codes[i] = byte(i*7) &^ 0x40 // far from NaN
	}
	one := map[string]any{"quant_method": "fp8"}
	blocks := map[string]any{"quant_method": "fp8", "weight_block_size": []int{12, 20}}
	for _, c := range []struct {
		name   string
		config map[string]any
		scale  hf // dtype and shape
		of     func(r, c int) int
	}{
		{"one", one, hf{name: "weight_scale_inv", shape: []int{}}, func(r, c int) int { return 0 }},
		{"one in a vector", map[string]any{"quant_method": "modelopt", "quant_algo": "FP8"}, hf{name: "weight_scale", shape: []int{1}}, func(r, c int) int { return 0 }},
		{"a row", map[string]any{"quant_method": "compressed-tensors"}, hf{name: "weight_scale", dtype: "BF16", shape: []int{rows, 1}}, func(r, c int) int { return r }},
		{"a row, in a vector", map[string]any{"quant_method": "fbgemm_fp8"}, hf{name: "weight_scale", shape: []int{rows}}, func(r, c int) int { return r }},
		{"blocks", blocks, hf{name: "weight_scale_inv", shape: []int{3, 2}}, func(r, c int) int { return r/12*2 + c/20 }},
		{"a block of 128", one, hf{name: "weight_scale_inv", shape: []int{1, 1}}, func(r, c int) int { return 0 }},
	} {
		for _, dtype := range []string{"F8_E4M3", "F8_E5M2"} {
			t.Run(c.name+"/"+dtype, func(t *testing.T) {
				model := smallLlama("F32")
				model["config.json"] = with(model["config.json"].(map[string]any), map[string]any{"quantization_config": c.config})
				tensors := model["model.safetensors"].([]hf)
				scale := c.scale
				for i := range product(scale.shape) {
					scale.x = append(scale.x, float32(i+1)/4)
				}
				want := make([]float32, 0, rows*cols)
				for i, code := range codes {
					x := quant.F16ToF32(uint16(code) << 8)
					if dtype == "F8_E4M3" {
						x = e4m3[code]
					}
					want = append(want, x*scale.x[c.of(i/cols, i%cols)])
				}
				for i, h := range tensors {
					for _, part := range []string{"q_proj", "o_proj"} {
						if h.name == "model.layers.0.self_attn."+part+".weight" {
							tensors[i] = hf{name: h.name, dtype: dtype, shape: h.shape, raw: codes}
							of := scale
							of.name = h.name[:len(h.name)-len("weight")] + scale.name
							tensors = append(tensors, of, hf{name: of.name[:len(of.name)-len(scale.name)] + "input_scale", shape: []int{}, x: []float32{9}})
						}
					}
				}
				model["model.safetensors"] = tensors
				got := converted(t, model.write(t), Options{Type: "f32", Pre: "gpt-2"})
				undo := &undo{f: got}
				for name, want := range map[string][]float32{"blk.0.attn_output.weight": want, "blk.0.attn_q.weight": permute(want, rows, cols, 2)} {
					x, _ := got.Tensor(name)
					if y := undo.floats(t, x); !slices.Equal(y, want) {
						t.Errorf("%s: got %v…, want %v…", name, y[:40], want[:40])
					}
				}
			})
		}
	}
}

// permute puts row i of the first half of each head before row i of the second.
func permute(x []float32, rows, cols, heads int) []float32 {
	var out []float32
	dim := rows / heads
	for h := range heads {
		for i := range dim {
			r := h*dim + i%2*dim/2 + i/2
			out = append(out, x[r*cols:(r+1)*cols]...)
		}
	}
	return out
}

// TestScalingOfStacks wants every matrix of a stack scaled by its own scales.
func TestScalingOfStacks(t *testing.T) {
	weights := &safetensors.Tensor{Name: "w", DType: safetensors.F8E4M3, Shape: []int{2, 3, 4}, Data: make([]byte, 24)}
	for _, c := range []struct {
		shape []int
		want  func(e, r, c int) float32
	}{
		{[]int{2}, func(e, r, c int) float32 { return float32(e) }},
		{[]int{2, 1, 1}, func(e, r, c int) float32 { return float32(e) }},
		{[]int{2, 3, 1}, func(e, r, c int) float32 { return float32(3*e + r) }},
		{[]int{2, 2, 2}, func(e, r, c int) float32 { return float32(4*e + r/2*2 + c/3) }},
	} {
		scales := hf{shape: c.shape}
		for i := range product(c.shape) {
			scales.x = append(scales.x, float32(i))
		}
		s, err := newScaling(weights, &safetensors.Tensor{Name: "s", DType: safetensors.F32, Shape: c.shape, Data: scales.bytes()}, [2]int{2, 3})
		if err != nil {
			t.Error(err)
			continue
		}
		for i := range 24 {
			e, r, col := i/12, i/4%3, i%4
			got, n := s.at(i)
			if want := c.want(e, r, col); got != want || n < 1 || n > 4-col {
				t.Errorf("%v: element %d: got %g for %d, want %g", c.shape, i, got, n, want)
			}
		}
	}
	for _, shape := range [][]int{{3}, {2, 2}, {3, 2, 2}, {}} {
		if _, err := newScaling(weights, &safetensors.Tensor{Name: "s", DType: safetensors.F32, Shape: shape, Data: make([]byte, 4*product(shape))}, [2]int{2, 3}); err == nil {
			t.Errorf("%s: no error", fmt.Sprint(shape))
		}
	}
}
