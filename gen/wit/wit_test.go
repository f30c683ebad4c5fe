package wit

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/querent-ai/chord/internal/wit"
)

// cmd/chord-component has what the generator writes.
func TestFile(t *testing.T) {
	packages, err := wit.Load(os.DirFS(filepath.Join("..", "..", "wit")))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range packages {
		for _, i := range p.Interfaces {
			if i.Name != "models" {
				continue
			}
			want, err := Bindings(i)
			if err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(filepath.Join("..", "..", "cmd", "chord-component", "zmodels.go"))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("zmodels.go is not what the generator writes (%v): run go generate ./...", err)
			}
			return
		}
	}
	t.Error("there is no interface models")
}

// What no interface has needed yet is refused, not written wrongly.
func TestRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a variant as a parameter", "variant v { a(u8) } f: func(v: v);", "a parameter of type v"},
		{"in a list", "variant v { a(u8) } f: func(v: list<v>);", "a parameter of type v"},
		{"another error", "f: func() -> result<u8, string>;", "not of type error"},
		{"a float", "f: func(a: option<f32>);", "a parameter of type float32 that is not in memory"},
		{"a tuple", "f: func(a: list<tuple<u8, u8>>);", "a type of kind 16 without a name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := wit.Parse("a.wit", "package a:b; interface i { "+c.text+" }")
			if err != nil {
				t.Fatal(err)
			}
			if source, err := Bindings(p.Interfaces[0]); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q\n%s", err, c.want, source)
			}
		})
	}
}
