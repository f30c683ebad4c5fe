package gguf

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/querent-ai/chord/quant"
)

// part writes one part of a split model: keys about the split, and one tensor.
func part(t *testing.T, no, count uint16, total int32, tensor string) []byte {
	return mustWrite(t,
		[]KV{{"split.no", no}, {"split.count", count}, {"split.tensors.count", total}},
		[]WriteTensor{{tensor, quant.I8, []uint64{40}, pieces(fill(40, int(no)), 40)}})
}

// splitModel is a model of three parts in a folder.
func splitModel(t *testing.T) fstest.MapFS {
	fsys := fstest.MapFS{}
	for no := range uint16(3) {
		fsys[partName(int(no))] = &fstest.MapFile{Data: part(t, no, 3, 3, fmt.Sprintf("t%d", no))}
	}
	return fsys
}

func partName(no int) string { return fmt.Sprintf("dir/m-%05d-of-00003.gguf", no+1) }

func TestSplitOpensByAnyPart(t *testing.T) {
	fsys := splitModel(t)
	dir := t.TempDir()
	if err := os.CopyFS(dir, fsys); err != nil {
		t.Fatal(err)
	}
	for no := range 3 {
		name := partName(no)
		for how, open := range map[string]func() (*File, error){
			"OpenFS":          func() (*File, error) { return OpenFS(fsys, name) },
			"OpenFS of a dir": func() (*File, error) { return OpenFS(os.DirFS(dir), name) },
			"Open":            func() (*File, error) { return Open(filepath.Join(dir, filepath.FromSlash(name))) },
		} {
			f, err := open()
			if err != nil {
				t.Fatalf("%s %s: %v", how, name, err)
			}
			if v, _, _ := f.Int("split.no"); v != 0 || len(f.Parts) != 3 || len(f.Tensors) != 3 {
				t.Errorf("%s %s: got part %d first, %d parts, %d tensors", how, name, v, len(f.Parts), len(f.Tensors))
			}
			for i := range f.Tensors {
				tn, ok := f.Tensor(fmt.Sprintf("t%d", i))
				if !ok || tn.Part != i {
					t.Fatalf("%s %s: tensor %d: %+v", how, name, i, tn)
				}
				if d, err := f.Data(tn); err != nil || string(d) != string(fill(40, i)) {
					t.Errorf("%s %s: data of %s differ, %v", how, name, tn.Name, err)
				}
				f.Drop(tn)
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestHostileSplits(t *testing.T) {
	good := func(no uint16) []byte { return part(t, no, 3, 3, fmt.Sprintf("t%d", no)) }
	only := func(kv ...KV) []byte { return mustWrite(t, kv, nil) }
	tests := []struct {
		name string
		open string
		file map[int][]byte // replaces a part
		want string
	}{
		{"split.no equal to split.count", partName(0), map[int][]byte{0: part(t, 3, 3, 3, "t")}, `key "split.no": part 3 of 3`},
		{"split.no missing", partName(0), map[int][]byte{0: only(KV{"split.count", uint16(3)})}, "no key split.no"},
		{"split.no a string", partName(0), map[int][]byte{0: only(KV{"split.count", uint16(3)}, KV{"split.no", "0"})}, "STRING, want an integer"},
		{"split.no negative", partName(0), map[int][]byte{0: only(KV{"split.count", uint16(3)}, KV{"split.no", int16(-1)})}, "part -1 of 3"},
		{"split.count 2^63-1", partName(0), map[int][]byte{0: only(KV{"split.count", int64(1<<63 - 1)}, KV{"split.no", 0 + uint8(0)})}, "should have a name that ends in"},
		{"split.count not the name's", partName(0), map[int][]byte{0: part(t, 0, 4, 4, "t0")}, "name that ends in -00001-of-00004.gguf"},
		{"other count in the second", partName(0), map[int][]byte{1: part(t, 1, 4, 4, "t1")}, "4 parts, but the name says 3"},
		{"parts swapped", partName(0), map[int][]byte{1: good(2), 2: good(1)}, "part 2, counted from 0, but the name says 1"},
		{"first part is another", partName(1), map[int][]byte{0: good(2)}, "part 2, counted from 0, but the name says 0"},
		{"second part whole", partName(0), map[int][]byte{1: only()}, "1 parts, but the name says 3"},
		{"tensor in two parts", partName(0), map[int][]byte{2: part(t, 2, 3, 3, "t0")}, `tensor "t0": also in part 1`},
		{"tensor missing", partName(0), map[int][]byte{0: part(t, 0, 3, 4, "t0"), 1: part(t, 1, 3, 4, "t1"), 2: part(t, 2, 3, 4, "t2")}, "4 tensors, but the parts have 3"},
		{"part of another model", partName(0), map[int][]byte{1: part(t, 1, 3, 9, "t1")}, `m-00002-of-00003.gguf: key "split.tensors.count": 9 tensors in all, but the first part says 3`},
		{"second part cut", partName(0), map[int][]byte{1: good(1)[:100]}, "m-00002-of-00003.gguf"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fsys := splitModel(t)
			for no, b := range tt.file {
				fsys[partName(no)] = &fstest.MapFile{Data: b}
			}
			f, err := OpenFS(fsys, tt.open)
			if f != nil || !errors.Is(err, ErrFormat) || !strings.Contains(fmt.Sprint(err), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestSplitPartMissing(t *testing.T) {
	fsys := splitModel(t)
	delete(fsys, partName(2))
	if _, err := OpenFS(fsys, partName(0)); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), partName(2)) {
		t.Errorf("got %v, want fs.ErrNotExist with the name", err)
	}
}

func TestSplitByReaderIsRefused(t *testing.T) {
	_, err := readBytes(part(t, 1, 3, 3, "t"))
	if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "part 2 of 3") {
		t.Errorf("got %v", err)
	}
	if _, err := readBytes(part(t, 0, 1, 1, "t")); err != nil {
		t.Errorf("one part of one: %v", err)
	}
}
