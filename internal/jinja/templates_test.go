package jinja

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
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

// readCases returns the chats of the test data by name.
func readCases(t testing.TB) map[string]*Dict {
	t.Helper()
	return decodeChats(t, fixtures.Read(t, "templates/cases.json"))
}

// readChats returns the chats in testdata by name.
func readChats(t testing.TB) map[string]*Dict {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "chats.json"))
	if err != nil {
		t.Fatal(err)
	}
	return decodeChats(t, b)
}

func decodeChats(t testing.TB, b []byte) map[string]*Dict {
	t.Helper()
	v, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]*Dict{}
	for i, k := range v.(*Dict).keys {
		cases[k.(string)] = v.(*Dict).values[i].(*Dict)
	}
	return cases
}

// TestTemplates wants, for every template and chat, the text that Python renders,
// and an error where Python raises one.
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

// TestTemplateDigests wants, for every template and the chats in testdata, the text
// that Python renders, by its SHA-256.
func TestTemplateDigests(t *testing.T) {
	chats := readChats(t)
	var digests map[string]map[string]string
	b, err := os.ReadFile(filepath.Join("testdata", "digests.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &digests); err != nil {
		t.Fatal(err)
	}
	for _, file := range fixtures.Names(t, "templates/jinja/*.jinja") {
		file = path.Base(file)
		t.Run("template="+strings.TrimSuffix(file, ".jinja"), func(t *testing.T) {
			tmpl, parseErr := Parse(readTemplate(t, file))
			for _, chat := range slices.Sorted(maps.Keys(chats)) {
				text, err := "", parseErr
				if err == nil {
					text, err = tmpl.Render(chats[chat], noon)
				}
				got := fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
				if err != nil {
					got = "error"
				}
				if want := digests[file][chat]; got != want {
					t.Errorf("chat %s: got %s, want %s: %v\n%q", chat, got, want, err, text)
				}
			}
		})
	}
}

func orNone(s *string) string {
	if s == nil {
		return "none"
	}
	return *s
}
