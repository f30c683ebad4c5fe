package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// file returns a file with this header and n bytes of data.
func file(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	b = append(b, header...)
	for i := range data {
		b = append(b, byte(i))
	}
	return b
}

// TestParse reads well-formed files.
func TestParse(t *testing.T) {
	f, err := Parse(file(`{"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[],"data_offsets":[6,10]},`+
		`"none":{"data_offsets":[6,6],"shape":[0,5],"dtype":"I64"},"a":{"dtype":"BF16","shape":[3,1],"data_offsets":[0,6]}}  `, 10))
	if err != nil {
		t.Fatal(err)
	}
	want := []Tensor{
		{Name: "a", DType: BF16, Shape: []int{3, 1}, Data: []byte{0, 1, 2, 3, 4, 5}},
		{Name: "none", DType: I64, Shape: []int{0, 5}, Data: []byte{}},
		{Name: "b", DType: F32, Shape: []int{}, Data: []byte{6, 7, 8, 9}},
	}
	var got []Tensor
	for _, x := range f.Tensors {
		got = append(got, Tensor{Name: x.Name, DType: x.DType, Shape: x.Shape, Data: x.Data})
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if n := f.Tensors[0].Len(); n != 3 {
		t.Errorf("3 elements, got %d", n)
	}
	if !reflect.DeepEqual(map[string]string{"format": "pt"}, f.Metadata) {
		t.Errorf("got %v, want %v", f.Metadata, map[string]string{"format": "pt"})
	}
	if _, err := Parse(file("{}", 0)); err != nil {
		t.Errorf("no tensors: %v", err)
	}
}

// one is the header of one F32 tensor "a" with this shape and these offsets.
func one(shape, offsets string) string {
	return fmt.Sprintf(`{"a":{"dtype":"F32","shape":%s,"data_offsets":%s}}`, shape, offsets)
}

// TestHostile wants an ErrFormat that says what is wrong, and little memory.
func TestHostile(t *testing.T) {
	two := func(a, b string) string {
		return `{"a":{"dtype":"U8","shape":[4],"data_offsets":` + a + `},"b":{"dtype":"U8","shape":[4],"data_offsets":` + b + `}}`
	}
	le := binary.LittleEndian
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "the file is empty"},
		{"half a length", []byte{1, 2, 3}, "3 bytes"},
		{"header longer than the file", le.AppendUint64(nil, 100), "a header of 100 bytes in a file of 8"},
		{"header of 2^64-1", le.AppendUint64(nil, 1<<64-1), "at most"},
		{"header above the limit", append(le.AppendUint64(nil, MaxHeader+1), '{'), "at most"},
		{"no header", file("", 0), "not a JSON object"},
		{"brackets", file(strings.Repeat("[", 1e6), 0), "not a JSON object"},
		{"brackets within", file(`{"a":`+strings.Repeat("[", 1e6), 0), "want {"},
		{"brackets in a shape", file(`{"a":{"shape":`+strings.Repeat("[", 1e6), 0), "want a whole number"},
		{"braces within", file(strings.Repeat(`{"a":`, 1e5), 0), "unknown key"},
		{"ends early", file(`{"a":{"dtype":"F32"`, 0), "EOF"},
		{"a second object", file(`{}{}`, 0), "more after"},
		{"a bracket after it", file(`{}]`, 0), "more after"},
		{"same tensor twice", file(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`, 0), `a second "a"`},
		{"same key twice", file(`{"a":{"dtype":"U8","dtype":"F32"}}`, 0), `a second "dtype"`},
		{"same metadata twice", file(`{"__metadata__":{"x":"","x":""}}`, 0), `a second "x"`},
		{"metadata not text", file(`{"__metadata__":{"x":1}}`, 0), "want a string"},
		{"no shape", file(`{"a":{"dtype":"U8","data_offsets":[0,0]}}`, 0), "want dtype, shape"},
		{"unknown key", file(`{"a":{"x":1}}`, 0), `unknown key "x"`},
		{"no name", file(`{"":{}}`, 0), "name of 0 bytes"},
		{"offsets beyond the file", file(one("[2]", "[0,8]"), 7), "the download is incomplete: 69 of 70 bytes"},
		{"4-bit float", file(`{"a":{"dtype":"F4","shape":[0],"data_offsets":[0,0]}}`, 0), `tensor "a": dtype "F4" is not supported`},
		{"Git LFS pointer", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12345\n"), "is a Git LFS pointer, not the file itself: git lfs pull"},
		{"offsets of 2^64-1", file(one("[2]", "[18446744073709551615,18446744073709551615]"), 8), "of 8"},
		{"offset of 2^64", file(one("[2]", "[0,18446744073709551616]"), 8), "want a whole number"},
		{"offset below 0", file(one("[2]", "[-8,0]"), 8), "want a whole number"},
		{"offset 0.5", file(one("[2]", "[0.5,8]"), 8), "want a whole number"},
		{"offsets backwards", file(one("[2]", "[8,0]"), 8), "bytes 8 to 0"},
		{"one offset", file(one("[2]", "[0]"), 8), "1 numbers, want 2"},
		{"three offsets", file(one("[2]", "[0,8,8]"), 8), "more than 2"},
		{"overlap", file(two("[0,4]", "[3,7]"), 7), `tensor "b": begins at byte 3, within`},
		{"same bytes", file(two("[0,4]", "[0,4]"), 4), "within"},
		{"gap", file(two("[0,4]", "[5,9]"), 9), `tensor "b": begins at byte 5, after a gap from 4`},
		{"gap before the first", file(one("[2]", "[1,9]"), 9), "after a gap from 0"},
		{"bytes after the last", file(one("[2]", "[0,8]"), 9), "1 bytes after"},
		{"bytes are not the shape's", file(one("[3]", "[0,8]"), 8), "8 bytes, which is not F32 of shape [3]"},
		{"shape overflows", file(one("[4294967296,4294967296,4]", "[0,8]"), 8), "which is not"},
		{"dimension overflows", file(one("[18446744073709551615]", "[0,8]"), 8), "a dimension of"},
		{"dimension below 0", file(one("[-2]", "[0,8]"), 8), "want a whole number"},
		{"nine dimensions", file(one("[1,1,1,1,1,1,1,1,2]", "[0,8]"), 8), "more than 8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Parse(c.file)
			runtime.ReadMemStats(&after)
			if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 16<<20 {
				t.Errorf("%d bytes allocated", n)
			}
		})
	}
}

// write writes files of a folder.
func write(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestOpenFolder opens models of one file and of several, and malformed ones.
func TestOpenFolder(t *testing.T) {
	a := file(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}`, 2)
	b := file(`{"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1)
	const one, two, index = "model-1.safetensors", "model-2.safetensors", "model.safetensors.index.json"
	for _, c := range []struct {
		name  string
		files map[string][]byte
		want  string // error, or the tensors
	}{
		{"one file", map[string][]byte{"model.safetensors": a, "other.safetensors": b}, "a"},
		{"index", map[string][]byte{one: a, two: b, index: []byte(`{"weight_map":{"a":"` + one + `","b":"` + two + `"}}`)}, "a b"},
		{"no index", map[string][]byte{one: a, two: b}, "a b"},
		{"none", nil, "no model*.safetensors"},
		{"a tensor twice", map[string][]byte{one: a, two: a}, "is in another file too"},
		{"a tensor missing", map[string][]byte{one: a, index: []byte(`{"weight_map":{"a":"` + one + `","b":"` + one + `"}}`)}, `tensor "b" is not in`},
		{"a tensor elsewhere", map[string][]byte{one: a, two: b, index: []byte(`{"weight_map":{"a":"` + two + `","b":"` + one + `"}}`)}, "by the index"},
		{"a file missing", map[string][]byte{one: a, index: []byte(`{"weight_map":{"a":"` + two + `"}}`)}, "no such file"},
		{"path out of the folder", map[string][]byte{index: []byte(`{"weight_map":{"a":"../x"}}`)}, "not a file of the folder"},
		{"absolute path", map[string][]byte{index: []byte(`{"weight_map":{"a":"/etc/passwd"}}`)}, "not a file of the folder"},
		{"index without map", map[string][]byte{index: []byte(`{}`)}, "no weight_map"},
		{"index no JSON", map[string][]byte{index: []byte(`{`)}, "unexpected end"},
		{"bad file", map[string][]byte{one: []byte("x")}, one + ": safetensors: 1 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := OpenFolder(write(t, c.files))
			if err != nil {
				if !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want %q", err, c.want)
				}
				return
			}
			for name := range strings.FieldsSeq(c.want) {
				if f.Tensors[name] == nil {
					t.Errorf("no %q", name)
				}
			}
			if n := len(strings.Fields(c.want)); n != len(f.Tensors) {
				t.Errorf("got %d tensors, want %d", len(f.Tensors), n)
			}
			if err := errors.Join(f.Close(), f.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	if _, err := OpenFolder(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}

// TestDrop wants a tensor's bytes to be those of the file before and after Drop,
// and to be released by Close.
func TestDrop(t *testing.T) {
	b := file(`{"a":{"dtype":"U8","shape":[70000],"data_offsets":[0,70000]},"b":{"dtype":"U8","shape":[1],"data_offsets":[70000,70001]}}`, 70001)
	f, err := Open(filepath.Join(write(t, map[string][]byte{"x": b}), "x"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		got := append(slices.Clone(f.Tensors[0].Data), f.Tensors[1].Data...)
		if !bytes.Equal(got, b[len(b)-70001:]) {
			t.Error("other bytes than the file's")
		}
		f.Tensors[0].Drop()
		f.Tensors[1].Drop()
	}
	if err := f.Close(); err != nil || f.Tensors[0].Data != nil {
		t.Errorf("closed: %v, data %v", err, f.Tensors[0].Data != nil)
	}
	f.Tensors[0].Drop()
}

// FuzzParse wants no panic, and the tensors of an accepted file to fill it.
func FuzzParse(f *testing.F) {
	f.Add(file(one("[2]", "[0,8]"), 8))
	f.Add(file(`{"__metadata__":{"format":"pt"},"b":{"dtype":"F16","shape":[2,2],"data_offsets":[0,8]}}`, 8))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse(data)
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Errorf("%v is not ErrFormat", err)
			}
			return
		}
		n := 8 + int(binary.LittleEndian.Uint64(data))
		for _, x := range s.Tensors {
			n += len(x.Data)
		}
		if n != len(data) {
			t.Errorf("tensors and header are %d bytes of %d", n, len(data))
		}
	})
}
