package quantize_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/par"
	"github.com/querent-ai/chord/internal/quantize"
	"github.com/querent-ai/chord/quant"
)

// littleEndian returns the bytes of x in a file.
func littleEndian(x []float32) []byte {
	var b []byte
	for _, v := range x {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// written returns the quantised f.
func written(t testing.TB, f *gguf.File, o quantize.Options, threads int) []byte {
	t.Helper()
	p, err := quantize.New(f, o)
	if err != nil {
		t.Fatal(err)
	}
	pool := par.New(threads)
	defer pool.Close()
	var b bytes.Buffer
	if err := p.Write(context.Background(), &b, pool, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// imatrixOf returns an importance matrix for all matrices of f, written to a file in
// the older form and read.
func imatrixOf(t testing.TB, f *gguf.File) *quantize.Imatrix {
	t.Helper()
	name := filepath.Join(t.TempDir(), "imatrix.dat")
	if err := os.WriteFile(name, datFile(f), 0o644); err != nil {
		t.Fatal(err)
	}
	m, err := quantize.ReadImatrix(name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// datFile is an importance matrix for f in the older form.
func datFile(f *gguf.File) []byte {
	le := binary.LittleEndian
	var b []byte
	n := uint32(0)
	for i := range f.Tensors {
		x := &f.Tensors[i]
		if len(x.Shape) < 2 {
			continue
		}
		n++
		b = append(le.AppendUint32(b, uint32(len(x.Name))), x.Name...)
		b = le.AppendUint32(b, 2) // calls
		w := make([]float32, int(x.Shape[0])*int(x.Elems()/int64(x.Shape[0]*x.Shape[1])))
		for j := range w {
			w[j] = float32(2 * (1 + j%5*j%5*j%5))
		}
		b = append(le.AppendUint32(b, uint32(len(w))), littleEndian(w)...)
	}
	b = append(le.AppendUint32(nil, n), b...)
	b = le.AppendUint32(b, 7) // chunks
	return append(le.AppendUint32(b, 3), "set"...)
}

// TestWrite: tensors are quant's bytes for any number of threads, the keys are
// llama.cpp's, and nothing else changes.
func TestWrite(t *testing.T) {
	f := shapes["4 experts"].model(t)
	for _, mix := range []string{"Q4_K_M", "Q4_0", "F16"} {
		t.Run(mix, func(t *testing.T) {
			b := written(t, f, quantize.Options{Mix: mix}, 1)
			if again := written(t, f, quantize.Options{Mix: mix}, 3); !bytes.Equal(b, again) {
				t.Error("three threads write different bytes")
			}
			q := reopen(t, b)
			if v, _, err := q.Int("general.quantization_version"); v != 2 || err != nil {
				t.Errorf("general.quantization_version %d, %v", v, err)
			}
			for i := range q.Tensors {
				x := &q.Tensors[i]
				was, ok := f.Tensor(x.Name)
				if !ok || f.Tensors[i].Name != x.Name {
					t.Fatalf("tensor %q was moved or added", x.Name)
				}
				got, want := data(t, q, x), data(t, f, was)
				if x.Type != quant.F32 {
					values := make([]float32, x.Elems())
					quant.Dequantize(values, quant.F32, want)
					want = make([]byte, len(got))
					quant.Quantize(want, x.Type, values)
				}
				if !bytes.Equal(got, want) {
					t.Errorf("tensor %q: wrong bytes", x.Name)
				}
			}
		})
	}
}

func data(t testing.TB, f *gguf.File, x *gguf.Tensor) []byte {
	t.Helper()
	b, err := f.Data(x)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestImatrix: each expert has its own weights, and the keys describe them.
func TestImatrix(t *testing.T) {
	f := shapes["4 experts"].model(t)
	m := imatrixOf(t, f)
	w, ok := m.Weights("blk.0.ffn_up_exps.weight")
	if !ok || len(w) != 4*256 || w[1] != 2 {
		t.Fatalf("%d weights, %v", len(w), ok)
	}
	q := reopen(t, written(t, f, quantize.Options{Mix: "Q4_K_S", Imatrix: m}, 2))
	if n, _, err := q.Int("quantize.imatrix.entries_count"); n != int64(m.Len()) || err != nil {
		t.Errorf("entries_count %d, %v, want %d", n, err, m.Len())
	}
	if s, _, err := q.Str("quantize.imatrix.dataset"); s != "set" || err != nil {
		t.Errorf("dataset %q, %v", s, err)
	}
	was, _ := f.Tensor("blk.3.ffn_up_exps.weight")
	x := make([]float32, was.Elems())
	quant.Dequantize(x, quant.F32, data(t, f, was))
	is, _ := q.Tensor(was.Name)
	want := make([]byte, is.Size)
	for row := range 8 { // two of each expert
		quant.QuantizeWeighted(want[row*144:(row+1)*144], quant.Q4_K, x[row*256:(row+1)*256], w[row/2*256:][:256])
	}
	if is.Type != quant.Q4_K || !bytes.Equal(data(t, q, is), want) {
		t.Errorf("type %v, or wrong bytes", is.Type)
	}
	m.Select([]string{"ffn", "attn_q"}, []string{"ffn_up"})
	for name, want := range map[string]bool{"blk.0.ffn_up_exps.weight": false, "blk.0.ffn_down_exps.weight": true, "blk.0.attn_v.weight": false} {
		if _, got := m.Weights(name); got != want {
			t.Errorf("Select: %s: %v, want %v", name, got, want)
		}
	}
}

// TestImatrixFiles reads both forms and truncations of them, which are errors.
func TestImatrixFiles(t *testing.T) {
	f := shape{"llama", 1, 2, 2, 2, 32, true, false}.model(t)
	sums := tensor("blk.0.attn_q.weight.in_sum2", 32, 1)
	sums.Data = fixed(32, 3)
	counts := tensor("blk.0.attn_q.weight.counts", 1, 1)
	counts.Data = fixed(1, 3)
	var b bytes.Buffer
	kv := []gguf.KV{{Key: "general.type", Value: "imatrix"}, {Key: "imatrix.datasets", Value: []string{"a"}}, {Key: "imatrix.chunk_count", Value: uint32(1)}}
	if err := gguf.Write(&b, kv, []gguf.WriteTensor{sums, counts}); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "imatrix")
	for _, whole := range [][]byte{b.Bytes(), datFile(f)} {
		for n := range len(whole) + 1 {
			if n < len(whole) && n%7 != 0 {
				continue
			}
			if err := os.WriteFile(name, whole[:n], 0o644); err != nil {
				t.Fatal(err)
			}
			m, err := quantize.ReadImatrix(name)
			if n == len(whole) {
				if w, ok := m.Weights("blk.0.attn_q.weight"); err != nil || !ok || len(w) != 32 || w[0] != 1 {
					t.Errorf("%v, %v", w, err)
				}
			} else if err == nil && n < len(whole)-32 { // except for padding, chunks and data set
				t.Errorf("%d of %d bytes: no error", n, len(whole))
			}
		}
	}
	for what, b := range map[string][]byte{"negative": {1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}, "empty": {0, 0, 0, 0}, "huge": {1, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f}} {
		if err := os.WriteFile(name, b, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := quantize.ReadImatrix(name); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
}

// TestRefused: errors say which tensor and why.
func TestRefused(t *testing.T) {
	f := shape{"llama", 1, 2, 2, 0, 256, true, false}.model(t)
	q := reopen(t, written(t, f, quantize.Options{Mix: "Q8_0"}, 1))
	wrong := shape{"llama", 1, 2, 2, 0, 512, true, false}.model(t)
	q8k := quantize.TensorType{Pattern: regexp.MustCompile("attn_q"), Type: quant.IQ1_S}
	for _, c := range []struct {
		what string
		f    *gguf.File
		o    quantize.Options
		want string
	}{
		{"name", f, quantize.Options{Mix: "Q4_X"}, `unknown type "Q4_X"`},
		{"output", f, quantize.Options{Mix: "Q4_0", OutputType: "Q9"}, `unknown type "Q9"`},
		{"embedding", f, quantize.Options{Mix: "Q4_0", EmbdType: "Q9"}, `unknown type "Q9"`},
		{"requantise", q, quantize.Options{Mix: "Q4_0"}, "already quantised, as Q8_0"},
		{"no writer", f, quantize.Options{Mix: "Q4_0", TensorTypes: []quantize.TensorType{q8k}}, "cannot write type IQ1_S"},
		{"imatrix needed", f, quantize.Options{Mix: "Q2_K_S"}, "needs an importance matrix"},
		{"imatrix of another model", f, quantize.Options{Mix: "Q4_0", Imatrix: imatrixOf(t, wrong)}, "has 512 values, want 256"},
	} {
		t.Run(c.what, func(t *testing.T) {
			if _, err := quantize.New(c.f, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	if _, err := quantize.New(q, quantize.Options{Mix: "Q4_0", Requantize: true}); err != nil {
		t.Error(err)
	}
}

// TestNotFinite: the error says where the NaN is.
func TestNotFinite(t *testing.T) {
	bad := tensor("blk.0.attn_q.weight", 256, 4)
	x := make([]float32, 1024)
	x[2*256+17] = float32(math.NaN())
	bad.Data = floatData(x)
	f := open(t, []gguf.KV{{Key: "general.architecture", Value: "llama"}}, []gguf.WriteTensor{bad})
	p, err := quantize.New(f, quantize.Options{Mix: "Q4_K_S"})
	if err != nil {
		t.Fatal(err)
	}
	err = p.Write(context.Background(), &bytes.Buffer{}, nil, nil)
	if err == nil || !strings.Contains(err.Error(), "blk.0.attn_q.weight") || !strings.Contains(err.Error(), "element 17 of row 2") {
		t.Errorf("got %v", err)
	}
}

// TestWriteErrors: Write returns the cause of an ended context, and an error of the
// writer at any byte.
func TestWriteErrors(t *testing.T) {
	f := shape{"llama", 1, 2, 2, 0, 256, true, false}.model(t)
	p, err := quantize.New(f, quantize.Options{Mix: "Q4_0"})
	if err != nil {
		t.Fatal(err)
	}
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(cause)
	if err := p.Write(ctx, &bytes.Buffer{}, nil, nil); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	var b bytes.Buffer
	if err := p.Write(context.Background(), &b, nil, nil); err != nil {
		t.Fatal(err)
	}
	for n := 0; n < b.Len(); n += 97 {
		if err := p.Write(context.Background(), &fullDisk{n}, nil, nil); !errors.Is(err, errFull) {
			t.Errorf("full after %d bytes: got %v", n, err)
		}
	}
}

var errFull = errors.New("no space left")

// A fullDisk accepts left bytes.
type fullDisk struct{ left int }

func (d *fullDisk) Write(p []byte) (int, error) {
	if n := d.left; len(p) > n {
		d.left = 0
		return n, errFull
	}
	d.left -= len(p)
	return len(p), nil
}

// floatData writes x.
func floatData(x []float32) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(littleEndian(x))
		return err
	}
}

// fixed writes v n times.
func fixed(n int, v float32) func(io.Writer) error {
	x := make([]float32, n)
	for i := range x {
		x[i] = v
	}
	return floatData(x)
}
