package convert

import (
	"fmt"
	"math"
)

// sharded marks a folder whose tensors are in two files with an index.
type sharded struct{}

// shards returns the files.
func (sharded) shards(tensors []hf) folder {
	out, index := folder{"model.safetensors": nil}, map[string]string{}
	parts := [2][]hf{}
	for i, h := range tensors {
		parts[i%2] = append(parts[i%2], h)
		index[h.name] = fmt.Sprintf("model-0000%d-of-00002.safetensors", i%2+1)
	}
	for i, part := range parts {
		out[fmt.Sprintf("model-0000%d-of-00002.safetensors", i+1)] = part
	}
	out["model.safetensors.index.json"] = map[string]any{"weight_map": index}
	return out
}

// smallerTokenizer returns a tokenizer.json with one token less.
func smallerTokenizer(arch string) map[string]any {
	j := tokenizerFor(arch)
	if added, ok := j["added_tokens"].([]map[string]any); ok && arch != "glm4" {
		added[0]["id"] = pairVocab - 2
		delete(j["model"].(map[string]any)["vocab"].(map[string]int), "ĀāĂ")
		j["model"].(map[string]any)["merges"] = []string{"Ā ā"}
	} else if arch == "glm4" {
		j["added_tokens"] = []map[string]any{{"id": 256, "content": "<|user|>", "special": true}, {"id": 257, "content": "<|endoftext|>", "special": true}}
		delete(j["model"].(map[string]any)["vocab"].(map[string]int), "ĀāĂ")
		delete(j["model"].(map[string]any)["vocab"].(map[string]int), "Āā")
	}
	return j
}

// pairScale is the factor of weights in 8 bits.
const pairScale = 0.25

// nearestE4M3 rounds to the nearest number with three fraction bits.
func nearestE4M3(x float32) float32 {
	fraction, exponent := math.Frexp(float64(x))
	step := math.Ldexp(1, max(exponent, -5)-4)
	return float32(math.Round(math.Ldexp(fraction, exponent)/step) * step)
}

// inFP8 converts matrices to 8 bits and scales.
func inFP8(tensors []hf) []hf {
	for i, h := range tensors {
		if !inLayers(h) {
			continue
		}
		raw := make([]byte, len(h.x))
		for j, x := range h.x {
			raw[j] = codeE4M3(x / pairScale)
		}
		tensors[i] = hf{name: h.name, dtype: "F8_E4M3", shape: h.shape, raw: raw}
		tensors = append(tensors, hf{name: h.name + "_scale_inv", shape: []int{1, 1}, x: []float32{pairScale}})
	}
	return tensors
}

// codeE4M3 returns the code of a number that E4M3 can represent.
func codeE4M3(x float32) byte {
	sign := byte(0)
	if math.Signbit(float64(x)) {
		sign, x = 0x80, -x
	}
	for code := range byte(0x7f) {
		exponent, mantissa := int(code>>3), float64(code&7)
		v := math.Ldexp(8+mantissa, exponent-10)
		if exponent == 0 {
			v = math.Ldexp(mantissa, -9)
		}
		if v == float64(x) {
			return sign | code
		}
	}
	panic(fmt.Sprint("no E4M3: ", x))
}
