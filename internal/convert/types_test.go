package convert

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/quant"
)

// smallLlama returns a llama of one layer and width 32 in a dtype.
func smallLlama(dtype string) folder {
	tensors, _ := tensorsOf(strings.NewReplacer("16x8", "40x32", "8x16", "32x40", "8x8", "32x32", "4x8", "16x32", "259x8", "259x32", "weight 8\n", "weight 32\n").
		Replace(attention + dense + ends + normsIn))
	for i := range tensors {
		tensors[i].dtype = dtype
	}
	config := with(llamaConfig(259), map[string]any{"hidden_size": 32, "intermediate_size": 40, "num_key_value_heads": 1})
	return folder{"config.json": config, "model.safetensors": tensors, "tokenizer.json": byteTokenizer(byteLevel)}
}

// TestTypes wants the types of llama.cpp's converter: norms in float32, rows that are
// not whole blocks of Q8_0 in float16, 16-bit floats unchanged.
func TestTypes(t *testing.T) {
	for _, c := range []struct {
		dtype, option string
		want          quant.Type
		odd           quant.Type // of ffn_down, whose rows are 40
		file          int64
	}{
		{"F32", "f32", quant.F32, quant.F32, 0},
		{"F32", "f16", quant.F16, quant.F16, 1},
		{"F32", "bf16", quant.BF16, quant.BF16, 32},
		{"F32", "q8_0", quant.Q8_0, quant.F16, 7},
		{"F64", "f32", quant.F32, quant.F32, 0},
		{"F32", "", quant.F16, quant.F16, 1},
		{"F16", "auto", quant.F16, quant.F16, 1},
		{"BF16", "auto", quant.BF16, quant.BF16, 32},
		{"BF16", "q8_0", quant.Q8_0, quant.F16, 7},
	} {
		t.Run(c.dtype+" "+c.option, func(t *testing.T) {
			model := smallLlama(c.dtype)
			got := converted(t, model.write(t), Options{Type: c.option, Pre: "gpt-2"})
			for name, want := range map[string]quant.Type{"token_embd": c.want, "blk.0.attn_v": c.want, "blk.0.ffn_down": c.odd, "output_norm": quant.F32, "blk.0.attn_norm": quant.F32} {
				x, ok := got.Tensor(name + ".weight")
				if !ok || x.Type != want {
					t.Errorf("%s: %s, want %s", name, x.Type, want)
				}
			}
			if n, _, _ := got.Int("general.file_type"); n != c.file {
				t.Errorf("file type %d, want %d", n, c.file)
			}
			wantRounded(t, got, model["model.safetensors"].([]hf))
		})
	}
	if _, err := Open(smallLlama("F32").write(t), Options{Type: "q4_0", Pre: "gpt-2"}); err == nil || !strings.Contains(err.Error(), "known are auto") {
		t.Errorf("unknown type: %v", err)
	}
}

// wantRounded wants the bytes of attn_v to be those of the source, rounded once to
// its dtype and once to the type.
func wantRounded(t *testing.T, got *gguf.File, tensors []hf) {
	t.Helper()
	x, _ := got.Tensor("blk.0.attn_v.weight")
	i := slices.IndexFunc(tensors, func(h hf) bool { return strings.Contains(h.name, "v_proj") })
	row, dtype := slices.Clone(tensors[i].x), tensors[i].dtype
	for i, v := range row {
		switch dtype {
		case "BF16":
			row[i] = quant.BF16ToF32(quant.F32ToBF16(v))
		case "F16":
			row[i] = quant.F16ToF32(quant.F32ToF16(v))
		}
	}
	want := make([]byte, len(row)/x.Type.BlockElems()*x.Type.BlockBytes())
	quant.Quantize(want, x.Type, row)
	if b, err := got.Data(x); err != nil || !bytes.Equal(b, want) {
		t.Errorf("attn_v: other bytes than the source rounded to %s, %v", x.Type, err)
	}
}

// TestMXFP4 packs experts as in gpt-oss's files and wants ggml's blocks.
func TestMXFP4(t *testing.T) {
	const experts, dim, hidden = 2, 64, 32
	tensors, _ := tensorsOf(strings.NewReplacer("8x8", "64x64", "4x8", "32x64", "259x8", "259x64", "weight 8\n", "weight 64\n").
		Replace(attention+ends+normsIn) + "model.layers.0.mlp.router.weight 2x64\nmodel.layers.0.self_attn.sinks 2\n")
	pack := func(name string, seed uint64, rows, cols int) (want [][]byte) {
		x := random(seed, experts*rows*cols)
		q := make([]byte, len(x)/32*17)
		quant.Quantize(q, quant.MXFP4, x)
		var blocks, scales []byte
		for ; len(q) > 0; q = q[17:] {
			want = append(want, q[:17:17])
			scales = append(scales, q[0])
			for j := 0; j < 32; j += 2 { // element j in the low half, its neighbour in the high one
				at := func(i int) byte { return q[1+i%16] >> (4 * (i / 16)) & 15 }
				blocks = append(blocks, at(j)|at(j+1)<<4)
			}
		}
		name = "model.layers.0.mlp.experts." + name
		tensors = append(tensors, hf{name: name + "_blocks", dtype: "U8", shape: []int{experts, rows, cols / 32, 16}, raw: blocks},
			hf{name: name + "_scales", dtype: "U8", shape: []int{experts, rows, cols / 32}, raw: scales})
		return want
	}
	gateUp, down := pack("gate_up_proj", 1, 2*hidden, dim), pack("down_proj", 2, dim, hidden)
	config := with(llamaConfig(259), map[string]any{"architectures": []string{"GptOssForCausalLM"}, "num_key_value_heads": 1, "num_local_experts": experts,
		"num_experts_per_tok": 1, "sliding_window": 8, "head_dim": 32, "hidden_size": dim, "intermediate_size": hidden,
		"max_position_embeddings": 64, "rms_norm_eps": 1e-5, "quantization_config": map[string]any{"quant_method": "mxfp4"}})
	got := converted(t, folder{"config.json": config, "model.safetensors": tensors, "tokenizer.json": byteTokenizer(byteLevel)}.write(t), Options{})
	const perRow = dim / 32
	for name, of := range map[string]func(row int) []byte{
		"ffn_gate_exps": func(r int) []byte { return bytes.Join(gateUp[2*r*perRow:(2*r+1)*perRow], nil) },
		"ffn_up_exps":   func(r int) []byte { return bytes.Join(gateUp[(2*r+1)*perRow:(2*r+2)*perRow], nil) },
		"ffn_down_exps": func(r int) []byte { return down[r] },
	} {
		x, ok := got.Tensor("blk.0." + name + ".weight")
		if !ok || x.Type != quant.MXFP4 {
			t.Fatalf("%s: %v", name, x)
		}
		b, err := got.Data(x)
		if err != nil {
			t.Fatal(err)
		}
		n := int(x.Shape[0]) / 32 * 17
		for r := range len(b) / n {
			if !bytes.Equal(b[r*n:(r+1)*n], of(r)) {
				t.Errorf("%s: row %d has other blocks", name, r)
			}
		}
	}
	if n, _, _ := got.Int("general.file_type"); n != fileMXFP4 {
		t.Errorf("file type %d", n)
	}
}

// TestWriteStops wants a conversion to end with its context, and with an error of the
// writer.
func TestWriteStops(t *testing.T) {
	m, err := Open(smallLlama("F32").write(t), Options{Pre: "gpt-2"})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(enough)
	if err := m.Write(ctx, io.Discard, nil); !errors.Is(err, enough) {
		t.Errorf("cancelled: %v", err)
	}
	if err := m.Write(t.Context(), failing{enough}, nil); !errors.Is(err, enough) {
		t.Errorf("a full disk: %v", err)
	}
	if err := errors.Join(m.Close(), m.Close()); err != nil {
		t.Error(err)
	}
}

// failing is a writer that fails.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
