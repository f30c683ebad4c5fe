package grammar

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/querent-ai/chord/internal/fixtures"
)

// unsupported are the examples of the JSON Schema test suite that are valid and
// rejected, and why; all others of an accepted schema are right.
var unsupported = map[string]string{}

type suiteGroup struct {
	Description string
	Schema      json.RawMessage
	Tests       []struct {
		Description string
		Data        json.RawMessage
		Valid       bool
	}
}

// TestSuite takes draft 2020-12 of the JSON Schema test suite: invalid examples
// are never accepted, valid ones are, but for those in the list.
func TestSuite(t *testing.T) {
	root := fixtures.Path(t, "grammar/JSON-Schema-Test-Suite/tests/draft2020-12")
	groups, refused, right, rejected := 0, 0, 0, 0
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".json") {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var list []suiteGroup
		if err := json.Unmarshal(b, &list); err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		name = strings.TrimSuffix(filepath.ToSlash(name), ".json")
		for _, group := range list {
			groups++
			defer func(t0 time.Time, d string) {
				if e := time.Since(t0); e > time.Second {
					t.Log("SLOW", d, e)
				}
			}(time.Now(), name+group.Description)
			g, err := JSONSchema(group.Schema)
			if err != nil {
				refused++
				t.Logf("%s: %s: refused: %v", name, group.Description, err)
				continue
			}
			for _, c := range group.Tests {
				id := name + ": " + group.Description + ": " + c.Description
				text := dump(t, c.Data)
				accepted, at := g.Match(text)
				switch {
				case accepted == c.Valid:
					right++
				case accepted:
					t.Errorf("%s: accepts %s", id, text)
				default:
					rejected++
					t.Logf("REJECTS %s: %s at %d", id, text, at)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d groups: %d refused; %d examples right, %d valid ones rejected", groups, refused, right, rejected)
}
