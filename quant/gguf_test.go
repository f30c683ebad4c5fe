package quant_test

import (
	"encoding/binary"
	"os"
	"testing"

	"github.com/querent-ai/chord/quant"
)

// A ggufFile finds tensors in a valid little-endian GGUF file of version 3. Package
// gguf imports quant, so that this test cannot use it.
type ggufFile struct {
	b       []byte // unread
	data    []byte
	tensors map[string]ggufTensor
}

type ggufTensor struct {
	typ    quant.Type
	offset uint64
}

func readGGUF(t *testing.T, path string) *ggufFile {
	t.Helper()
	all, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f := &ggufFile{b: all, tensors: map[string]ggufTensor{}}
	if string(f.next(4)) != "GGUF" || f.u32() != 3 {
		t.Fatalf("%s: not a GGUF file of version 3", path)
	}
	tensors, keys := f.u64(), f.u64()
	for range keys {
		if f.str() == "general.alignment" {
			t.Fatalf("%s: general.alignment is set", path)
		}
		f.skip(f.u32())
	}
	for range tensors {
		name := f.str()
		f.next(8 * int(f.u32())) // shape
		f.tensors[name] = ggufTensor{quant.Type(f.u32()), f.u64()}
	}
	at := (len(all) - len(f.b) + 31) / 32 * 32
	f.data = all[at:]
	return f
}

// tensor returns the size bytes of the tensor called name, which must have type
// typ.
func (f *ggufFile) tensor(t *testing.T, name string, typ quant.Type, size int) []byte {
	t.Helper()
	at, ok := f.tensors[name]
	if !ok || at.typ != typ {
		t.Fatalf("tensor %q: found %v, type %s; want type %s", name, ok, at.typ, typ)
	}
	return f.data[at.offset:][:size]
}

func (f *ggufFile) next(n int) []byte { b := f.b[:n]; f.b = f.b[n:]; return b }
func (f *ggufFile) u32() uint32       { return binary.LittleEndian.Uint32(f.next(4)) }
func (f *ggufFile) u64() uint64       { return binary.LittleEndian.Uint64(f.next(8)) }
func (f *ggufFile) str() string       { return string(f.next(int(f.u64()))) }

// skip reads over a value of type typ.
func (f *ggufFile) skip(typ uint32) {
	switch sizes := [...]int{1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8}; typ {
	case 8:
		f.str()
	case 9:
		elem, n := f.u32(), f.u64()
		for range n {
			f.skip(elem)
		}
	default:
		f.next(sizes[typ])
	}
}
