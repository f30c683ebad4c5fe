package chord_test

import (
	"go/ast"
	"testing"
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
