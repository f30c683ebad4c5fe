package chord_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// spins are the functions of tests and benchmarks that wait by looking at the
// clock, and judge nothing by it.
var spins = []string{
	"llama/gc_test.go: collect", "internal/engine/yield_js_test.go: TestEventsCome",
	"server/soak_test.go: TestSoak", // goes on for the time that it is asked for
}

// timed returns the functions of a test file that compare what time.Since
// returned, or a variable that it was assigned to. Files that import
// testing/synctest have a virtual clock, which no busy machine delays.
func timed(name string, src any) (found []string, err error) {
	f, err := parser.ParseFile(token.NewFileSet(), name, src, 0)
	if err != nil {
		return nil, err
	}
	for _, imp := range f.Imports {
		if imp.Path.Value == `"testing/synctest"` {
			return nil, nil
		}
	}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || strings.HasPrefix(fn.Name.Name, "Benchmark") {
			continue
		}
		vars := map[string]bool{}
		elapsed := func(e ast.Node) (yes bool) {
			ast.Inspect(e, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Ident:
					yes = yes || vars[n.Name]
				case *ast.SelectorExpr:
					x, ok := n.X.(*ast.Ident)
					yes = yes || ok && x.Name == "time" && n.Sel.Name == "Since"
				}
				return !yes
			})
			return yes
		}
		ast.Inspect(fn, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for i, r := range n.Rhs {
					if id, ok := n.Lhs[i].(*ast.Ident); ok && elapsed(r) {
						vars[id.Name] = true
					}
				}
			case *ast.BinaryExpr:
				if slices.Contains([]token.Token{token.LSS, token.GTR, token.LEQ, token.GEQ}, n.Op) && (elapsed(n.X) || elapsed(n.Y)) {
					found = append(found, fmt.Sprintf("%s: %s", filepath.ToSlash(name), fn.Name.Name))
				}
			}
			return true
		})
	}
	return slices.Compact(found), nil
}

// TestNoTestJudgesTime looks through all tests: on a busy machine anything may
// take any time. Tests count; benchmarks time.
func TestNoTestJudgesTime(t *testing.T) {
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		found, err := timed(name, nil)
		for _, f := range found {
			if !slices.Contains(spins, f) {
				t.Errorf("%s judges time", f)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]int{
		"if time.Since(s) > x {}":                         1,
		"d := time.Since(s); if y < d {}":                 1,
		"d := x; d = min(d, time.Since(s)); if d >= y {}": 1,
		"d := time.Since(s); print(d)":                    0,
		"if a < b {}":                                     0,
	} {
		if found, err := timed("x_test.go", "package x; func TestX() { "+body+" }"); err != nil || len(found) != want {
			t.Errorf("%s: %q, %v", body, found, err)
		}
	}
}
