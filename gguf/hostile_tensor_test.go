package gguf

import (
	"math"
	"strings"
	"testing"

	"github.com/querent-ai/chord/quant"
)

// Numbers of tensor types in the directory.
const (
	f32 = uint32(quant.F32)
	i8  = uint32(quant.I8)
	f64 = uint32(quant.F64)
	q6k = uint32(quant.Q6_K)
)

// oneTensor is a file with one tensor and 64 bytes of data.
func oneTensor(name string, typ uint32, offset uint64, dims ...uint64) []byte {
	return build(1, 0).tensor(name, typ, offset, dims...).pad(32).raw(make([]byte, 64)...).b
}

func TestHostileNames(t *testing.T) {
	name := func(n int) []byte { return oneTensor(strings.Repeat("n", n), i8, 0, 64) }
	testHostile(t, []hostile{
		{"longer than the limit", name(64), "tensor name of 64 bytes, at most 63"},
		{"as long as the limit", name(63), ""},
		{"empty", name(0), "name is empty"},
		{"not UTF-8", oneTensor("\xc3", i8, 0, 64), "not UTF-8"},
		{"length 2^64-1", build(1, 0).u64(math.MaxUint64).raw(make([]byte, 40)...).b, "name of 18446744073709551615 bytes"},
		{"name twice", build(2, 0).tensor("t", i8, 0, 32).tensor("t", i8, 32, 32).pad(32).raw(make([]byte, 64)...).b, `tensor "t": a second time`},
	})
}

func TestHostileShapes(t *testing.T) {
	s := func(typ uint32, dims ...uint64) []byte { return oneTensor("t", typ, 0, dims...) }
	testHostile(t, []hostile{
		{"five dimensions", s(i8, 1, 1, 1, 1, 64), `tensor "t": 5 dimensions, at most 4`},
		{"2^32-1 dimensions", build(1, 0).text("t").u32(math.MaxUint32).raw(make([]byte, 64)...).b, "4294967295 dimensions"},
		{"four dimensions", s(i8, 2, 4, 4, 2), ""},
		{"no dimensions: a scalar", s(f64), ""},
		{"dimension 2^64-1", s(i8, math.MaxUint64), "more than 2^63 elements"},
		{"dimensions 2^64-1 and 2^64-1", s(i8, math.MaxUint64, math.MaxUint64), "more than 2^63 elements"},
		{"dimensions 2^33-4 and 2^33-4", s(f32, 4*math.MaxInt32, 4*math.MaxInt32), "more than 2^63 elements"},
		{"dimensions 2^63-64 and 2^63-64", s(i8, 0x7FFFFFFFFFFFFFC0, 0x7FFFFFFFFFFFFFC0), "more than 2^63 elements"},
		{"product wraps to 1", s(i8, 1<<32+1, 1<<32-1, 1<<32+1), "more than 2^63 elements"},
		{"product wraps to 0", s(i8, 1<<32, 1<<32), "more than 2^63 elements"},
		{"2^64 bytes", s(f64, 1<<61), "more than 2^63 bytes"},
		{"2^42+1 rows of 4 MiB", s(f32, 1<<20, 1<<42+1), "more than 2^63 bytes"},
		{"2^42+1 rows of 256 bytes", s(f32, 64, 1<<42+1), "of 1125899906842976 bytes"},
		{"dimensions 4 and 0", s(f32, 4, 0), "dimension of 0"},
		{"dimension 0", s(f32, 0), "dimension of 0"},
		{"dimensions 2^63-1 and 0", s(f32, math.MaxInt64, 0), "dimension of 0"},
		{"rows shorter than a block", s(q6k, 8), "Q6_K with rows of 8 elements, want a multiple of 256"},
		{"rows shorter than a block, but a block of elements", s(q6k, 8, 32), "want a multiple of 256"},
		{"scalar of a block type", s(q6k), "rows of 1 elements"},
	})
}

func TestHostileTypes(t *testing.T) {
	s := func(typ uint32) []byte { return oneTensor("t", typ, 0, 32) }
	testHostile(t, []hostile{
		{"type 99", s(99), `tensor "t": unknown tensor type 99`},
		{"type 2^32-1", s(math.MaxUint32), "unknown tensor type 4294967295"},
		{"type 2^31", s(1 << 31), "unknown tensor type 2147483648"},
		{"Q4_2", s(4), "given up"},
		{"Q4_0_4_4", s(31), "given up"},
		{"IQ4_NL", s(uint32(quant.IQ4_NL)), ""},
	})
}

func TestHostileOffsets(t *testing.T) {
	o := func(offset uint64) []byte { return oneTensor("t", i8, offset, 32) }
	two := func(first, second uint64) []byte {
		return build(2, 0).tensor("t", i8, first, 32).tensor("u", i8, second, 32).pad(32).raw(make([]byte, 64)...).b
	}
	whole := oneTensor("t", i8, 0, 64)
	custom := func(align uint32, at int, offset uint64) []byte {
		return build(1, 1).align(align).tensor("t", i8, offset, 7).pad(at).raw(make([]byte, 71)...).b
	}
	testHostile(t, []hostile{
		{"offset 2^64-1", o(math.MaxUint64), `tensor "t": offset 18446744073709551615`},
		{"offset 2^63", o(1 << 63), "offset 9223372036854775808"},
		{"offset 2^63-32: the end wraps", o(1<<63 - 32), "but the file has"},
		{"misaligned", o(8), "offset 8 is not a multiple of the alignment, 32"},
		{"the last possible offset", o(32), ""},
		{"beyond the end", o(64), "the download is incomplete: 128 of 160 bytes"},
		{"last byte missing", whole[:len(whole)-1], "the download is incomplete: 127 of 128 bytes"},
		{"all data missing", whole[:len(whole)-64], "the download is incomplete: 64 of 128 bytes"},
		{"data and padding missing", whole[:len(whole)-66], "the download is incomplete: 62 of 128 bytes"},
		{"overlap", two(0, 0), `tensor "u": data overlap those of "t"`},
		{"overlap, in the other order", two(32, 32), "data overlap"},
		{"data in another order", two(32, 0), ""},
		{"alignment 1", custom(1, 1, 64), ""},
		{"alignment 64", custom(64, 64, 64), ""},
		{"offset not of the alignment", custom(32, 32, 7), "offset 7 is not a multiple"},
		{"padding not of the alignment", custom(1<<20, 32, 0), "the download is incomplete: 167 of 1048583 bytes"},
		{"alignment 13", custom(13, 13, 0), "13 is not a power of two"},
		{"size of all data wraps", build(2, 0).tensor("t", i8, 0, math.MaxInt64).tensor("u", i8, 1<<62, math.MaxInt64).pad(32).b, "but the file has"},
		{"tensor infos cut short", whole[:40], "24 bytes are left: is the download complete?"},
	})
}

func TestOverlapByOneByte(t *testing.T) {
	b := build(2, 1).align(1).tensor("t", i8, 0, 33).tensor("u", i8, 32, 1)
	testHostile(t, []hostile{{"overlap", b.raw(make([]byte, 64)...).b, `"u": data overlap those of "t"`}})
	b = build(2, 1).align(1).tensor("t", i8, 0, 33).tensor("u", i8, 33, 1)
	testHostile(t, []hostile{{"neighbours", b.raw(make([]byte, 64)...).b, ""}})
}
