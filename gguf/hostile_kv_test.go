package gguf

import (
	"math"
	"strings"
	"testing"
)

// oneKey starts a file with one key.
func oneKey() *builder { return build(0, 1) }

func TestHostileKeys(t *testing.T) {
	testHostile(t, []hostile{
		{"key of 2^64-1 bytes", oneKey().u64(math.MaxUint64).raw(make([]byte, 20)...).b, "key of 18446744073709551615 bytes"},
		{"key of 2^48-1 bytes", oneKey().u64(1<<48 - 1).raw(make([]byte, 20)...).b, "key of 281474976710655 bytes"},
		{"key of 2^31 bytes", oneKey().u64(1 << 31).raw(make([]byte, 20)...).b, "key of 2147483648 bytes"},
		{"empty key", oneKey().key("", UINT8).raw(make([]byte, 20)...).b, "key is empty"},
		{"value type 13", oneKey().key("k", 13).raw(make([]byte, 20)...).b, `key "k": unknown value type 13`},
		{"value type 2^32-1", oneKey().key("k", math.MaxUint32).raw(make([]byte, 20)...).b, "unknown value type 4294967295"},
		{"key twice", build(0, 2).key("k", UINT8).raw(1).key("k", UINT8).raw(2).b, `key "k": a second time`},
		{"key not UTF-8", oneKey().key("k\xff", UINT8).raw(1).b, "not UTF-8"},
		{"key longer than the limit", oneKey().key(strings.Repeat("k", MaxKey+1), UINT8).raw(1).b, "65536 bytes, at most 65535"},
		{"key as long as the limit", oneKey().key(strings.Repeat("k", MaxKey), UINT8).raw(1).b, ""},
		{"key without type", oneKey().text("key").u32(0).raw(0).b[:38], "4 bytes wanted, 3 left"},
		{"bool of 2", oneKey().key("k", BOOL).raw(2).b, ""},
	})
}

func TestHostileStrings(t *testing.T) {
	s := func(n uint64) []byte { return oneKey().key("k", STRING).u64(n).raw([]byte("abc")...).b }
	a := func(n uint64) []byte { return oneKey().key("k", ARRAY).array(STRING, n).text("a").text("b").b }
	in := func(n uint64) []byte { return oneKey().key("k", ARRAY).array(STRING, 2).text("a").u64(n).raw('b').b }
	testHostile(t, []hostile{
		{"length 2^64-1", s(math.MaxUint64), `key "k": string of 18446744073709551615 bytes`},
		{"length 2^63", s(1 << 63), "string of 9223372036854775808 bytes, but 3 bytes are left"},
		{"length 2^30", s(1 << 30), "string of 1073741824 bytes"},
		{"one byte too long", s(4), "string of 4 bytes, but 3 bytes are left"},
		{"exact length", s(3), ""},
		{"array of 2^64-1", a(math.MaxUint64), `key "k": 18446744073709551615 strings`},
		{"array of 2^60: 16 bytes each wrap", a(1 << 60), "1152921504606846976 strings"},
		{"array of 2^61+2: 8 bytes each wrap", a(1<<61 + 2), "2305843009213693954 strings"},
		{"array of one too many", a(3), "3 strings of at least 8 bytes"},
		{"array exact", a(2), ""},
		{"in an array, length 2^64-1", in(math.MaxUint64), "string 1 of 18446744073709551615 bytes"},
		{"in an array, length -8: back to the length itself", in(math.MaxUint64 - 7), "string 1 of"},
		{"in an array, length 2^32+1: 1 in 32 bits", in(1<<32 + 1), "string 1 of 4294967297 bytes"},
	})
}

func TestHostileArrays(t *testing.T) {
	a := func(t ValueType, n uint64) []byte {
		return oneKey().key("k", ARRAY).array(t, n).raw(make([]byte, 32)...).b
	}
	nested := oneKey().key("k", ARRAY)
	for range 200_000 {
		nested.array(ARRAY, 1)
	}
	deep := func(n int) []byte {
		b := oneKey().key("k", ARRAY)
		for range n - 1 {
			b.array(ARRAY, 1)
		}
		return b.array(UINT8, 2).raw(1, 2).b
	}
	tests := []hostile{
		{"element type 13", a(13, 1), `key "k": unknown array element type 13`},
		{"2^60 elements of type 13", a(13, 1<<60), "unknown array element type 13"},
		{"element type 2^32-1", a(math.MaxUint32, 1), "unknown array element type 4294967295"},
		{"2^62 arrays", a(ARRAY, 1<<62), "4611686018427387904 arrays"},
		{"2^63 bytes in a file of 49", a(UINT8, 1<<63)[:49], "9223372036854775808 elements"},
		{"array in an array, 2^62 elements", oneKey().key("k", ARRAY).array(ARRAY, 1).array(INT32, 1<<62).b, "4611686018427387904 elements"},
		{"2^64-1 floats in a file of 49 bytes", a(FLOAT32, math.MaxUint64)[:49], "18446744073709551615 elements"},
		{"2^30 elements of 8 bytes", a(UINT64, 1<<30), "1073741824 elements"},
		{"200 000 nested arrays", nested.b, "nested deeper than 8"},
		{"nested as deep as the limit", deep(MaxNesting), ""},
		{"nested deeper than the limit", deep(MaxNesting + 1), "nested deeper than 8"},
		{"2^32-1 elements, version 1", buildVersion(1, 0, 1).key("k", ARRAY).array(INT16, math.MaxUint32).b, "4294967295 elements"},
	}
	for typ := UINT8; typ.known(); typ++ {
		if size := valueTypes[typ].size; size > 0 {
			name := typ.String()
			tests = append(tests,
				hostile{name + " exact", a(typ, 32/size), ""},
				hostile{name + " one too many", a(typ, 32/size+1), "elements of at least"},
				hostile{name + " 2^62", a(typ, 1<<62), "4611686018427387904 elements"},
				hostile{name + " size wraps to 0", a(typ, 1<<63), "elements of at least"},
				hostile{name + " cut value", append(oneKey().key("k", typ).b, make([]byte, size-1)...), "left"},
			)
		}
	}
	testHostile(t, tests)
}

func TestHostileAlignment(t *testing.T) {
	a := func(v any) []byte {
		typ, _ := TypeOf(v)
		return oneKey().key(keyAlignment, typ).value(v).b
	}
	testHostile(t, []hostile{
		{"0", a(uint32(0)), `key "general.alignment": 0 is not a power of two`},
		{"13", a(uint32(13)), "13 is not a power of two"},
		{"2^30", a(uint32(1 << 30)), "1073741824 bytes, at most 1048576"},
		{"2^21", a(uint32(1 << 21)), "at most 1048576"},
		{"2^20", a(uint32(1 << 20)), ""},
		{"2^32-1", a(uint32(math.MaxUint32)), "not a power of two"},
		{"1", a(uint32(1)), ""},
		{"INT32", a(int32(32)), "INT32, want UINT32"},
		{"UINT64", a(uint64(32)), "UINT64, want UINT32"},
		{"STRING", a("32"), "STRING, want UINT32"},
		{"ARRAY", a([]uint32{32}), "ARRAY of UINT32, want UINT32"},
	})
}
