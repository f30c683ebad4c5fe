package gguf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/querent-ai/chord/quant"
)

// everyType has a key of every type that a value can have.
func everyType() []KV {
	return []KV{
		{"general.architecture", "llama"},
		{"u8", uint8(255)}, {"i8", int8(-128)}, {"u16", uint16(65535)}, {"i16", int16(-32768)},
		{"u32", uint32(math.MaxUint32)}, {"i32", int32(math.MinInt32)}, {"f32", float32(-0.5)},
		{"true", true}, {"false", false}, {"string", "é \x00 \xff"}, {"empty", ""},
		{"u64", uint64(math.MaxUint64)}, {"i64", int64(math.MinInt64)}, {"f64", math.Pi},
		{"inf", float32(math.Inf(1))},
		{"a.u8", []uint8{0, 1, 255}}, {"a.i8", []int8{-1, 1}}, {"a.u16", []uint16{1, 65535}}, {"a.i16", []int16{-1}},
		{"a.u32", []uint32{1, 2, 3}}, {"a.i32", []int32{-1, 7}}, {"a.f32", []float32{0.25, -1}}, {"a.bool", []bool{true, false}},
		{"a.string", []string{"a", "", "bc"}}, {"a.u64", []uint64{1 << 63}}, {"a.i64", []int64{-1}}, {"a.f64", []float64{1e300}},
		{"a.none", []string{}}, {"a.none.u8", []uint8{}},
		{"a.a", []any{[]string{"x"}, []uint8{}, []any{}, []any{[]int32{1}, []float64{2}}}},
	}
}

// pieces returns a Data that writes b in pieces of n bytes.
func pieces(b []byte, n int) func(io.Writer) error {
	return func(w io.Writer) error {
		for len(b) > 0 {
			k := min(n, len(b))
			if _, err := w.Write(b[:k]); err != nil {
				return err
			}
			b = b[k:]
		}
		return nil
	}
}

// fill returns n bytes that depend on seed.
func fill(n, seed int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*31 + seed*17 + 1)
	}
	return b
}

// someTensors has tensors of several types, sizes and numbers of dimensions.
func someTensors() []WriteTensor {
	return []WriteTensor{
		{"token_embd.weight", quant.Q4_0, []uint64{64, 3}, pieces(fill(108, 1), 50)},
		{"scalar", quant.F32, nil, pieces(fill(4, 2), 1)},
		{"cube", quant.F16, []uint64{3, 2, 2, 1}, pieces(fill(24, 3), 24)},
		{strings.Repeat("n", MaxName), quant.Q6_K, []uint64{256}, pieces(fill(210, 4), 100)},
	}
}

func mustWrite(t testing.TB, kv []KV, tensors []WriteTensor) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, kv, tensors); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func readBytes(b []byte) (*File, error) { return OpenReaderAt(bytes.NewReader(b), int64(len(b))) }

func TestWriteThenRead(t *testing.T) {
	for _, align := range []uint32{0, 1, 8, 32, 64, 4096} {
		t.Run(fmt.Sprintf("alignment=%d", align), func(t *testing.T) {
			kv := everyType()
			if align > 0 {
				kv = append(kv, KV{keyAlignment, align})
			}
			written := mustWrite(t, kv, someTensors())
			header, size, err := Metadata(kv, someTensors())
			if err != nil || size != int64(len(written)) || !bytes.HasPrefix(written, header) {
				t.Errorf("Metadata: %d bytes of %d, %v, and not what %d bytes begin with", len(header), size, err, len(written))
			}
			f, err := readBytes(written)
			if err != nil {
				t.Fatal(err)
			}
			if first := int64(f.Tensors[0].Offset); first != int64(len(header)) {
				t.Errorf("Metadata has %d bytes, data begin at %d", len(header), first)
			}
			if !reflect.DeepEqual(kv, f.KV) {
				t.Errorf("keys: got %v, want %v", f.KV, kv)
			}
			if want := max(uint64(align), 1); align > 0 && f.Alignment != want || f.Version != 3 {
				t.Errorf("got alignment %d, version %d", f.Alignment, f.Version)
			}
			checkTensorsEqual(t, f, someTensors())
		})
	}
}

// checkTensorsEqual compares the directory and the data with what was written.
func checkTensorsEqual(t *testing.T, f *File, want []WriteTensor) {
	t.Helper()
	if len(f.Tensors) != len(want) {
		t.Fatalf("got %d tensors, want %d", len(f.Tensors), len(want))
	}
	for i, w := range want {
		got := &f.Tensors[i]
		if got.Name != w.Name || got.Type != w.Type || fmt.Sprint(got.Shape) != fmt.Sprint(w.Shape) {
			t.Errorf("tensor %d: got %+v, want %s %s %d", i, got, w.Name, w.Type, w.Shape)
		}
		if uint64(got.Offset)%f.Alignment != 0 {
			t.Errorf("%s: offset %d", got.Name, got.Offset)
		}
		var data bytes.Buffer
		if err := w.Data(&data); err != nil {
			t.Fatal(err)
		}
		read, err := f.Data(got)
		if err != nil || !bytes.Equal(read, data.Bytes()) {
			t.Errorf("%s: Data differs, %v", got.Name, err)
		}
		streamed, err := io.ReadAll(f.Reader(got))
		if err != nil || !bytes.Equal(streamed, data.Bytes()) {
			t.Errorf("%s: Reader differs, %v", got.Name, err)
		}
	}
}

func TestWriteErrors(t *testing.T) {
	deep := any([]int32{1})
	for range MaxNesting {
		deep = []any{deep}
	}
	nothing := func(io.Writer) error { return nil }
	one := func(name string, typ quant.Type, data func(io.Writer) error, shape ...uint64) []WriteTensor {
		return []WriteTensor{{name, typ, shape, data}}
	}
	tests := []struct {
		name    string
		kv      []KV
		tensors []WriteTensor
		want    string
	}{
		{"key twice", []KV{{"a", "x"}, {"a", "y"}}, nil, `key "a": a second time`},
		{"empty key", []KV{{"", "x"}}, nil, "key is empty"},
		{"key not UTF-8", []KV{{"\xff", "x"}}, nil, "not UTF-8"},
		{"long key", []KV{{strings.Repeat("k", 65536), "x"}}, nil, "65536 bytes, at most 65535"},
		{"no GGUF type", []KV{{"a", 1}}, nil, `key "a": a value of Go type int`},
		{"nil value", []KV{{"a", nil}}, nil, "Go type <nil>"},
		{"no array in array", []KV{{"a", []any{"x"}}}, nil, "element 0 of an ARRAY of ARRAY has Go type string"},
		{"deep array", []KV{{"a", deep}}, nil, "nested deeper"},
		{"alignment 0", []KV{{keyAlignment, uint32(0)}}, nil, "power of two"},
		{"alignment type", []KV{{keyAlignment, int32(32)}}, nil, "want UINT32"},
		{"tensor twice", nil, append(one("t", quant.I8, nothing, 1), one("t", quant.I8, nothing, 1)...), `tensor "t": a second time`},
		{"long name", nil, one(strings.Repeat("n", 64), quant.I8, nothing, 1), "64 bytes, at most 63"},
		{"five dimensions", nil, one("t", quant.I8, nothing, 1, 1, 1, 1, 1), "5 dimensions"},
		{"zero dimension", nil, one("t", quant.I8, nothing, 4, 0), "dimension of 0"},
		{"part of a block", nil, one("t", quant.Q8_0, nothing, 33), "multiple of 32"},
		{"unknown type", nil, one("t", quant.Type(99), nothing, 1), "unknown tensor type 99"},
		{"too large", nil, append(one("t", quant.I8, nothing, 1<<62), one("u", quant.I8, nothing, 1<<62)...), "exceed 2^63"},
		{"data too short", nil, one("t", quant.I8, pieces(fill(7, 1), 3), 8), `tensor "t": Data wrote 7 bytes, want 8`},
		{"data too long", nil, one("t", quant.I8, pieces(fill(9, 1), 3), 8), "more than 8 bytes"},
		{"data too long, error ignored", nil, one("t", quant.I8, func(w io.Writer) error {
			_, _ = w.Write(fill(9, 1))
			return nil
		}, 8), "more than 8 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := Write(io.Discard, tt.kv, tt.tensors)
			if !errors.Is(err, ErrFormat) || !strings.Contains(fmt.Sprint(err), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// failAfter is a writer that fails from byte n on.
type failAfter struct{ n int }

var errDisk = errors.New("disk full")

func (f *failAfter) Write(p []byte) (int, error) {
	if k := f.n; k < len(p) {
		f.n = 0
		return k, errDisk
	}
	f.n -= len(p)
	return len(p), nil
}

func TestWriteReturnsTheWritersError(t *testing.T) {
	whole := len(mustWrite(t, everyType(), someTensors()))
	for n := 0; n < whole; n += 37 {
		if err := Write(&failAfter{n}, everyType(), someTensors()); !errors.Is(err, errDisk) {
			t.Fatalf("n=%d: got %v, want %v", n, err, errDisk)
		}
	}
	own := errors.New("no such source")
	err := Write(io.Discard, nil, []WriteTensor{{"t", quant.I8, []uint64{1}, func(io.Writer) error { return own }}})
	if !errors.Is(err, own) || !strings.Contains(err.Error(), `tensor "t"`) {
		t.Errorf("got %v, want %v", err, own)
	}
}
