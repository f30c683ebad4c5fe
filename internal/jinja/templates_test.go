package jinja

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/querent-ai/chord/internal/fixtures"
)

// templates is where the templates of real models lie, with eight chats and
// what Python makes of them.
var templates = filepath.Join("..", "..", "..", "shared", "data", "templates")

// readTemplates returns a file of templates, or skips the test.
func readTemplates(t testing.TB, name string) []byte {
	t.Helper()
	return fixtures.Read(t, "templates/"+name)
}

// noon is when the templates were rendered.
var noon = Options{Now: time.Date(2026, 7, 26, 12, 0, 0, 0, time.UTC)}

// readCases returns the chats by name.
func readCases(t testing.TB) map[string]*Dict {
	t.Helper()
	v, err := Decode(readTemplates(t, "cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]*Dict{}
	for i, k := range v.(*Dict).keys {
		cases[k.(string)] = v.(*Dict).values[i].(*Dict)
	}
	return cases
}

// TestTemplates wants of every template and chat the text that Python makes,
// to the byte, and an error where Python raises one.
func TestTemplates(t *testing.T) {
	cases := readCases(t)
	var expected map[string]map[string]struct{ Out, Err *string }
	if err := json.Unmarshal(readTemplates(t, "expected.json"), &expected); err != nil {
		t.Fatal(err)
	}
	right, all := 0, 0
	for _, file := range slices.Sorted(maps.Keys(expected)) {
		t.Run("template="+strings.TrimSuffix(file, ".jinja"), func(t *testing.T) {
			tmpl, parseErr := Parse(string(readTemplates(t, filepath.Join("jinja", file))))
			for _, chat := range slices.Sorted(maps.Keys(expected[file])) {
				want := expected[file][chat]
				got, err := "", parseErr
				if err == nil {
					got, err = tmpl.Render(cases[chat], noon)
				}
				all++
				switch {
				case (err != nil) != (want.Err != nil):
					t.Errorf("chat %s: error %v, Python's %v", chat, err, orNone(want.Err))
				case err == nil && got != *want.Out:
					t.Errorf("chat %s: got\n%q\nwant\n%q", chat, got, *want.Out)
				default:
					right++
				}
			}
		})
	}
	t.Logf("%d of %d are as Python's", right, all)
	if all < 300 {
		t.Errorf("only %d cases", all)
	}
}

func orNone(s *string) string {
	if s == nil {
		return "none"
	}
	return *s
}
