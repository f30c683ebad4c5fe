package component

import (
	"bytes"
	"strings"
	"testing"

	"github.com/querent-ai/chord/internal/wit"
	files "github.com/querent-ai/chord/wit"
)

const words = `package a:b@1.0.0;
interface words {
    record pair { first: u32, second: string }
    resource word { length: func() -> pair; }
}
world w {
    import wasi:clocks/monotonic-clock@0.2.0;
    import wasi:clocks/wall-clock@0.2.0;
    import wasi:random/random@0.2.0;
    export words;
}
world bare { export words; }
world lost {
    import wasi:clocks/monotonic-clock@0.2.0;
    import wasi:clocks/wall-clock@0.2.0;
    import wasi:random/sneeze@0.2.0;
    export words;
}`

// parts are those of a small component, whose program does nothing.
func parts(t testing.TB) Parts {
	packages, err := wit.Load(files.FS)
	if err != nil {
		t.Fatal(err)
	}
	p, err := wit.Parse("words.wit", words)
	if err != nil {
		t.Fatal(err)
	}
	pointer := []wit.Core{wit.I32}
	write := signature{[]wit.Core{wit.I32, wit.I32, wit.I32, wit.I32}, pointer}
	program := &module{memory: 2, start: -1, imports: []coreImport{
		{"wasi_snapshot_preview1", "fd_write", write},
		{"wasi_snapshot_preview1", "fd_write", write},
		{"chord", "Add", signature{pointer, nil}},
		{"words", "[resource-new]word", signature{pointer, pointer}},
	}}
	program.bodies = append(program.bodies, []body{
		{name: "_initialize"},
		{name: "cabi_realloc", typ: write, code: number(0)},
		{name: "words#[dtor]word", typ: signature{pointer, nil}},
		{name: "words#[method]word.length", typ: signature{pointer, pointer}, code: number(0)},
		{name: "cabi_post_words#[method]word.length", typ: signature{pointer, nil}},
	}...)
	kernels := &module{start: -1, bodies: []body{{name: "Add", typ: signature{pointer, nil}}}}
	return Parts{append(packages, p), "w", program.bytes(), kernels.bytes()}
}

// A component has the modules of all parts, and the interface's whole name. Whether it is
// valid is what internal/tests/component asks other people's tools.
func TestMake(t *testing.T) {
	p := parts(t)
	got, err := Make(p)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(got, []byte("\x00asm\x01\x00\x00\x00")); n != 5 {
		t.Errorf("%d modules, want 5", n)
	}
	for _, name := range []string{"a:b/words@1.0.0", "wasi:clocks/wall-clock@0.2.0", "[method]word.length", "fd_write 2"} {
		if !bytes.Contains(got, []byte(name)) {
			t.Errorf("no %q", name)
		}
	}
	if again, err := Make(p); err != nil || !bytes.Equal(got, again) {
		t.Errorf("made twice it differs, %v", err)
	}
}

func TestMakeRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(p *Parts)
		want   string
	}{
		{"no world", func(p *Parts) { p.World = "x" }, `no world "x"`},
		{"a world without clocks", func(p *Parts) { p.World = "bare" }, "0 imports, want 3"},
		{"a world of unknown imports", func(p *Parts) { p.World = "lost" }, `there is no interface "wasi:random/sneeze@0.2.0"`},
		{"no program", func(p *Parts) { p.Program = nil }, "no module"},
		{"no kernels", func(p *Parts) { p.Kernels = p.Kernels[:4] }, "no module"},
		{"other kernels", func(p *Parts) { p.Kernels = bytes.Replace(p.Kernels, []byte("Add"), []byte("Sub"), 1) }, `the kernels export no "Add"`},
		{"another program", func(p *Parts) { p.Program = bytes.Replace(p.Program, []byte("#[dtor]"), []byte("#[drop]"), 1) }, `exports no ["words#[dtor]word"]`},
		{"types cut off", func(p *Parts) { p.Program = bytes.Replace(p.Program, []byte{0x60, 0}, []byte{0x60, 0x7f}, 1) }, "ends early"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := parts(t)
			c.change(&p)
			if _, err := Make(p); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// Any program is one or an error.
func FuzzMake(f *testing.F) {
	p := parts(f)
	f.Add(p.Program, p.Kernels)
	f.Fuzz(func(t *testing.T, program, kernels []byte) {
		p.Program, p.Kernels = program, kernels
		if got, err := Make(p); err == nil && len(got) < len(program) {
			t.Errorf("%d bytes of a program of %d", len(got), len(program))
		}
	})
}
