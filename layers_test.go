package chord_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const modulePath = "github.com/querent-ai/chord"

// layers is the house plan: every package of the module and the layer it lies
// in. A package may import only packages of lower layers, so every row also
// says what may import it. "" is the root package, a last element "*" any
// folder. The module gen is outside: it writes asm and is never imported.
var layers = []struct {
	pkg   string
	layer int
}{
	{"asm/*", 0},
	{"quant", 0},
	{"tales", 0},
	{"web", 0},            // files of the page
	{"internal/ab", 2},    // two functions in turn, for benchmarks
	{"internal/bench", 1}, // names of tests, medians, rows: what all benchmarks share
	{"internal/cpu", 0},
	{"internal/mmap", 0},
	{"internal/wasmlink", 0}, // for cmd/chord-wasm and cmd/chord-component
	{"internal/wit", 0},      // for cmd/chord-component and gen
	{"internal/component", 1},
	{"wit", 0}, // the component's interface
	{"internal/par", 0},
	{"internal/fixtures", 0}, // for tests only
	{"internal/leak", 0},     // for tests only
	{"internal/seam", 0},     // for tests only
	{"internal/fetch", 0},    // for testdata/fetch only
	{"simd", 1},
	{"gguf", 1},
	{"internal/jinja", 1},
	{"internal/safetensors", 1}, // another container, for internal/convert
	{"bpe", 2},
	{"sample", 2},
	{"grammar", 2},
	{"internal/chat", 3},
	{"internal/kvcache", 1},
	{"internal/kvdisk", 2}, // its chunks in a directory
	{"internal/schema", 0},
	{"internal/stream", 0},
	{"internal/draft", 0},     // speculative decoding: proposals and what they cost
	{"internal/constrain", 3}, // which tokens may come next
	{"internal/generate", 4},  // texts, token by token
	{"internal/embed", 4},     // vectors and scores of texts
	{"internal/quantize", 2},
	{"internal/vision", 2}, // pictures to rows for a text model
	{"internal/synth", 3},
	{"llama", 2},
	{"internal/engine", 3}, // many callers, one model
	{"internal/sessionfile", 4},
	{"internal/hub", 4},    // models from Hugging Face, for commands and servers
	{"internal/inside", 4}, // what commands may do with a model that its API does not offer
	{"", 5},
	{"chordtest", 6}, // models for tests
	{"internal/figures", 6},
	{"internal/modelbench", 6}, // what chord bench measures and prints
	{"internal/eval", 6},
	{"internal/convert", 6},     // other people's models to GGUF: what people run, no part of the library
	{"server/internal/wire", 6}, // the JSON of requests
	{"server/sse", 6},           // following streams, for clients
	{"server/internal/core", 7}, // what APIs are made of
	{"server/batch", 8},         // files of requests
	{"server/batch/queue", 9},   // given to workers, through NATS
	{"server/internal/*", 9},    // one API each
	{"server", 10},              // over HTTP, a module of its own
	{"adapters/*", 11},          // to frameworks, modules of their own
	{"cmd/*", 11},
	{"cmd/chord-component/build", 11},
	{"cmd/chord-wasm/build", 11},
	{"cmd/libchord/build", 11},
	{"packaging", 11}, // what a release consists of
	{"examples/*", 11},
}

// libraryLayer is the highest layer of the library; what lies above it is a
// face and may use any well-kept module.
const libraryLayer = 5

// libraryModules are the only modules the library may import.
var libraryModules = []string{"golang.org/x/sys", "github.com/klauspost/cpuid/v2"}

// onlyIn lists imports that have one door: who alone may import them.
var onlyIn = []struct {
	what    string // import path, "asm/*" for the kernels
	allowed []string
}{
	{"unsafe", []string{"quant", "simd", "internal/mmap", "asm/wasm", "cmd/chord-component", "cmd/libchord"}},
	{"C", []string{"cmd/libchord"}},
	{modulePath + "/asm/*", []string{"simd"}},
	{modulePath + "/asm/evex256", []string{"tests"}},
	{modulePath + "/asm/free512", []string{"tests"}},
	{"github.com/klauspost/cpuid/v2", []string{"internal/cpu"}},
	{"golang.org/x/sys/cpu", []string{"internal/cpu"}},
}

// A source is one Go file of the module that is no test.
type source struct {
	pkg  string // folder, "" for the root
	name string // path from the root
	file *ast.File
	fset *token.FileSet
}

// sources parses every Go file of the module but tests, whatever its build
// constraints: a rule that holds on one system only would not be a rule.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); name != "." && (base == "testdata" || name == "gen" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		slash := filepath.ToSlash(name)
		all = append(all, source{pkg: strings.TrimPrefix(path.Dir(slash), "."), name: slash, file: f, fset: fset})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// matches reports whether pattern names pkg; a last element "*" is any one.
func matches(pattern, pkg string) bool {
	ok, err := path.Match(pattern, pkg)
	return err == nil && ok
}

// layerOf returns the layer of a folder, and whether the plan has it.
func layerOf(pkg string) (int, bool) {
	for _, l := range layers {
		if matches(l.pkg, pkg) {
			return l.layer, true
		}
	}
	return 0, false
}

// within reports whether import path p is module m or lies in it.
func within(m, p string) bool { return p == m || strings.HasPrefix(p, m+"/") }

// checkImport returns what is wrong with pkg importing p, "" if nothing is.
func checkImport(pkg, p string) string {
	from, ok := layerOf(pkg)
	if !ok {
		return fmt.Sprintf("package %q is not in the house plan: add it to layers", pkg)
	}
	for _, o := range onlyIn {
		if matches(o.what, p) && !slices.Contains(o.allowed, pkg) {
			return fmt.Sprintf("only %q may import %s", o.allowed, p)
		}
	}
	if within(modulePath, p) {
		target := strings.TrimPrefix(strings.TrimPrefix(p, modulePath), "/")
		to, ok := layerOf(target)
		if !ok {
			return fmt.Sprintf("%s is not in the house plan", p)
		}
		if to >= from {
			return fmt.Sprintf("layer %d imports %s of layer %d: imports go down only", from, p, to)
		}
		return ""
	}
	module := strings.Contains(strings.SplitN(p, "/", 2)[0], ".")
	library := slices.ContainsFunc(libraryModules, func(m string) bool { return within(m, p) })
	if module && !library && from <= libraryLayer {
		return fmt.Sprintf("the library may not import %s", p)
	}
	return ""
}

// TestLayers holds the import rules over every file of the module.
func TestLayers(t *testing.T) {
	for _, s := range sources(t) {
		for _, imp := range s.file.Imports {
			if wrong := checkImport(s.pkg, strings.Trim(imp.Path.Value, `"`)); wrong != "" {
				t.Errorf("%s: %s", s.name, wrong)
			}
		}
		if _, ok := layerOf(s.pkg); !ok && len(s.file.Imports) == 0 {
			t.Errorf("%s: package %q is not in the house plan: add it to layers", s.name, s.pkg)
		}
	}
}

// TestLayersExist fails on rows without a package: the table shows the house as it
// is.
func TestLayersExist(t *testing.T) {
	exists := func(pattern string) bool { // with tests only, too
		files, err := filepath.Glob(filepath.Join(filepath.FromSlash(pattern), "*.go"))
		return err == nil && len(files) > 0
	}
	for _, l := range layers {
		if !exists(l.pkg) {
			t.Errorf("layers: there is no package %q", l.pkg)
		}
	}
	for _, o := range onlyIn {
		for _, pkg := range o.allowed {
			if pkg != "tests" && !exists(pkg) {
				t.Errorf("onlyIn: there is no package %q", pkg)
			}
		}
	}
}

// TestLayersRules shows that the rules can fail.
func TestLayersRules(t *testing.T) {
	for _, c := range []struct {
		name, pkg, imports string
		ok                 bool
	}{
		{"down", "llama", modulePath + "/simd", true},
		{"up", "quant", modulePath + "/gguf", false},
		{"sideways", "gguf", modulePath + "/simd", false},
		{"itself by the root", "gguf", modulePath, false},
		{"root uses llama", "", modulePath + "/llama", true},
		{"kernels by simd", "simd", modulePath + "/asm/avx2", true},
		{"kernels of tests only", "simd", modulePath + "/asm/free512", false},
		{"kernels by llama", "llama", modulePath + "/asm/avx2", false},
		{"unsafe in quant", "quant", "unsafe", true},
		{"unsafe in gguf", "gguf", "unsafe", false},
		{"cgo", "simd", "C", false},
		{"cgo in a command", "cmd/chord", "C", false},
		{"std", "bpe", "strings", true},
		{"x/text, which brings three more", "bpe", "golang.org/x/text/unicode/norm", false},
		{"x/sys", "internal/mmap", "golang.org/x/sys/unix", true},
		{"cpuid past its door", "simd", "github.com/klauspost/cpuid/v2", false},
		{"cobra in a face", "cmd/chord", "github.com/spf13/cobra", true},
		{"cobra in the library", "gguf", "github.com/spf13/cobra", false},
		{"no such package", "helpers", "strings", false},
		{"the generators", "simd", modulePath + "/gen", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if wrong := checkImport(c.pkg, c.imports); (wrong == "") != c.ok {
				t.Errorf("%q imports %q: got %q, want ok=%v", c.pkg, c.imports, wrong, c.ok)
			}
		})
	}
}
