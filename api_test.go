package chord_test

import (
	"flag"
	"fmt"
	"go/types"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var updateAPI = flag.Bool("update-api", false, "write the exported API to testdata/api")

// published are the packages whose exported API is kept in testdata/api, a
// declaration a line.
var published = []string{"", "bpe", "chordtest", "gguf", "grammar", "llama", "quant", "sample", "simd"}

// TestAPI shows every change to the exported API: what it is now must be what is
// kept. A change that is meant is accepted with
//
//	go test -run TestAPI . -update-api
func TestAPI(t *testing.T) {
	var paths []string
	for _, p := range published {
		paths = append(paths, path.Join(modulePath, p))
	}
	imports := importsOf(t, paths)
	for i, p := range published {
		pkg, err := imports.Import(paths[i])
		if err != nil {
			t.Fatal(err)
		}
		name := p
		if p == "" {
			name = "chord"
		}
		file := filepath.Join("testdata", "api", name+".txt")
		got := exportedAPI(pkg)
		if *updateAPI {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(strings.Join(got, "\n")+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		kept := strings.Split(strings.TrimSuffix(strings.ReplaceAll(string(b), "\r", ""), "\n"), "\n")
		for _, line := range got {
			if !slices.Contains(kept, line) {
				t.Errorf("%s: new: %s", name, line)
			}
		}
		for _, line := range kept {
			if !slices.Contains(got, line) {
				t.Errorf("%s: gone: %s", name, line)
			}
		}
	}
	if t.Failed() {
		t.Log("accept what is meant: go test -run TestAPI . -update-api")
	}
}

// exportedAPI returns the exported declarations of a package, in order.
func exportedAPI(pkg *types.Package) []string {
	short := func(p *types.Package) string {
		if p == pkg {
			return ""
		}
		return p.Name()
	}
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for _, name := range pkg.Scope().Names() {
		obj := pkg.Scope().Lookup(name)
		if !obj.Exported() {
			continue
		}
		switch o := obj.(type) {
		case *types.Const:
			add("const %s %s = %s", name, types.TypeString(o.Type(), short), o.Val())
		case *types.TypeName:
			addType(add, o, short)
		default:
			add("%s", types.ObjectString(obj, short))
		}
	}
	slices.Sort(lines)
	return lines
}

// addType adds a type with its exported fields and methods.
func addType(add func(format string, args ...any), o *types.TypeName, short types.Qualifier) {
	under := o.Type().Underlying()
	s, isStruct := under.(*types.Struct)
	switch {
	case o.IsAlias():
		add("%s", types.ObjectString(o, short))
		return
	case isStruct:
		add("type %s struct", o.Name())
		for i := range s.NumFields() {
			if f := s.Field(i); f.Exported() {
				add("type %s struct, %s %s %s", o.Name(), f.Name(), types.TypeString(f.Type(), short), s.Tag(i))
			}
		}
	default:
		add("type %s %s", o.Name(), types.TypeString(under, short))
	}
	named, ok := o.Type().(*types.Named)
	for i := 0; ok && i < named.NumMethods(); i++ {
		if m := named.Method(i); m.Exported() {
			add("%s", types.ObjectString(m, short))
		}
	}
}

// TestAPIShowsChanges shows that a changed field, method, constant and function
// each give another line.
func TestAPIShowsChanges(t *testing.T) {
	one := exportedAPI(typesOf(t, "m/p", "package p; type T struct { A int; b int }; func (T) M(int) {}; const C = 1; func F() {}", nil))
	two := exportedAPI(typesOf(t, "m/p", "package p; type T struct { A int8; b int8 }; func (*T) M(int) {}; const C = 2; func F() error { return nil }", nil))
	same := 0
	for _, line := range one {
		if slices.Contains(two, line) {
			same++
		}
	}
	if len(one) != 5 || len(two) != 5 || same != 1 { // type T struct
		t.Errorf("%q, %q: %d lines are the same, want one", one, two, same)
	}
}
