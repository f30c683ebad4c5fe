package gguf

import (
	"math"
	"strings"
	"testing"

	"github.com/querent-ai/chord/quant"
)

// Numbers of tensor types, as the directory has them.
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
		{"G18 TENSORS_BAD_NAME_SIZE", name(64), "tensor name of 64 bytes, at most 63"},
		{"longest", name(63), ""},
		{"empty", name(0), "name is empty"},
		{"not UTF-8", oneTensor("\xc3", i8, 0, 64), "not UTF-8"},
		{"length 2^64-1", build(1, 0).u64(math.MaxUint64).raw(make([]byte, 40)...).b, "name of 18446744073709551615 bytes"},
		{"G18 TENSORS_DUPLICATE_NAME", build(2, 0).tensor("t", i8, 0, 32).tensor("t", i8, 32, 32).pad(32).raw(make([]byte, 64)...).b, `tensor "t": a second time`},
	})
}

func TestHostileShapes(t *testing.T) {
	s := func(typ uint32, dims ...uint64) []byte { return oneTensor("t", typ, 0, dims...) }
	testHostile(t, []hostile{
		{"G4 TENSORS_BAD_N_DIMS", s(i8, 1, 1, 1, 1, 64), `tensor "t": 5 dimensions, at most 4`},
		{"G4 2^32-1 dimensions", build(1, 0).text("t").u32(math.MaxUint32).raw(make([]byte, 64)...).b, "4294967295 dimensions"},
		{"four dimensions", s(i8, 2, 4, 4, 2), ""},
		{"no dimensions: a scalar", s(f64), ""},
		{"TENSORS_BAD_SHAPE -1", s(i8, math.MaxUint64), "more than 2^63 elements"},
		{"-1 and -1", s(i8, math.MaxUint64, math.MaxUint64), "more than 2^63 elements"},
		{"TENSORS_NE_TOO_BIG", s(f32, 4*math.MaxInt32, 4*math.MaxInt32), "more than 2^63 elements"},
		{"G8 0x7FFFFFFFFFFFFFC0 twice", s(i8, 0x7FFFFFFFFFFFFFC0, 0x7FFFFFFFFFFFFFC0), "more than 2^63 elements"},
		{"G8 product wraps to 1", s(i8, 1<<32+1, 1<<32-1, 1<<32+1), "more than 2^63 elements"},
		{"G8 product wraps to 0", s(i8, 1<<32, 1<<32), "more than 2^63 elements"},
		{"G8 TENSORS_NBYTES_TOO_BIG", s(f64, 1<<61), "more than 2^63 bytes"},
		{"G8 2^42+1 rows", s(f32, 1<<20, 1<<42+1), "more than 2^63 bytes"},
		{"2^42+1 rows that do not wrap", s(f32, 64, 1<<42+1), "of 1125899906842976 bytes"},
		{"G9 [4,0]", s(f32, 4, 0), "dimension of 0"},
		{"G9 [0]", s(f32, 0), "dimension of 0"},
		{"TENSORS_ZERO_DIM after an overflow", s(f32, math.MaxInt64, 0), "dimension of 0"},
		{"G17 Q6_K of 8", s(q6k, 8), "Q6_K with rows of 8 elements, want a multiple of 256"},
		{"G17 rows too short, product right", s(q6k, 8, 32), "want a multiple of 256"},
		{"scalar of a block type", s(q6k), "rows of 1 elements"},
	})
}

func TestHostileTypes(t *testing.T) {
	s := func(typ uint32) []byte { return oneTensor("t", typ, 0, 32) }
	testHostile(t, []hostile{
		{"TENSORS_BAD_TYPE", s(99), `tensor "t": unknown tensor type 99`},
		{"-1", s(math.MaxUint32), "unknown tensor type 4294967295"},
		{"2^31", s(1 << 31), "unknown tensor type 2147483648"},
		{"Q4_2", s(4), "given up"},
		{"Q4_0_4_4", s(31), "given up"},
		{"IQ4_NL, known if not computable everywhere", s(uint32(quant.IQ4_NL)), ""},
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
		{"TENSORS_BAD_OFFSET -1", o(math.MaxUint64), `tensor "t": offset 18446744073709551615`},
		{"2^63", o(1 << 63), "offset 9223372036854775808"},
		{"2^63-32: the end wraps", o(1<<63 - 32), "but the file has"},
		{"G18 misaligned", o(8), "offset 8 is not a multiple of the alignment, 32"},
		{"the last place", o(32), ""},
		{"G11 beyond the end", o(64), "the download is incomplete: 128 of 160 bytes"},
		{"G11 DATA_NOT_ENOUGH_DATA", whole[:len(whole)-1], "the download is incomplete: 127 of 128 bytes"},
		{"G11 no data", whole[:len(whole)-64], "the download is incomplete: 64 of 128 bytes"},
		{"no padding", whole[:len(whole)-66], "the download is incomplete: 62 of 128 bytes"},
		{"G18 overlap", two(0, 0), `tensor "u": data overlap those of "t"`},
		{"G18 overlap, the other way round", two(32, 32), "data overlap"},
		{"in another order", two(32, 0), ""},
		{"DATA_CUSTOM_ALIGN 1", custom(1, 1, 64), ""},
		{"DATA_CUSTOM_ALIGN 64", custom(64, 64, 64), ""},
		{"TENSORS_INCONSISTENT_ALIGN offset", custom(32, 32, 7), "offset 7 is not a multiple"},
		{"DATA_INCONSISTENT_ALIGN padding", custom(1<<20, 32, 0), "the download is incomplete: 167 of 1048583 bytes"},
		{"TENSORS_BAD_ALIGN", custom(13, 13, 0), "13 is not a power of two"},
		{"DATA_MEM_SIZE_OVERFLOW", build(2, 0).tensor("t", i8, 0, math.MaxInt64).tensor("u", i8, 1<<62, math.MaxInt64).pad(32).b, "but the file has"},
		{"directory cut", whole[:40], "24 bytes are left: is the download complete?"},
	})
}

func TestOverlapByOneByte(t *testing.T) {
	b := build(2, 1).align(1).tensor("t", i8, 0, 33).tensor("u", i8, 32, 1)
	testHostile(t, []hostile{{"overlap", b.raw(make([]byte, 64)...).b, `"u": data overlap those of "t"`}})
	b = build(2, 1).align(1).tensor("t", i8, 0, 33).tensor("u", i8, 33, 1)
	testHostile(t, []hostile{{"neighbours", b.raw(make([]byte, 64)...).b, ""}})
}
