package wasmlink

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// program is a module as Go links it, with an import and a memory of five pages.
const program = "\x00asm\x01\x00\x00\x00" +
	"\x01\x04\x01\x60\x00\x00" +
	"\x02\x0a\x01\x04gojs\x01f\x00\x00" +
	"\x05\x03\x01\x00\x05" +
	"\x07\x07\x01\x03mem\x02\x00"

func TestImportMemory(t *testing.T) {
	for _, c := range []struct {
		name   string
		shared bool
		want   string // of the memory
		how    string
	}{
		{"plain", false, "\x05chord\x06memory\x02\x00\x05", `{"initial":5}`},
		{"shared", true, "\x05chord\x06memory\x02\x03\x05\x80\x80\x04", `{"initial":5,"maximum":65536,"shared":true}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			imports := "\x02\x04gojs\x01f\x00\x00" + c.want
			section := "\x0cchord.memory" + c.how
			want := program[:14] + "\x02" + string(rune(len(imports))) + imports + program[31:] + "\x00" + string(rune(len(section))) + section
			got, err := ImportMemory([]byte(program), c.shared)
			if err != nil || string(got) != want {
				t.Errorf("got %q (%v), want %q", got, err, want)
			}
		})
	}
}

func TestImportMemoryRefuses(t *testing.T) {
	for _, c := range []struct{ name, module, want string }{
		{"no module", "MZ", "no module"},
		{"cut off", program[:len(program)-1], "ends behind"},
		{"without memory", strings.Replace(program, "\x05\x03\x01\x00\x05", "", 1), "without a memory"},
		{"two memories", strings.Replace(program, "\x05\x03\x01\x00\x05", "\x05\x05\x02\x00\x05\x00\x05", 1), "not one memory"},
		{"shared already", strings.Replace(program, "\x05\x03\x01\x00\x05", "\x05\x04\x01\x03\x05\x05", 1), "not one memory"},
		{"too large", strings.Replace(program, "\x05\x03\x01\x00\x05", "\x05\x05\x01\x00\x81\x80\x04", 1), "impossible size"},
		{"without imports", strings.Replace(program, "\x02\x0a\x01\x04gojs\x01f\x00\x00", "", 1), "without imports"},
		{"empty imports", strings.Replace(program, "\x02\x0a\x01\x04gojs\x01f\x00\x00", "\x02\x00", 1), "end early"},
	} {
		got, err := ImportMemory([]byte(c.module), false)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %q, %v, want an error with %q", c.name, got, err, c.want)
		}
	}
}

// Any bytes are a module or an error.
func FuzzImportMemory(f *testing.F) {
	f.Add([]byte(program), true)
	f.Fuzz(func(t *testing.T, module []byte, shared bool) {
		got, err := ImportMemory(module, shared)
		if err != nil {
			return
		}
		if again, err := ImportMemory(got, shared); err == nil {
			t.Errorf("a memory is imported twice: %x", again)
		}
	})
}

// A section of data makes the memory that it was made of.
func TestImage(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, zeros := range []int{0, 1, minZeros - 1, minZeros, 100} {
		memory := make([]byte, zeros)
		for range 50 {
			memory = append(memory, make([]byte, rng.IntN(zeros+1))...)
			for range rng.IntN(300) {
				memory = append(memory, byte(1+rng.IntN(255)))
			}
		}
		got, err := image(appendImage(nil, memory))
		if err != nil || !bytes.Equal(got, memory) {
			t.Errorf("zeros=%d: got %d bytes (%v), want %d that are equal", zeros, len(got), err, len(memory))
		}
	}
}

// tabled is a module with a table of a function f of a file g, whose lines and frame
// share a table of values at 4: the lines' own is at 1.
func tabled(edit func(b []byte)) []byte {
	b := append(bytes.Clone(tableMagic), make([]byte, 72-8)...)
	word := func(at int, v uint64) { binary.LittleEndian.PutUint64(b[8*at:], v) }
	word(1, 1)
	for i, at := range []uint64{72, 74, 74, 76, 83} {
		word(4+i, at)
	}
	b = append(b, "f\x00g\x00\x00\x02\x01\x00\x04\x01\x00"...)
	b = binary.LittleEndian.AppendUint64(b, 8<<32)
	for _, v := range []uint32{9, 1, 0, 0, 4, 4, 1, 0, 5, 6, 7} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	if edit != nil {
		edit(b)
	}
	s := appendImage(nil, b)
	return appendSection(bytes.Clone(magic), section{dataSection, s})
}

func TestStripLines(t *testing.T) {
	got, err := StripLines(tabled(nil))
	if err != nil {
		t.Fatal(err)
	}
	want := tabled(func(b []byte) {
		clear(b[72:76])                               // names
		clear(b[77:80])                               // values of lines only
		for _, at := range []int{4, 20, 24, 32, 36} { // of the record, at 83 + 8
			clear(b[91+at:][:4])
		}
	})
	if !bytes.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for _, c := range []struct {
		name string
		edit func(b []byte)
		want string
	}{
		{"another version", func(b []byte) { b[0] = 0xf2 }, "not one table"},
		{"parts out of order", func(b []byte) { b[8*5] = 1 }, "other parts"},
		{"too many functions", func(b []byte) { b[8] = 200 }, "other parts"},
		{"a record behind the end", func(b []byte) { b[87] = 200 }, "ends behind"},
		{"too many tables", func(b []byte) { b[91+28] = 1 }, "ends behind"},
		{"a table without an end", func(b []byte) { b[82] = 1 }, "no end"},
	} {
		if got, err := StripLines(tabled(c.edit)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %q, %v, want an error with %q", c.name, got, err, c.want)
		}
	}
	if _, err := StripLines([]byte(program)); err == nil {
		t.Error("a program without data has no error")
	}
}

// Any bytes are a program or an error.
func FuzzStripLines(f *testing.F) {
	f.Add(tabled(nil))
	f.Fuzz(func(t *testing.T, module []byte) {
		_, _ = StripLines(module)
	})
}

// This Go's wasm_exec.js is as PatchExec knows it, and another is refused.
func TestPatchExec(t *testing.T) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	js, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := PatchExec(js)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range patches {
		if !bytes.Contains(got, []byte(p.new)) {
			t.Errorf("%q is missing", p.new)
		}
	}
	if _, err := PatchExec(got); err == nil {
		t.Error("a patched copy is patched again")
	}
}
