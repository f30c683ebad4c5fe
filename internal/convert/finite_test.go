package convert

import (
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

// TestFinite wants an error with the name of the tensor for a number that is not
// finite, or not finite in the type of the result, and for no other.
func TestFinite(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct {
		name, dtype, option string
		part                string // of the tensor's name
		x                   float32
		want                string // "": no error
	}{
		{"beyond F16", "F32", "f16", "mlp.down_proj", 3e5, `"blk.0.ffn_down.weight": writing: from "model.layers.0.mlp.down_proj.weight": element 3 of row 2 is 300000, which is beyond what F16 holds`},
		{"below F16", "BF16", "f16", "mlp.down_proj", -3e5, "beyond what F16 holds"},
		{"the largest F16", "F32", "f16", "mlp.down_proj", 65519, ""},
		{"as large in F32", "F32", "f32", "mlp.down_proj", 3e5, ""},
		{"as large in BF16", "F32", "bf16", "mlp.down_proj", 3e5, ""},
		{"beyond BF16", "F32", "bf16", "mlp.down_proj", math.MaxFloat32, "beyond what BF16 holds"},
		{"beyond the scale of Q8_0", "F32", "q8_0", "self_attn.v_proj", 1e7, "beyond what Q8_0 holds"},
		{"the largest scale of Q8_0", "F32", "q8_0", "self_attn.v_proj", 127 * 65504, ""},
		{"beyond F32", "F64", "f32", "mlp.down_proj", inf, "element 3 of row 2 is not a finite number: +Inf"},
		{"NaN", "F32", "f16", "mlp.down_proj", nan, "is not a finite number: NaN"},
		{"NaN in Q8_0", "F32", "q8_0", "self_attn.v_proj", nan, "is not a finite number: NaN"},
		{"NaN in a norm", "BF16", "f16", "model.norm", nan, `"output_norm.weight": writing: from "model.norm.weight": element 3 of row 0 is not a finite number`},
		{"NaN in F32 as it is", "F32", "f32", "mlp.down_proj", nan, `"blk.0.ffn_down.weight": writing: from "model.layers.0.mlp.down_proj.weight": element 3 of row 2 is not a finite number: NaN`},
		{"infinity in F32 as it is", "F32", "f32", "mlp.down_proj", inf, "element 3 of row 2 is not a finite number: +Inf"},
		{"infinity in F16 as it is", "F16", "f16", "mlp.down_proj", -inf, "element 3 of row 2 is not a finite number: -Inf"},
		{"infinity in BF16 as it is", "BF16", "bf16", "mlp.down_proj", -inf, "element 3 of row 2 is not a finite number: -Inf"},
	} {
		t.Run(c.name, func(t *testing.T) {
			model := smallLlama(c.dtype)
			for _, h := range model["model.safetensors"].([]hf) {
				if strings.Contains(h.name, c.part) {
					at := 3
					if len(h.shape) == 2 {
						at += 2 * h.shape[1]
					}
					h.x[at] = c.x
				}
			}
			m, err := Open(model.write(t), Options{Type: c.option, Pre: "gpt-2"})
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			err = m.Write(t.Context(), io.Discard, nil)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	scales := []byte{127, 255}
	if err := writeMXFP4(io.Discard, make([]byte, 32), scales, 2, 1, func(r int) int { return r }); err == nil || errors.Is(err, io.EOF) || !strings.Contains(err.Error(), "block 0 of row 1") {
		t.Errorf("a scale of NaN: %v", err)
	}
}
