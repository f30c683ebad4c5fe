package convert

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/querent-ai/chord/quant"
)

// An hf is a tensor of a Hugging Face model, slowest dimension first.
type hf struct {
	name  string
	dtype string // "" is F32
	shape []int
	x     []float32
	raw   []byte // instead of x
}

// bytes returns the bytes of x.
func (h *hf) bytes() []byte {
	if h.raw != nil {
		return h.raw
	}
	b := make([]byte, 0, 8*len(h.x))
	for _, v := range h.x {
		switch h.dtype {
		case "BF16":
			b = binary.LittleEndian.AppendUint16(b, quant.F32ToBF16(v))
		case "F16":
			b = binary.LittleEndian.AppendUint16(b, quant.F32ToF16(v))
		case "F64":
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(float64(v)))
		default:
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
	}
	return b
}

// safetensorsFile returns a file of these tensors.
func safetensorsFile(tensors []hf) []byte {
	header := map[string]any{"__metadata__": map[string]string{"format": "pt"}}
	data, size := make([][]byte, len(tensors)), 0
	for i, t := range tensors {
		data[i] = t.bytes()
		size += len(data[i])
	}
	all := make([]byte, 0, size)
	for i, t := range tensors {
		b := data[i]
		dtype := t.dtype
		if dtype == "" {
			dtype = "F32"
		}
		shape := t.shape
		if shape == nil {
			shape = []int{}
		}
		header[t.name] = map[string]any{"dtype": dtype, "shape": shape, "data_offsets": []int{len(all), len(all) + len(b)}}
		all = append(all, b...)
	}
	text, err := json.Marshal(header)
	if err != nil {
		panic(err)
	}
	out := append(binary.LittleEndian.AppendUint64(make([]byte, 0, 8+len(text)+size), uint64(len(text))), text...)
	return append(out, all...)
}

// A folder has the files of a model: text, bytes, tensors, or a value for JSON.
type folder map[string]any

// write writes the files and returns the folder.
func (f folder) write(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tiny-model")
	for name, v := range f {
		var b []byte
		switch v := v.(type) {
		case []byte:
			b = v
		case string:
			b = []byte(v)
		case []hf:
			b = safetensorsFile(v)
		default:
			var err error
			if b, err = json.Marshal(v); err != nil {
				t.Fatal(err)
			}
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// byteTokenizer is a tokenizer.json of byte-level BPE with 256 bytes, two merges
// and <|end|>: 259 tokens.
func byteTokenizer(pre any) map[string]any {
	vocab := map[string]int{}
	for i := range 256 {
		vocab[string(rune(0x100+i))] = i // not the characters that GPT-2 uses for bytes, but as many
	}
	vocab["ĀāĂ"], vocab["Āā"] = 257, 256
	return map[string]any{
		"added_tokens":  []map[string]any{{"id": 258, "content": "<|end|>", "special": true}},
		"pre_tokenizer": pre,
		"model":         map[string]any{"type": "BPE", "vocab": vocab, "merges": []string{"Ā ā", "Āā Ă"}},
	}
}

// byteLevel is the pre-tokenizer of GPT-2.
var byteLevel = map[string]any{"type": "ByteLevel", "add_prefix_space": false, "use_regex": true}

// random returns n numbers.
func random(seed uint64, n int) []float32 {
	r := rand.New(rand.NewPCG(1, seed))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// product returns the number of elements of a shape.
func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
