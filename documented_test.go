package chord_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
)

// undocumented returns the exported names f declares without a comment. A
// comment over a group of constants or variables speaks for all of them.
func undocumented(f *ast.File) []string {
	var names []string
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && d.Doc.Text() == "" && exportedReceiver(d) {
				names = append(names, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				names = append(names, undocumentedSpec(d, spec)...)
			}
		}
	}
	return names
}

// undocumentedSpec is undocumented for one line of a declaration.
func undocumentedSpec(d *ast.GenDecl, spec ast.Spec) []string {
	var names []string
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		if spec.Name.IsExported() && spec.Doc.Text() == "" && (d.Doc.Text() == "" || len(d.Specs) > 1) {
			names = append(names, spec.Name.Name)
		}
	case *ast.ValueSpec:
		for _, n := range spec.Names {
			if n.IsExported() && d.Doc.Text()+spec.Doc.Text()+spec.Comment.Text() == "" {
				names = append(names, n.Name)
			}
		}
	}
	return names
}

// exportedReceiver reports whether d is no method, or one of an exported type.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	switch g := typ.(type) {
	case *ast.IndexExpr:
		typ = g.X
	case *ast.IndexListExpr:
		typ = g.X
	}
	id, ok := typ.(*ast.Ident)
	return ok && id.IsExported()
}

// TestDocumented wants a comment on every exported name and every package.
func TestDocumented(t *testing.T) {
	packages := map[string]bool{}
	for _, s := range sources(t) {
		packages[s.pkg] = packages[s.pkg] || s.file.Doc.Text() != ""
		for _, name := range undocumented(s.file) {
			t.Errorf("%s: %s has no comment", s.name, name)
		}
	}
	for pkg, ok := range packages {
		if !ok {
			t.Errorf("package %q has no package comment", pkg)
		}
	}
}

// TestSizes reports what is longer than the style's 200 lines a file and 40 a
// function. It never fails: they are examples to follow, not limits.
func TestSizes(t *testing.T) {
	const fileLines, funcLines = 200, 40
	for _, s := range sources(t) {
		if ast.IsGenerated(s.file) {
			continue
		}
		if n := s.fset.Position(s.file.FileEnd).Line; n > fileLines {
			t.Logf("%s: %d lines", s.name, n)
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			if n := s.fset.Position(f.End()).Line - s.fset.Position(f.Pos()).Line + 1; n > funcLines {
				t.Logf("%s: %s has %d lines", s.name, f.Name.Name, n)
			}
		}
	}
}

// withoutExample are the exported functions and methods of the root that have no
// Example, and why.
var withoutExample = map[string]string{
	"Model.LoadAdapterFS": "see ExampleModel_LoadAdapter",
	"Adapter.Close":       "see ExampleModel_LoadAdapter",
	"Model.Context":       "it is Info().Context",
	"Session.Close":       "every Example of a session calls it",
	"Session.Len":         "see ExampleSession_Append",
	"Result.PromptRate":   "see ExampleResult_TokenRate",
	"ParamError.Error":    "see ExampleParamError",
	"ParamError.Is":       "see ExampleParamError",
	"VerifyError.Error":   "see ExampleModel_Verify",
	"VerifyError.Is":      "see ExampleModel_Verify",
	"BusyError.Error":     "see ExampleBusyError",
	"BusyError.Is":        "see ExampleBusyError",
	"FitsFS":              "see ExampleFits",
}

// TestExamples wants an Example of every exported function and method of the
// root package, or a row of withoutExample.
func TestExamples(t *testing.T) {
	examples := examplesIn(t)
	listed := map[string]bool{}
	for _, s := range sources(t) {
		if s.pkg != "" {
			continue
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !f.Name.IsExported() || !exportedReceiver(f) {
				continue
			}
			name := f.Name.Name
			if f.Recv != nil {
				name = receiver(f) + "." + name
			}
			has := examples["Example"+strings.ReplaceAll(name, ".", "_")]
			switch _, row := withoutExample[name]; {
			case has && row:
				t.Errorf("%s has an Example and a row of withoutExample", name)
			case !has && !row:
				t.Errorf("%s has no Example", name)
			}
			listed[name] = true
		}
	}
	for name := range withoutExample {
		if !listed[name] {
			t.Errorf("withoutExample has %s, which is not there", name)
		}
	}
}

// examplesIn returns the Examples of the root package, those of a suffix by
// their names without it.
func examplesIn(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	examples := map[string]bool{}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Example") {
				parts := strings.Split(f.Name.Name, "_")
				if last := parts[len(parts)-1]; len(parts) > 1 && unicode.IsLower(rune(last[0])) {
					parts = parts[:len(parts)-1]
				}
				examples[strings.Join(parts, "_")] = true
			}
		}
	}
	return examples
}

// receiver returns the name of a method's type.
func receiver(f *ast.FuncDecl) string {
	typ := f.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	id, _ := typ.(*ast.Ident)
	return id.Name
}
