package grammar

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/querent-ai/chord/internal/fixtures"
)

// A benchFile is a file of MaskBench: a schema, and values that it allows or not.
type benchFile struct {
	name   string
	Schema json.RawMessage
	Tests  []struct {
		Description string
		Valid       bool
		Data        json.RawMessage
	}
}

func benchFiles(t testing.TB) []benchFile {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(fixtures.Path(t, "jsonschemabench"), "*.json"))
	if err != nil || len(names) == 0 {
		t.Fatal("no files", err)
	}
	var files []benchFile
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f := benchFile{name: strings.TrimSuffix(filepath.Base(name), ".json")}
		if err := json.Unmarshal(b, &f); err != nil {
			t.Fatal(name, err)
		}
		files = append(files, f)
	}
	return files
}

func dump(t testing.TB, raw []byte) []byte {
	t.Helper()
	v, err := parseValue(raw)
	if err != nil {
		t.Fatal(err)
	}
	return v.write(nil)
}

// TestBenchSchemas takes the schemas of MaskBench: no instance that is not valid
// may be accepted, and most schemas must be wholly right.
func TestBenchSchemas(t *testing.T) {
	right, refused, rejects, lets := 0, 0, 0, 0
	files := benchFiles(t)
	for _, f := range files {
		g, err := JSONSchema(f.Schema)
		if err != nil {
			refused++
			t.Logf("%s: refused: %v", f.name, err)
			continue
		}
		ok := true
		for _, c := range f.Tests {
			text := dump(t, c.Data)
			accepted, at := g.Match(text)
			if accepted == c.Valid {
				continue
			}
			ok = false
			if accepted {
				lets++
				t.Errorf("%s: accepts what is not valid (%s): %.300s", f.name, c.Description, text)
			} else {
				t.Logf("%s: rejects what is valid, at %q: %.200s", f.name, text[max(at-30, 0):min(at+20, len(text))], text)
			}
		}
		if ok {
			right++
		} else {
			rejects++
		}
	}
	t.Logf("%d schemas: %d right, %d refused, %d reject or accept wrongly; %d invalid instances accepted", len(files), right, refused, rejects, lets)
	if right*100 < 86*len(files) {
		t.Errorf("%d of %d schemas are right, want 86 %%", right, len(files))
	}
}

// TestBenchAnyOrder takes them in any order: more instances are right, and still none
// that is not valid is accepted.
func TestBenchAnyOrder(t *testing.T) {
	right, more := 0, 0
	files := benchFiles(t)
	for i, f := range files {
		if testing.Short() && i%8 != 0 {
			continue
		}
		g, err := JSONSchemaWith(f.Schema, SchemaOptions{AnyOrder: true})
		ordered, err2 := JSONSchema(f.Schema)
		if (err != nil) != (err2 != nil) {
			t.Errorf("%s: in any order %v, in its own %v", f.name, err, err2)
		}
		if err != nil {
			continue
		}
		ok := true
		for _, c := range f.Tests {
			text := dump(t, c.Data)
			accepted, _ := g.Match(text)
			before, _ := ordered.Match(text)
			switch {
			case accepted && !c.Valid:
				t.Errorf("%s: accepts what is not valid (%s): %.300s", f.name, c.Description, text)
			case !accepted && before:
				t.Errorf("%s: rejects what it accepts in its order: %.300s", f.name, text)
			case accepted && !before:
				more++
			}
			ok = ok && accepted == c.Valid
		}
		if ok {
			right++
		}
	}
	t.Logf("%d of %d schemas are right; %d more instances", right, len(files), more)
	if !testing.Short() && more < 5 {
		t.Errorf("%d more instances", more)
	}
}
