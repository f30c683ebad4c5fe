package convert

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/internal/safetensors"
	"github.com/querent-ai/chord/quant"
)

// nvfp4Factor is the factor of the matrices of expert e in these models, a power of
// two, so that products with it are exact.
func nvfp4Factor(e int) float32 { return float32(math.Ldexp(1, -3-e)) }

// nvfp4Codes are the scales that groups have: 0.5 to 3.75.
const nvfp4First, nvfp4Codes = 0x30, 24

// expertOf returns the number of an expert in the name of a tensor, 0 of others.
func expertOf(name string) int { return max(parseName(name).expert, 0) }

// roundNVFP4 rounds all matrices of a model in GGUF's form that may be NVFP4, with
// another scale for every group.
func roundNVFP4(p *pair) {
	for i := range p.tensors {
		h := &p.tensors[i]
		if !scalable.MatchString(h.name) {
			continue
		}
		n := len(h.x)
		if len(h.shape) == 3 {
			n /= h.shape[0]
		}
		for at := 0; at < len(h.x); at += 16 {
			scale := e4m3[nvfp4First+at/16%nvfp4Codes] * nvfp4Factor(at/n)
			for j, x := range h.x[at : at+16] {
				h.x[at+j] = e2m1[nearestE2M1(x/scale)] * scale
			}
		}
	}
}

// nearestE2M1 returns the code of the nearest 4-bit float.
func nearestE2M1(x float32) byte {
	best := byte(0)
	for code, v := range e2m1 {
		if code != 8 && math.Abs(float64(v-x)) < math.Abs(float64(e2m1[best]-x)) {
			best = byte(code)
		}
	}
	return best
}

// inNVFP4 returns a function that converts the matrices of layers, in the layout of
// compressed-tensors or of ModelOpt.
func inNVFP4(t *testing.T, compressed bool) func(tensors []hf) []hf {
	return func(tensors []hf) []hf {
		var out []hf
		for _, h := range tensors {
			if !inLayers(h) {
				out = append(out, h)
				continue
			}
			factor := nvfp4Factor(expertOf(h.name))
			raw, scales := make([]byte, len(h.x)/2), make([]byte, len(h.x)/16)
			for g := range scales {
				scales[g] = packGroup(t, raw[8*g:], h.x[16*g:], factor)
			}
			rows, cols := h.shape[0], h.shape[1]
			name, with, scaled := h.name, h.name+"_scale_2", factor
			if compressed {
				name, with, scaled = h.name+"_packed", h.name+"_global_scale", 1/factor
			}
			out = append(out, hf{name: name, dtype: "U8", shape: []int{rows, cols / 2}, raw: raw},
				hf{name: h.name + "_scale", dtype: "F8_E4M3", shape: []int{rows, cols / 16}, raw: scales},
				hf{name: with, shape: []int{1}, x: []float32{scaled}},
				hf{name: strings.TrimSuffix(h.name, "weight") + "input_scale", shape: []int{1}, x: []float32{7}})
		}
		return out
	}
}

// packGroup writes 16 elements as 8 bytes and returns their scale: the first with
// which all of them are exact.
func packGroup(t *testing.T, dst []byte, x []float32, factor float32) byte {
	for code := byte(nvfp4First); code < nvfp4First+nvfp4Codes; code++ {
		scale := e4m3[code] * factor
		clear(dst[:8])
		exact := true
		for j, v := range x[:16] {
			q := nearestE2M1(v / scale)
			exact = exact && e2m1[q]*scale == v
			dst[j/2] |= q << (4 * (j % 2))
		}
		if exact {
			return code
		}
	}
	t.Fatalf("no scale for %v", x[:16])
	return 0
}

// TestNVFP4 wants checkpoints of both layouts with the logits of the same numbers in
// GGUF, as floats and, with the same numbers to the bit, as NVFP4.
func TestNVFP4(t *testing.T) {
	for _, name := range []string{"llama", "mixtral", "qwen3", "phi3", "internlm2", "gptneox"} {
		i := slices.IndexFunc(pairModels, func(h *pairModel) bool { return h.name == name })
		for _, compressed := range []bool{false, true} {
			t.Run(fmt.Sprint(name, "/compressed=", compressed), func(t *testing.T) {
				h := *pairModels[i]
				p := h.pair(&pairOption{shapes: func(p *pair) { p.shapes.dim, p.shapes.hidden, p.shapes.headDim = 64, 64, 16 }})
				if p.kv["attention.key_length"] != nil {
					p.kv["attention.key_length"], p.kv["attention.value_length"], p.config["head_dim"] = uint32(16), uint32(16), 16
				}
				if name == "gptneox" {
					p.kv["rope.dimension_count"] = uint32(4) // a quarter of a head
				}
				roundNVFP4(p)
				want := p.gguf(t)
				tidy := p.tidy
				p.tidy = func(tensors []hf) []hf {
					if tidy != nil {
						tensors = tidy(tensors)
					}
					return inNVFP4(t, compressed)(tensors)
				}
				p.config["quantization_config"] = map[string]any{"quant_method": map[bool]string{true: "compressed-tensors", false: "modelopt"}[compressed]}
				folder := p.folder(t, want).write(t)
				logits := pairLogits(t, want)
				for _, typ := range []string{"f32", "auto"} {
					p.typ = typ
					got := p.convert(t, folder)
					if d := apart(logits, pairLogits(t, got)); d > 1e-5 && typ == "f32" || d > 0.5 { // products with NVFP4 round their inputs
						t.Errorf("%s: logits are %g apart", typ, d)
					}
					kept := 0
					for i := range got.Tensors {
						x := &got.Tensors[i]
						if x.Type == quant.NVFP4 {
							kept++
							(&undo{f: got}).wantScaled(t, x.Name, (&undo{f: want}).named(t, x.Name))
						}
					}
					if file, _, _ := got.Int("general.file_type"); typ == "auto" && (kept == 0 || file != fileNVFP4) || typ == "f32" && kept > 0 {
						t.Errorf("%s: %d matrices are NVFP4, file_type %d", typ, kept, file)
					}
				}
			})
		}
	}
}

// named returns the numbers of a tensor.
func (u *undo) named(t *testing.T, name string) []float32 {
	x, ok := u.f.Tensor(name)
	if !ok {
		t.Fatalf("no %s", name)
	}
	return u.floats(t, x)
}

// wantScaled wants a tensor times its factors to have these numbers.
func (u *undo) wantScaled(t *testing.T, name string, want []float32) {
	t.Helper()
	x, factors := u.named(t, name), u.named(t, strings.TrimSuffix(name, ".weight")+".scale")
	each := len(x) / len(factors)
	for i := range x {
		if x[i] *= factors[i/each]; x[i] != want[i] {
			t.Errorf("%s: element %d: got %g, want %g", name, i, x[i], want[i])
			return
		}
	}
}

// TestNVFP4Hostile wants errors for scales that do not fit their matrices.
func TestNVFP4Hostile(t *testing.T) {
	tensor := func(name string, dtype safetensors.DType, size int, shape ...int) *safetensors.Tensor {
		return &safetensors.Tensor{Name: name, DType: dtype, Shape: shape, Data: make([]byte, size*product(shape))}
	}
	weight := tensor("a.weight", safetensors.U8, 1, 4, 16)
	for name, c := range map[string]struct {
		more []*safetensors.Tensor
		want string
	}{
		"none":             {nil, `without "a.weight_scale"`},
		"rows":             {[]*safetensors.Tensor{tensor("a.weight_scale", safetensors.F8E4M3, 1, 3, 2)}, "shape [3 2]"},
		"columns":          {[]*safetensors.Tensor{tensor("a.weight_scale", safetensors.F8E4M3, 1, 4, 3)}, "shape [4 3]"},
		"one":              {[]*safetensors.Tensor{tensor("a.weight_scale", safetensors.F32, 4)}, "shape []"},
		"type":             {[]*safetensors.Tensor{tensor("a.weight_scale", safetensors.F32, 4, 4, 2)}, "of shape [4 2]"},
		"groups of 32":     {[]*safetensors.Tensor{tensor("a.weight_scale", safetensors.U8, 1, 4, 2)}, "of shape [4 2]"},
		"a factor of 0":    {[]*safetensors.Tensor{tensor("a.weight_scale", safetensors.F8E4M3, 1, 4, 2), tensor("a.weight_scale_2", safetensors.F32, 4, 1)}, "above 0"},
		"too many factors": {[]*safetensors.Tensor{tensor("a.weight_scale", safetensors.F8E4M3, 1, 4, 2), tensor("a.weight_scale_2", safetensors.F32, 4, 4)}, `"a.weight_scale_2"`},
		"factor of ints":   {[]*safetensors.Tensor{tensor("a.weight_scale", safetensors.F8E4M3, 1, 4, 2), tensor("a.weight_scale_2", safetensors.U8, 1, 1)}, `"a.weight_scale_2"`},
		"none at all":      {[]*safetensors.Tensor{tensor("a.weight_scale", safetensors.F8E4M3, 1, 4, 2)}, ""},
	} {
		b := &builder{c: &config{values: map[string]any{}}, model: map[string]*safetensors.Tensor{weight.Name: weight}}
		for _, x := range c.more {
			b.model[x.Name] = x
		}
		err := b.findScales()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}
