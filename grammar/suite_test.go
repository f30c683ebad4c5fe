package grammar

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/internal/fixtures"
)

// unsupported has the valid examples of the JSON Schema test suite that are
// rejected, by the beginnings of their names, and why. All others of an accepted
// schema are right.
var unsupported = []struct{ why, names string }{
	{"members come in the order of the schema", `
		allOf: allOf: allOf
		allOf: allOf with base schema: valid
		const: const with object: same object with different property order
		dependentRequired: single dependency: with dependency
		dependentRequired: multiple dependents required: with dependencies
		dependentRequired: dependencies with escaped characters: quoted quotes
		dynamicRef: A $dynamicRef that initially resolves to a schema without
		optional/dependencies-compatibility: single dependency: with dependency
		optional/dependencies-compatibility: multiple dependents required: with dependencies
		optional/dependencies-compatibility: dependencies with escaped characters: quoted quotes
		ref: refs with relative uris and defs: valid on both fields
		ref: relative refs with absolute uris and defs: valid on both fields`},
	{"integers have no point: decoders of integers refuse it", `
		const: const with
		const: float and integers
		enum: enum with
		type: integer type matches integers: a float with zero fractional part`},
	{"numbers with bounds have no exponent", `
		optional/float-overflow`},
	{"formats are enforced", `
		format: `},
	{"a leap second with an offset is no regular language worth its size", `
		optional/format/date-time: validation of date-time strings: a valid date-time with a leap second, with minus offset
		optional/format/time: validation of time strings: valid leap second`},
	{"regular expressions are not a regular language", `
		optional/format/ecmascript-regex`},
	{"punycode cannot be checked by a regular expression", `
		optional/format/hostname: validation of A-label (punycode) host names
		optional/format/idn-hostname: validation of internationalized host names: valid Chinese Punycode`},
	{"labels of other characters than letters of one script", `
		optional/format/idn-hostname: validation of internationalized host names
		optional/format/idn-hostname: validation of separators in internationalized host names: label too long`},
	{"vocabularies are not switched off", `
		vocabulary: `},
}

// refusals are the reasons for which schemas of the suite are refused.
var refusals = []string{"maxContains: cannot", "minContains: more", "uniqueItems: cannot", "unevaluatedProperties: cannot", "unevaluatedItems: cannot",
	"$dynamicRef: cannot", "is not in the document", "no text matches", "minProperties: more than one", "the complement of"}

// whyRejected returns why a valid example is rejected, "" if it must not be.
func whyRejected(id string, used map[string]bool) string {
	for _, u := range unsupported {
		for line := range strings.Lines(strings.TrimLeft(u.names, "\n")) {
			name := strings.TrimSpace(line)
			if strings.HasPrefix(id, name) {
				used[name] = true
				return u.why
			}
		}
	}
	return ""
}

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
	used := map[string]bool{}
	groups, refused, right := 0, 0, 0
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
			n, ok := group.check(t, name+": "+group.Description, used)
			right += n
			if !ok {
				refused++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	checkUsed(t, used)
	t.Logf("%d groups, %d refused; %d examples right", groups, refused, right)
	if refused > 120 || right < 1700 {
		t.Errorf("of %d groups %d are refused, %d examples right", groups, refused, right)
	}
}

// checkUsed wants every name in the list to stand for some example.
func checkUsed(t *testing.T, used map[string]bool) {
	t.Helper()
	for _, u := range unsupported {
		for _, name := range strings.Split(strings.TrimSpace(u.names), "\n\t\t") {
			if !used[strings.TrimSpace(name)] {
				t.Errorf("%q is in the list and is not rejected", name)
			}
		}
	}
}

// check returns how many examples of a group are right; ok is false if its
// schema is refused. Masks must allow every prefix of those that are accepted.
func (group *suiteGroup) check(t *testing.T, name string, used map[string]bool) (right int, ok bool) {
	g, err := JSONSchema(group.Schema)
	if err != nil {
		if !slices.ContainsFunc(refusals, func(s string) bool { return strings.Contains(err.Error(), s) }) {
			t.Errorf("%s: refused: %v", name, err)
		}
		return 0, false
	}
	small, rng := smallVocab(), rand.New(rand.NewPCG(1, 2))
	for _, c := range group.Tests {
		text := dump(t, c.Data)
		accepted, at := g.Match(text)
		switch {
		case accepted == c.Valid:
			if right++; accepted {
				checkPrefixes(t, name+": "+c.Description, g, small, small.cutAnywhere(text, rng))
			}
		case accepted:
			t.Errorf("%s: %s: accepts %s", name, c.Description, text)
		case whyRejected(name+": "+c.Description, used) == "":
			t.Errorf("%s: %s: rejects %s at %d", name, c.Description, text, at)
		}
	}
	return right, true
}
