package gguf

import (
	"math"
	"testing"
)

// TestHostileHeaders and the other hostile tests have the faults that readers of
// GGUF are known for, and the cases of llama.cpp's own test of its reader.
func TestHostileHeaders(t *testing.T) {
	const minus1 = math.MaxUint64
	testHostile(t, []hostile{
		{"empty file", nil, "the file is empty"},
		{"magic only", []byte("GGUF"), "4 bytes wanted, 0 left"},
		{"half a magic", []byte("GG"), "4 bytes wanted, 2 left"},
		{"no counts", build(0, 0).b[:8], "8 bytes wanted, 0 left"},
		{"half a count", build(0, 0).b[:19], "8 bytes wanted, 3 left"},
		{"magic backwards", []byte("FUGG\x03\x00\x00\x00"), "other byte order"},
		{"magic of another format", []byte("\x7fELF\x03\x00\x00\x00"), `begins with "\x7fELF"`},
		{"format ggjt", []byte("tjgg\x03\x00\x00\x00"), "before GGUF"},
		{"format ggml", []byte("lmgg\x03\x00\x00\x00"), "before GGUF"},
		{"Git LFS pointer", []byte("version https://git-lfs.github.com/spec/v1\n"), "LFS pointer"},
		{"zip archive of PyTorch", []byte("PK\x03\x04aaaaaaa"), "zip archive"},
		{"version 0", buildVersion(0, 0, 0).b, "version 0"},
		{"version 4", buildVersion(4, 0, 0).b, "version 4"},
		{"version -1", buildVersion(math.MaxUint32, 0, 0).b, "version 4294967295"},
		{"big-endian, version 3", buildVersion(3<<24, 0, 0).b, "big-endian file (version 3)"},
		{"big-endian, version 2", buildVersion(2<<24, 0, 0).b, "big-endian file (version 2)"},
		{"empty version 3", build(0, 0).b, ""},
		{"empty version 1, which llama.cpp refuses", buildVersion(1, 0, 0).b, ""},
		{"empty version 2", buildVersion(2, 0, 0).b, ""},
		{"bytes after the end", build(0, 0).raw(1, 2, 3).b, ""},
		{"2^64-1 keys", build(0, minus1).b, "18446744073709551615 keys"},
		{"2^32 keys in 24 bytes", build(0, 1<<32).b, "4294967296 keys"},
		{"size of all keys wraps", build(0, math.MaxUint64/32+1).b, "keys of at least"},
		{"one key too many", build(0, 2).key("a", UINT8).raw(1).b, "2 keys of at least 14 bytes"},
		{"2^32-1 keys, version 1", buildVersion(1, 0, math.MaxUint32).b, "4294967295 keys"},
		{"2^64-1 tensors", build(minus1, 0).b, "18446744073709551615 tensors"},
		{"size of all tensors wraps", build(math.MaxUint64/368+1, 0).b, "tensors of at least"},
		{"tensors+1 wraps", build(minus1-1, 0).b, "tensors of at least"},
		{"2^31 tensors", build(1<<31, 0).b, "2147483648 tensors"},
		{"more keys than the limit", build(0, MaxKV+1).raw(make([]byte, 15*MaxKV)...).b, "at most 1048576"},
		{"more tensors than the limit", build(MaxTensors+1, 0).raw(make([]byte, 26*MaxTensors)...).b, "at most 1048576"},
	})
}
