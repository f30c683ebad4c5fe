package chord_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// goImports are the packages that pieces of Go may use.
var goImports = []string{"context", "errors", "fmt", "os", "strconv", modulePath, modulePath + "/tales"}

// build makes chord and one program of all pieces of Go, which runs the piece
// whose number it is given; it returns the pieces in their order. The program
// lies nowhere in the repository: go build takes it from an overlay.
func (d *docs) build(t *testing.T) []block {
	t.Helper()
	var pieces []block
	var body bytes.Buffer
	for _, page := range docPages(t) {
		for _, b := range blocksOf(t, page) {
			if b.lang == "go" {
				fmt.Fprintf(&body, "func piece%d(ctx context.Context, m *chord.Model) error {\n//line %s:%d\n%s\nreturn nil\n}\n\n", len(pieces), b.page, b.line, b.text)
				pieces = append(pieces, b)
			}
		}
	}
	body.WriteString("var pieces = []func(context.Context, *chord.Model) error{")
	for i := range pieces {
		fmt.Fprintf(&body, "piece%d, ", i)
	}
	body.WriteString(`}

func main() {
	i, _ := strconv.Atoi(os.Args[1])
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err == nil {
		err = pieces[i](context.Background(), m)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
`)
	var program bytes.Buffer
	program.WriteString("package main\n\n")
	for _, path := range goImports {
		if strings.Contains(body.String(), path[strings.LastIndex(path, "/")+1:]+".") {
			fmt.Fprintf(&program, "import %q\n", path)
		}
	}
	program.Write(body.Bytes())
	d.overlay(t, program.Bytes())
	return pieces
}

// overlay builds the program as if it lay in the repository.
func (d *docs) overlay(t *testing.T, program []byte) {
	t.Helper()
	file, list := filepath.Join(d.bin, "pieces.go"), filepath.Join(d.bin, "overlay.json")
	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, "internal", "pieces", "main.go"): file}})
	if err != nil {
		t.Fatal(err)
	}
	if err := cmp.Or(os.WriteFile(file, program, 0o600), os.WriteFile(list, replace, 0o600)); err != nil {
		t.Fatal(err)
	}
	goBuild(t, "-overlay", list, "-o", filepath.Join(d.bin, "pieces"), "./internal/pieces")
}

// goBuild is go build with these arguments.
func goBuild(t *testing.T, args ...string) {
	t.Helper()
	if b, err := exec.CommandContext(t.Context(), "go", append([]string{"build"}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("go build %q: %v\n%s", args, err, b)
	}
}

var printed = regexp.MustCompile(`(?m)^\s*fmt\.Println\(.*\) // (\w+)`)

// piece runs a piece of Go, which must be formatted, succeed, and print what its
// comments say.
func (d *docs) piece(t *testing.T, b block, dir string, i int) {
	t.Helper()
	if text, err := format.Source([]byte(b.text)); err != nil || string(text) != b.text {
		t.Errorf("%s:%d: not as gofmt has it: %v", b.page, b.line, err)
	}
	where := fmt.Sprintf("%s:%d", b.page, b.line)
	out := d.sh(t, where, dir, "pieces "+strconv.Itoa(i))
	var want []string
	for _, m := range printed.FindAllStringSubmatch(b.text, -1) {
		want = append(want, m[1])
	}
	if len(out) == 0 || want != nil && !slices.Equal(strings.Fields(string(out)), want) {
		t.Errorf("%s: printed %q, want %q", where, out, want)
	}
}
