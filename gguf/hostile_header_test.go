package gguf

import (
	"math"
	"testing"
)

// The marks Gn are rows of the table of known faults of GGUF readers; names in
// capitals are cases of llama.cpp's test-gguf.
func TestHostileHeaders(t *testing.T) {
	const minus1 = math.MaxUint64
	testHostile(t, []hostile{
		{"G19b empty file", nil, "the file is empty"},
		{"G19b GGUF only", []byte("GGUF"), "4 bytes wanted, 0 left"},
		{"G19b half a magic", []byte("GG"), "4 bytes wanted, 2 left"},
		{"G19b no counts", build(0, 0).b[:8], "8 bytes wanted, 0 left"},
		{"G19b half a count", build(0, 0).b[:19], "8 bytes wanted, 3 left"},
		{"HEADER_BAD_MAGIC", []byte("FUGG\x03\x00\x00\x00"), "other byte order"},
		{"other magic", []byte("\x7fELF\x03\x00\x00\x00"), `begins with "\x7fELF"`},
		{"ggjt", []byte("tjgg\x03\x00\x00\x00"), "before GGUF"},
		{"ggml", []byte("lmgg\x03\x00\x00\x00"), "before GGUF"},
		{"Git LFS pointer", []byte("version https://git-lfs.github.com/spec/v1\n"), "LFS pointer"},
		{"PyTorch", []byte("PK\x03\x04aaaaaaa"), "zip archive"},
		{"HEADER_BAD_VERSION_0", buildVersion(0, 0, 0).b, "version 0"},
		{"HEADER_BAD_VERSION_FUTURE", buildVersion(4, 0, 0).b, "version 4"},
		{"version -1", buildVersion(math.MaxUint32, 0, 0).b, "version 4294967295"},
		{"big-endian 3", buildVersion(3<<24, 0, 0).b, "big-endian file (version 3)"},
		{"big-endian 2", buildVersion(2<<24, 0, 0).b, "big-endian file (version 2)"},
		{"HEADER_EMPTY", build(0, 0).b, ""},
		{"empty version 1, which llama.cpp refuses", buildVersion(1, 0, 0).b, ""},
		{"empty version 2", buildVersion(2, 0, 0).b, ""},
		{"bytes after the end", build(0, 0).raw(1, 2, 3).b, ""},
		{"G1 HEADER_BAD_N_KV", build(0, minus1).b, "18446744073709551615 keys"},
		{"G1 2^32 keys in 24 bytes", build(0, 1<<32).b, "4294967296 keys"},
		{"G1 keys times size wraps", build(0, math.MaxUint64/32+1).b, "keys of at least"},
		{"G1 one key too many", build(0, 2).key("a", UINT8).raw(1).b, "2 keys of at least 14 bytes"},
		{"G1 2^32-1 keys, version 1", buildVersion(1, 0, math.MaxUint32).b, "4294967295 keys"},
		{"G2 HEADER_BAD_N_TENSORS", build(minus1, 0).b, "18446744073709551615 tensors"},
		{"G2 tensors times size wraps", build(math.MaxUint64/368+1, 0).b, "tensors of at least"},
		{"G2 tensors+1 wraps", build(minus1-1, 0).b, "tensors of at least"},
		{"G2 2^31 tensors", build(1<<31, 0).b, "2147483648 tensors"},
		{"too many keys for the limit", build(0, MaxKV+1).raw(make([]byte, 15*MaxKV)...).b, "at most 1048576"},
		{"too many tensors for the limit", build(MaxTensors+1, 0).raw(make([]byte, 26*MaxTensors)...).b, "at most 1048576"},
	})
}
