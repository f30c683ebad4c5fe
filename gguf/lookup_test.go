package gguf

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
)

// lookups calls every typed lookup by name.
var lookups = map[string]func(f *File, key string) (any, bool, error){
	"Str":    func(f *File, k string) (any, bool, error) { return wrap(f.Str(k)) },
	"Int":    func(f *File, k string) (any, bool, error) { return wrap(f.Int(k)) },
	"Float":  func(f *File, k string) (any, bool, error) { return wrap(f.Float(k)) },
	"Bool":   func(f *File, k string) (any, bool, error) { return wrap(f.Bool(k)) },
	"Strs":   func(f *File, k string) (any, bool, error) { return wrap(f.Strs(k)) },
	"Ints":   func(f *File, k string) (any, bool, error) { return wrap(f.Ints(k)) },
	"Floats": func(f *File, k string) (any, bool, error) { return wrap(f.Floats(k)) },
}

func wrap[T any](v T, ok bool, err error) (any, bool, error) { return v, ok, err }

// right lists, for each lookup, the keys of everyType that it must find.
var right = map[string]map[string]any{
	"Str": {"general.architecture": "llama", "string": "é \x00 \xff", "empty": ""},
	"Int": {"u8": int64(255), "i8": int64(-128), "u16": int64(65535), "i16": int64(-32768),
		"u32": int64(math.MaxUint32), "i32": int64(math.MinInt32), "i64": int64(math.MinInt64)},
	"Float": {"f32": -0.5, "f64": math.Pi, "inf": math.Inf(1)},
	"Bool":  {"true": true, "false": false},
	"Strs":  {"a.string": []string{"a", "", "bc"}, "a.none": []string{}},
	"Ints": {"a.u8": []int32{0, 1, 255}, "a.i8": []int32{-1, 1}, "a.u16": []int32{1, 65535}, "a.i16": []int32{-1},
		"a.u32": []int32{1, 2, 3}, "a.i32": []int32{-1, 7}, "a.i64": []int32{-1}, "a.none.u8": []int32{}},
	"Floats": {"a.f32": []float32{0.25, -1}},
}

// Every lookup of every key: one of another type is an error with name and type.
func TestLookups(t *testing.T) {
	f, err := readBytes(mustWrite(t, everyType(), nil))
	if err != nil {
		t.Fatal(err)
	}
	for name, lookup := range lookups {
		for _, kv := range f.KV {
			got, ok, err := lookup(f, kv.Key)
			if want, found := right[name][kv.Key]; found {
				if !ok || err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("%s(%q): got %v, %v, %v, want %v", name, kv.Key, got, ok, err, want)
				}
				continue
			}
			if ok || !errors.Is(err, ErrFormat) || !strings.Contains(fmt.Sprint(err), fmt.Sprintf("key %q", kv.Key)) ||
				!strings.Contains(err.Error(), "at byte ") {
				t.Errorf("%s(%q): got %v, %v, %v, want an error", name, kv.Key, got, ok, err)
			}
		}
		if v, ok, err := lookup(f, "none"); ok || err != nil {
			t.Errorf("%s of a missing key: got %v, %v, %v", name, v, ok, err)
		}
	}
	if v, ok := f.Get("u8"); !ok || v != uint8(255) {
		t.Errorf("Get: got %v, %v", v, ok)
	}
}

func TestIntsOutOfRange(t *testing.T) {
	for _, v := range []any{
		[]uint32{0, 1 << 31}, []uint32{0, math.MaxUint32}, []uint64{0, math.MaxUint64}, []uint64{0, 1 << 32},
		[]int64{0, 1 << 31}, []int64{0, -1<<31 - 1}, []int64{0, math.MinInt64},
	} {
		f, err := readBytes(mustWrite(t, []KV{{"k", v}}, nil))
		if err != nil {
			t.Fatal(err)
		}
		if got, ok, err := f.Ints("k"); ok || err == nil || !strings.Contains(err.Error(), "element 1 does not fit") {
			t.Errorf("%T %v: got %v, %v, %v", v, v, got, ok, err)
		}
	}
}

// The error about a value of another type names that type.
func TestWrongTypesAreNamed(t *testing.T) {
	f, err := readBytes(mustWrite(t, []KV{
		{"tokenizer.ggml.scores", []uint8{1, 2}}, {"general.architecture", uint32(1)},
		{"tokenizer.ggml.tokens", []int32{1}}, {"llama.block_count", "5"}, {"k", uint64(math.MaxUint64)},
	}, nil))
	if err != nil {
		t.Fatal(err)
	}
	for lookup, want := range map[[2]string]string{
		{"Floats", "tokenizer.ggml.scores"}: `key "tokenizer.ggml.scores": ARRAY of UINT8, want ARRAY of FLOAT32`,
		{"Str", "general.architecture"}:     `key "general.architecture": UINT32, want STRING`,
		{"Strs", "tokenizer.ggml.tokens"}:   `key "tokenizer.ggml.tokens": ARRAY of INT32, want ARRAY of STRING`,
		{"Int", "llama.block_count"}:        `key "llama.block_count": STRING, want an integer`,
		{"Int", "k"}:                        `key "k": 18446744073709551615 is too large`,
	} {
		if _, ok, err := lookups[lookup[0]](f, lookup[1]); ok || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", lookup, err, want)
		}
	}
}

func TestTypeNames(t *testing.T) {
	for typ, want := range map[ValueType]string{UINT8: "UINT8", BOOL: "BOOL", FLOAT64: "FLOAT64", 13: "type(13)"} {
		if got := typ.String(); got != want {
			t.Errorf("%d: got %s, want %s", typ, got, want)
		}
	}
	if _, ok := TypeOf(1); ok {
		t.Error("int is a GGUF type")
	}
	if _, _, ok := ArrayOf([]int{1}); ok {
		t.Error("[]int is a GGUF type")
	}
}
