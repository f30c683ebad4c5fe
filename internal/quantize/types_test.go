package quantize_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/quantize"
)

// A shape has the numbers of a model that mixes depend on.
type shape struct {
	arch                              string
	layers, heads, kv, experts, width int
	tied, qkv                         bool
}

var shapes = map[string]shape{
	"grouped":                {"llama", 22, 32, 4, 0, 256, false, false},
	"80 layers":              {"llama", 80, 64, 8, 0, 256, false, false},
	"8 experts":              {"llama", 32, 32, 8, 8, 256, false, false},
	"falcon":                 {"falcon", 32, 71, 1, 0, 256, false, true},
	"tied":                   {"llama", 18, 8, 8, 0, 256, true, false},
	"rows of 288":            {"qwen2", 80, 64, 8, 0, 288, false, false},
	"4 experts":              {"llama", 16, 8, 8, 4, 256, false, false},
	"rows of 48":             {"llama", 3, 8, 2, 0, 48, false, false},
	"80 layers, not grouped": {"llama", 80, 8, 8, 0, 256, false, false},
}

// model returns a file of shape s, in memory, whose matrices have two rows.
func (s shape) model(t testing.TB) *gguf.File {
	t.Helper()
	n := func(key string, v int) gguf.KV { return gguf.KV{Key: s.arch + key, Value: uint32(v)} }
	kv := []gguf.KV{
		{Key: "general.architecture", Value: s.arch}, n(".block_count", s.layers),
		n(".attention.head_count", s.heads), n(".attention.head_count_kv", s.kv), n(".expert_count", s.experts),
	}
	var tensors []gguf.WriteTensor
	add := func(name string, shape ...uint64) { tensors = append(tensors, tensor(name, shape...)) }
	w, rows := uint64(s.width), uint64(2)
	add("token_embd.weight", w, rows)
	add("output_norm.weight", w)
	if !s.tied {
		add("output.weight", w, rows)
	}
	for i := s.layers - 1; i >= 0; i-- { // the order in the file does not matter
		blk := fmt.Sprintf("blk.%d.", i)
		matrices := []string{"attn_output", "attn_q", "attn_k", "attn_v", "ffn_up", "ffn_gate", "ffn_down"}
		if s.qkv {
			matrices = slices.Replace(matrices, 1, 4, "attn_qkv")
		}
		add(blk+"attn_norm.weight", w)
		add(blk+"ffn_norm.weight", w)
		if s.experts > 0 {
			add(blk+"ffn_gate_inp.weight", w, uint64(s.experts))
		}
		for _, m := range matrices {
			if s.experts > 0 && strings.HasPrefix(m, "ffn") {
				add(blk+m+"_exps.weight", w, rows, uint64(s.experts))
			} else {
				add(blk+m+".weight", w, rows)
			}
		}
	}
	return open(t, kv, tensors)
}

// tensor returns an F32 tensor of different values.
func tensor(name string, shape ...uint64) gguf.WriteTensor {
	n := 1
	for _, d := range shape {
		n *= int(d)
	}
	x := make([]float32, n)
	for i := range x {
		x[i] = float32((i*37+len(name))%101-50) / 50
	}
	return gguf.WriteTensor{Name: name, Shape: shape, Data: func(w io.Writer) error {
		_, err := w.Write(littleEndian(x))
		return err
	}}
}

// open returns the file with these keys and tensors.
func open(t testing.TB, kv []gguf.KV, tensors []gguf.WriteTensor) *gguf.File {
	t.Helper()
	var b bytes.Buffer
	if err := gguf.Write(&b, kv, tensors); err != nil {
		t.Fatal(err)
	}
	return reopen(t, b.Bytes())
}

// reopen returns the file in b.
func reopen(t testing.TB, b []byte) *gguf.File {
	t.Helper()
	f, err := gguf.OpenReaderAt(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestTypesAsLlamaQuantize: types are llama-quantize's for all shapes and mixes, as
// are errors.
func TestTypesAsLlamaQuantize(t *testing.T) {
	b, err := os.ReadFile("testdata/types.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct{ Types map[string]map[string]string }
	if err := json.Unmarshal(b, &golden); err != nil {
		t.Fatal(err)
	}
	for name, s := range shapes {
		f := s.model(t)
		for _, mix := range quantize.Mixes() {
			t.Run(name+"/"+mix, func(t *testing.T) {
				want, ok := golden.Types[name][mix]
				o := quantize.Options{Mix: mix}
				if mix == "Q2_K_S" {
					if !ok {
						t.Skip("llama-quantize had no importance matrix of this shape")
					}
					o.Imatrix = imatrixOf(t, f)
				}
				p, err := quantize.New(f, o)
				if !ok || err != nil {
					if ok || err == nil {
						t.Errorf("error %v, but testdata/types.json has types: %v", err, ok)
					}
					return
				}
				if got, lines := hashOf(p); got != want {
					t.Errorf("hash %s, want %s of\n%s", got, want, lines)
				}
			})
		}
	}
}
