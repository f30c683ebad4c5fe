package chord_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// usable are the packages that a program of its own can build on, and the names
// in which each may show a type of an internal package all the same.
var usable = []struct {
	pkg    string
	except []string
}{
	{"quant", nil},
	{"bpe", nil},
	{"simd", nil},
	{"gguf", nil},
	{"sample", nil},
	{"", nil},
	{"grammar", nil},
	{"llama", []string{"Model.CacheConfig", "Model.NewCache", "PlanCache", "Token.Seq"}},
}

// TestExportedNamesOnly wants no exported function, method, field, variable or
// constraint of a usable package to name a type that only this module can name.
func TestExportedNamesOnly(t *testing.T) {
	var paths []string
	for _, u := range usable {
		paths = append(paths, path.Join(modulePath, u.pkg))
	}
	imports := importsOf(t, paths)
	for _, u := range usable {
		pkg, err := imports.Import(path.Join(modulePath, u.pkg))
		if err != nil {
			t.Fatal(err)
		}
		found := internalIn(pkg)
		for _, f := range found {
			if name, _, _ := strings.Cut(f, ": "); !slices.Contains(u.except, name) {
				t.Errorf("%s.%s, which others cannot name", u.pkg, f)
			}
		}
		for _, e := range u.except {
			if !slices.ContainsFunc(found, func(f string) bool { return strings.HasPrefix(f, e+": ") }) {
				t.Errorf("%s.%s is an exception without need", u.pkg, e)
			}
		}
	}
}

// shows is a package that shows a type of an internal one wherever it can.
const shows = `package p

import "m/internal/i"

type Own struct {
	Field  []i.T
	hidden i.T
	kept
}
type kept struct{ Promoted chan *i.T }
func (Own) Method(...i.T) {}
func (Own) method(i.T)    {}
type Alias = i.T
type List[E interface{ *i.T | int }] []E
type Face interface{ Do(map[string]i.T) }
type Embeds struct{ *i.T }
type Other List[int]
var Var = i.V
func Result() (int, func(i.T)) { return 0, nil }
func fine(i.T) {}
`

// TestExportedNamesFound shows that internalIn finds what is there.
func TestExportedNamesFound(t *testing.T) {
	inner := typesOf(t, "m/internal/i", "package i; type T int; var V T", nil)
	got := internalIn(typesOf(t, "m/p", shows, inner))
	var want []string
	for _, name := range []string{"Alias", "Embeds", "Face.Do", "List", "Own.Field", "Own.Promoted", "Own.Method", "Result", "Var"} {
		want = append(want, name+": m/internal/i.T")
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// typesOf returns the package of a source that imports no other than imported.
func typesOf(t *testing.T, path, source string, imported *types.Package) *types.Package {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, path+".go", source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	c := types.Config{Importer: one{imported}}
	pkg, err := c.Check(path, fset, []*ast.File{f}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return pkg
}

// one imports one package.
type one struct{ pkg *types.Package }

func (o one) Import(string) (*types.Package, error) { return o.pkg, nil }

// importsOf reads what the compiler has exported of packages and all that they
// import.
func importsOf(t *testing.T, paths []string) types.Importer {
	t.Helper()
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("it needs the go command")
	}
	args := append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}"}, paths...)
	out, err := exec.Command(goTool, args...).Output()
	if err != nil {
		if e, ok := err.(*exec.ExitError); ok {
			err = fmt.Errorf("%w: %s", err, e.Stderr)
		}
		t.Fatal(err)
	}
	files := map[string]string{}
	for line := range bytes.Lines(out) {
		if path, file, ok := strings.Cut(strings.TrimSpace(string(line)), " "); ok {
			files[path] = file
		}
	}
	return importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) { return os.Open(files[path]) })
}

// internalIn returns the exported names of pkg that show internal types, each
// as "Type.Method: name of the type".
func internalIn(pkg *types.Package) []string {
	w := &walk{pkg: pkg, seen: map[types.Type]bool{}}
	for _, name := range pkg.Scope().Names() {
		if o := pkg.Scope().Lookup(name); o.Exported() {
			w.typ(name, o.Type())
		}
	}
	return w.found
}

// A walk goes through the types that a package shows.
type walk struct {
	pkg   *types.Package
	seen  map[types.Type]bool // types with a name
	found []string
}

// typ looks at a type that is seen at where.
func (w *walk) typ(where string, t types.Type) {
	switch t := t.(type) {
	case *types.Alias:
		if w.named(where, t, t.Obj()) {
			w.typ(where, t.Rhs())
		}
	case *types.Named:
		for a := range t.TypeArgs().Types() {
			w.typ(where, a)
		}
		if w.named(where, t, t.Obj()) {
			if t.Obj().Exported() {
				where = t.Obj().Name()
			}
			for p := range t.TypeParams().TypeParams() {
				w.typ(where, p.Constraint())
			}
			w.typ(where, t.Underlying())
			for m := range t.Methods() {
				w.member(where, m)
			}
		}
	case *types.Signature:
		for p := range t.TypeParams().TypeParams() {
			w.typ(where, p.Constraint())
		}
		for v := range t.Params().Variables() {
			w.typ(where, v.Type())
		}
		for v := range t.Results().Variables() {
			w.typ(where, v.Type())
		}
	default:
		w.composite(where, t)
	}
}

// composite looks at the parts of a type without a name.
func (w *walk) composite(where string, t types.Type) {
	switch t := t.(type) {
	case *types.Struct:
		for f := range t.Fields() {
			if f.Embedded() { // what it has is promoted
				w.typ(where, f.Type())
				continue
			}
			w.member(where, f)
		}
	case *types.Interface:
		for m := range t.ExplicitMethods() {
			w.member(where, m)
		}
		for e := range t.EmbeddedTypes() {
			w.typ(where, e)
		}
	case *types.Union:
		for e := range t.Terms() {
			w.typ(where, e.Type())
		}
	case *types.Map:
		w.typ(where, t.Key())
		w.typ(where, t.Elem())
	case interface{ Elem() types.Type }: // pointer, slice, array, channel
		w.typ(where, t.Elem())
	}
}

// member looks at a method or field.
func (w *walk) member(of string, m types.Object) {
	if m.Exported() {
		w.typ(of+"."+m.Name(), m.Type())
	}
}

// named notes a type of an internal package and reports whether to look into
// t: one of the package itself that has not been looked into.
func (w *walk) named(where string, t types.Type, o *types.TypeName) bool {
	if o.Pkg() != nil && slices.Contains(strings.Split(o.Pkg().Path(), "/"), "internal") {
		w.found = append(w.found, where+": "+o.Pkg().Path()+"."+o.Name())
		return false
	}
	if o.Pkg() != w.pkg || w.seen[t] {
		return false
	}
	w.seen[t] = true
	return true
}
