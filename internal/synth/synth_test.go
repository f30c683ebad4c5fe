package synth

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/quant"
)

// write returns a file of the shape called name.
func write(t *testing.T, name string, o Options) []byte {
	t.Helper()
	s, err := ShapeOf(name)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := Write(t.Context(), &b, s, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// open opens a file in memory.
func open(t *testing.T, data []byte) *gguf.File {
	t.Helper()
	f, err := gguf.OpenReaderAt(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestTypes checks the weights of every type: for each length of rows they have
// mean 0 and standard deviation 1/sqrt(cols), and all are finite.
func TestTypes(t *testing.T) {
	for _, typ := range Types() {
		t.Run(typ, func(t *testing.T) {
			f := open(t, write(t, "tiny", Options{Type: typ, Seed: 1}))
			for i := range f.Tensors {
				x := &f.Tensors[i]
				if len(x.Shape) < 2 {
					continue
				}
				data, err := f.Data(x)
				if err != nil {
					t.Fatal(err)
				}
				values := make([]float32, x.Elems())
				quant.Dequantize(values, x.Type, data)
				sum, sum2 := 0.0, 0.0
				for _, v := range values {
					sum += float64(v)
					sum2 += float64(v) * float64(v)
				}
				n := float64(len(values))
				std, want := math.Sqrt(sum2/n), 1/math.Sqrt(float64(x.Shape[0]))
				tolerance := 0.05 // scales vary by a quarter, and f16 rounds
				switch x.Type {
				case quant.MXFP4:
					tolerance = 0.45 // its scales are powers of two
				case quant.NVFP4:
					tolerance = 0.08 // and its have three more bits
				}
				if !(math.Abs(std/want-1) < tolerance) {
					t.Errorf("%s %s: standard deviation %g, want %g", x.Name, x.Type, std, want)
				}
				if !(math.Abs(sum/n) < 0.06*want) {
					t.Errorf("%s %s: mean %g, standard deviation %g", x.Name, x.Type, sum/n, std)
				}
			}
		})
	}
}

// TestTidy looks for codes that the types' quantisers never write.
func TestTidy(t *testing.T) {
	f := open(t, write(t, "tiny", Options{Type: "Q8_0"}))
	x, _ := f.Tensor("output.weight")
	data, err := f.Data(x)
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range data {
		if i%34 >= 2 && b == 0x80 {
			t.Fatalf("Q8_0: -128 at byte %d", i)
		}
	}
	f = open(t, write(t, "tiny", Options{Type: "TQ2_0"}))
	x, _ = f.Tensor("output.weight")
	if data, err = f.Data(x); err != nil {
		t.Fatal(err)
	}
	for i, b := range data {
		if i%66 < 64 && b&(b>>1)&0x55 != 0 {
			t.Fatalf("TQ2_0: code 3 at byte %d", i)
		}
	}
}

// TestSame wants the same file from the same seed, and another from another.
func TestSame(t *testing.T) {
	a := write(t, "tiny", Options{Type: "Q4_0", Seed: 7})
	if !bytes.Equal(a, write(t, "tiny", Options{Type: "Q4_0", Seed: 7})) {
		t.Error("the same seed gives two files")
	}
	if bytes.Equal(a, write(t, "tiny", Options{Type: "Q4_0", Seed: 8})) {
		t.Error("two seeds give the same file")
	}
}

// TestShapes compares the files' directories with those of the real models:
// parameters, tensors, and the bytes of their usual quantisations.
func TestShapes(t *testing.T) {
	for _, c := range []struct {
		shape, typ, output string
		tensors            int
		elems              int64
		types              map[quant.Type]int
	}{
		{"tinyllama-1.1b", "Q4_0", "Q6_K", 201, 1_100_048_384,
			map[quant.Type]int{quant.F32: 45, quant.Q4_0: 155, quant.Q6_K: 1}},
		{"tinyllama-1.1b", "Q4_K_M", "", 201, 1_100_048_384,
			map[quant.Type]int{quant.F32: 45, quant.Q4_K: 135, quant.Q6_K: 21}},
		{"llama-3.2-1b", "Q4_K_M", "", 147, 1_235_814_432,
			map[quant.Type]int{quant.F32: 34, quant.Q4_K: 96, quant.Q6_K: 17}},
		{"llama-3-8b", "Q8_0", "", 291, 8_030_261_248,
			map[quant.Type]int{quant.F32: 65, quant.Q8_0: 226}},
		{"llama-3-8b", "Q4_K_M", "", 291, 8_030_261_248,
			map[quant.Type]int{quant.F32: 65, quant.Q4_K: 193, quant.Q6_K: 33}},
		{"qwen3-8b", "Q4_K_M", "", 399, 8_190_735_360,
			map[quant.Type]int{quant.F32: 145, quant.Q4_K: 217, quant.Q6_K: 37}},
		{"qwen3.5-2b", "Q4_0", "", 320, 1_881_825_088, map[quant.Type]int{quant.Q4_0: 187}},
		{"qwen3.5-2b", "Q4_K_M", "", 320, 1_881_825_088, nil},
		{"gemma-3-4b", "Q4_K_M", "", 444, 3_880_099_328, map[quant.Type]int{quant.Q6_K: 35, quant.Q4_K: 204}},
		{"lfm2-1.2b", "Q4_K_M", "", 148, 1_170_340_608, map[quant.Type]int{quant.F32: 55}},
		{"granite-4.0-h-1b", "Q4_K_M", "", 506, 1_461_538_368, nil},
		{"granite-h-1b-a400m", "Q4_K_M", "", 402, 1_538_546_240, nil},
		{"glm-4.7-flash-4l", "Q4_K_M", "", 70, 2_625_002_688, map[quant.Type]int{quant.Q5_0: 4}}, // attn_k_b has rows of 192
		{"gpt-oss-20b-4l", "MXFP4_MOE", "", 79, 4_451_017_664, map[quant.Type]int{quant.MXFP4: 12, quant.Q8_0: 18}},
		{"gpt-oss-20b-4l", "Q4_K_M", "", 79, 4_451_017_664, map[quant.Type]int{quant.Q4_K: 4}}, // attn_output
		{"bge-small", "Q4_0", "", 197, 33_212_160, nil},
		{"bge-small", "Q4_K_M", "", 197, 33_212_160, map[quant.Type]int{quant.Q8_0: 7}}, // the embedding, attn_v of the layers with more bits
	} {
		t.Run(c.shape+"/"+c.typ, func(t *testing.T) {
			s, err := ShapeOf(c.shape)
			if err != nil {
				t.Fatal(err)
			}
			r, err := parseRecipe(Options{Type: c.typ, OutputType: c.output})
			if err != nil {
				t.Fatal(err)
			}
			elems, types := int64(0), map[quant.Type]int{}
			list, err := r.types(s, s.tensors())
			if err != nil {
				t.Fatal(err)
			}
			f, err := directoryOf(s, s.tensors(), list)
			if err != nil {
				t.Fatal(err)
			}
			if err := llama.Check(f); err != nil {
				t.Error(err)
			}
			for i, x := range s.tensors() {
				elems += int64(x.all()) * int64(x.cols)
				typ := list[i]
				types[typ]++
				if _, err := typ.RowBytes(x.cols); err != nil {
					t.Errorf("%s: %v", x.name, err)
				}
			}
			if n := len(s.tensors()); n != c.tensors || elems != c.elems {
				t.Errorf("got %d tensors, %d elements, want %d, %d", n, elems, c.tensors, c.elems)
			}
			for typ, want := range c.types {
				if types[typ] != want {
					t.Errorf("%s: got %d tensors, want %d", typ, types[typ], want)
				}
			}
		})
	}
}

// TestVocab wants n distinct pieces that a tokenizer accepts.
func TestVocab(t *testing.T) {
	tokens, scores, types := vocab(32000)
	seen := map[string]bool{}
	for _, p := range tokens {
		if seen[p] {
			t.Fatalf("piece %q comes twice", p)
		}
		seen[p] = true
	}
	if len(tokens) != 32000 || len(scores) != 32000 || len(types) != 32000 {
		t.Fatalf("got %d tokens, %d scores, %d types", len(tokens), len(scores), len(types))
	}
	var b bytes.Buffer
	if err := gguf.Write(&b, []gguf.KV{
		{Key: "tokenizer.ggml.model", Value: "llama"},
		{Key: "tokenizer.ggml.tokens", Value: tokens},
		{Key: "tokenizer.ggml.scores", Value: scores},
		{Key: "tokenizer.ggml.token_type", Value: types},
	}, nil); err != nil {
		t.Fatal(err)
	}
	tok, err := bpe.FromGGUF(open(t, b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	const text = "once upon a TIME\n"
	if got := tok.Decode(tok.Encode(nil, text, bpe.EncodeOptions{NoBOS: true}), bpe.DecodeOptions{}); got != text {
		t.Errorf("there and back: got %q, want %q", got, text)
	}
}

// TestRopeFactors compares with the factors in files of Llama 3.2, whose heads
// have 64 dimensions.
func TestRopeFactors(t *testing.T) {
	f := ropeFactors(32)
	if f[0] != 1 || f[31] != 32 {
		t.Errorf("got %g … %g, want 1 … 32", f[0], f[31])
	}
	for i := range 31 {
		if f[i] > f[i+1] {
			t.Errorf("factor %d is %g, the next %g", i, f[i], f[i+1])
		}
	}
}

func TestErrors(t *testing.T) {
	tiny, err := ShapeOf("tiny")
	if err != nil {
		t.Fatal(err)
	}
	odd := tiny
	odd.HiddenDim = 320
	for _, c := range []struct {
		name  string
		shape Shape
		o     Options
		want  string
	}{
		{"no type", tiny, Options{}, `type ""`},
		{"unknown type", tiny, Options{Type: "Q9_9"}, `type "Q9_9"`},
		{"a type for activations", tiny, Options{Type: "Q8_K"}, `type "Q8_K"`},
		{"unknown output type", tiny, Options{Type: "Q4_0", OutputType: "x"}, `type "x"`},
		{"rows of no whole blocks", odd, Options{Type: "Q4_K"}, `tensor "blk.0.ffn_down.weight"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Write(t.Context(), io.Discard, c.shape, c.o)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
	if _, err := ShapeOf("huge"); err == nil || !strings.Contains(err.Error(), "tinyllama-1.1b") {
		t.Errorf("got %v, want an error that lists the shapes", err)
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("enough")
	cancel(cause)
	tiny, err := ShapeOf("tiny")
	if err != nil {
		t.Fatal(err)
	}
	if err := Write(ctx, io.Discard, tiny, Options{Type: "Q4_0"}); !errors.Is(err, cause) {
		t.Errorf("got %v, want the context's cause", err)
	}
}

func BenchmarkWrite(b *testing.B) {
	s, err := ShapeOf("tinyllama-1.1b")
	if err != nil {
		b.Fatal(err)
	}
	s.Layers = 2
	for _, typ := range []string{"F32", "F16", "Q4_0", "Q8_0", "Q4_K_M", "TQ2_0"} {
		b.Run("type="+typ, func(b *testing.B) {
			n := int64(0)
			b.ReportAllocs()
			for b.Loop() {
				var c counter
				if err := Write(b.Context(), &c, s, Options{Type: typ}); err != nil {
					b.Fatal(err)
				}
				n = int64(c)
			}
			b.SetBytes(n)
		})
	}
}

// A counter counts the bytes written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
