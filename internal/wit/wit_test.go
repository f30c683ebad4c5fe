package wit

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/querent-ai/chord/wit"
)

const example = `/// A package.
package a:b@1.2.3;

/// Words.
interface words {
    /// A number.
    type id = u32;
    record pair { first: id, second: option<f64>, }
    variant end { none, some(pair), text(string) }
    enum kind { one, two }
    make: func(a: tuple<u8, u64>, k: kind) -> list<pair>;
    /// A word,
    /// of letters.
    resource word {
        constructor(text: string);
        length: func() -> result<u64, end>;
        join: static func(a: borrow<word>, b: borrow<word>) -> result<word>;
        drop-it: func();
    }
}

world w { import x:y/z@0.2.0; export words; }
`

func TestParse(t *testing.T) {
	p, err := Parse("a.wit", example)
	if err != nil {
		t.Fatal(err)
	}
	i := p.Interfaces[0]
	if p.Name != "a:b" || p.Version != "1.2.3" || p.ID("words") != "a:b/words@1.2.3" || i.Doc != "Words." || i.Types[0].Doc != "A number." {
		t.Errorf("package %+v, interface %+v", p, i)
	}
	w := p.Worlds[0]
	if !slices.Equal(w.Imports, []string{"x:y/z@0.2.0"}) || !slices.Equal(w.Exports, []string{"a:b/words@1.2.3"}) {
		t.Errorf("world %+v", w)
	}
	var names []string
	for _, f := range i.Funcs {
		names = append(names, f.Name)
	}
	want := []string{"make", "[constructor]word", "[method]word.length", "[static]word.join", "[method]word.drop-it"}
	if !slices.Equal(names, want) {
		t.Errorf("functions %q, want %q", names, want)
	}
	if len(i.Resources) != 1 || i.Resources[0].Doc != "A word,\nof letters." {
		t.Errorf("resources %+v", i.Resources)
	}
	if self := i.Funcs[2].Params[0]; self.Name != "self" || self.Type.Kind != Borrow || self.Type.Resource != i.Resources[0] {
		t.Errorf("self is %+v", self)
	}
}

// TestLayout compares with sizes and values worked out by hand from [abi].
func TestLayout(t *testing.T) {
	p, err := Parse("a.wit", example)
	if err != nil {
		t.Fatal(err)
	}
	i := p.Interfaces[0]
	types := map[string]*Type{}
	for _, t := range i.Types {
		types[t.Name] = t
	}
	types["tuple"] = i.Funcs[0].Params[0].Type
	types["list"] = i.Funcs[0].Result
	types["result"] = i.Funcs[2].Result
	types["no error"] = i.Funcs[3].Result
	for _, c := range []struct {
		name               string
		size, align, start int // start of a variant's value
		flat               string
	}{
		{"id", 4, 4, 0, "\x7f"},
		{"pair", 24, 8, 0, "\x7f\x7f\x7c"},
		{"end", 32, 8, 8, "\x7f\x7f\x7f\x7c"},
		{"kind", 1, 1, 1, "\x7f"},
		{"tuple", 16, 8, 0, "\x7f\x7e"},
		{"list", 8, 4, 0, "\x7f\x7f"},
		{"result", 40, 8, 8, "\x7f\x7e\x7f\x7f\x7c"},
		{"no error", 8, 4, 4, "\x7f\x7f"},
	} {
		x := types[c.name]
		var flat string
		for _, v := range x.Flat() {
			flat += string([]byte{byte(v)})
		}
		if x.Size() != c.size || x.Align() != c.align || flat != c.flat || c.start > 0 && x.Payload() != c.start {
			t.Errorf("%s: size %d, alignment %d, value at %d, flat %q; want %+v", c.name, x.Size(), x.Align(), x.Payload(), flat, c)
		}
	}
	if offsets, end := Offsets(types["pair"].Fields); !slices.Equal(offsets, []int{0, 8}) || end != 24 {
		t.Errorf("offsets %d, end %d", offsets, end)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", `a.wit:1: "", want "package"`},
		{"unknown type", "package a:b;\ninterface i {\n f: func(a: thing);\n}", `a.wit:3: there is no type "thing"`},
		{"twice", "package a:b;\ninterface i {\n type a = u8;\n type a = u8; }", `a.wit:4: "a" is defined twice`},
		{"no interface", "package a:b; world w { export i; }", `there is no interface "i"`},
		{"cut off", "package a:b; interface i { record r { a: u8", `"", want "}"`},
		{"neither", "package a:b; thing", "neither an interface nor a world"},
		{"no name", "package a:b; interface {", `"{", want a name`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Parse("a.wit", c.text); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// Chord's own files can be read, and of others the error says which.
func TestLoad(t *testing.T) {
	all, err := Load(wit.FS)
	if err != nil || len(all) != 3 {
		t.Fatalf("%d packages, %v", len(all), err)
	}
	_, err = Load(fstest.MapFS{"deps/bad.wit": {Data: []byte("package")}})
	if err == nil || !strings.Contains(err.Error(), "deps/bad.wit:1") {
		t.Errorf("got %v", err)
	}
}

// Any text is a package or an error.
func FuzzParse(f *testing.F) {
	f.Add(example)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<12 { // nested types
			return
		}
		if p, err := Parse("a.wit", text); err == nil && p.Name == "" && p.Version == "" && len(text) == 0 {
			t.Error("an empty package")
		}
	})
}
