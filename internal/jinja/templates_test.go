package jinja

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/querent-ai/chord/internal/fixtures"
)

// readTemplate returns the template of a real model.
func readTemplate(t testing.TB, file string) string {
	t.Helper()
	return string(fixtures.Read(t, "templates/jinja", file))
}

// noon is when the templates were rendered.
var noon = Options{Now: time.Date(2026, 7, 26, 12, 0, 0, 0, time.UTC)}

// readCases returns the chats by name.
func readCases(t testing.TB) map[string]*Dict {
	t.Helper()
	v, err := Decode(fixtures.Read(t, "templates/cases.json"))
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
	fixtures.ReadJSON(t, &expected, "templates/expected.json")
	right, all, complete := 0, 0, true
	for _, file := range slices.Sorted(maps.Keys(expected)) {
		t.Run("template="+strings.TrimSuffix(file, ".jinja"), func(t *testing.T) {
			defer func() { complete = complete && !t.Skipped() }()
			tmpl, parseErr := Parse(readTemplate(t, file))
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
	if all < 300 && complete {
		t.Errorf("only %d cases", all)
	}
}

func orNone(s *string) string {
	if s == nil {
		return "none"
	}
	return *s
}
