package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestConstraint holds the text of chord run to a grammar or a schema.
func TestConstraint(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const gbnf, schema = `root ::= "a" [0-9]{3} "z"`, `{"type":"object","properties":{"n":{"type":"integer","minimum":1,"maximum":9}},"required":["n"],"additionalProperties":false}`
	for _, args := range [][]string{{"--grammar", gbnf}, {"--grammar-file", file("g.gbnf", gbnf)}} {
		r := do(t, "", append([]string{"run", "--seed", "3", "-n", "60", "--no-display-prompt", "Once"}, args...)...)
		if r.code != 0 || !regexp.MustCompile(`^a[0-9]{3}z\n$`).MatchString(r.out) {
			t.Errorf("%q: %+v", args, r)
		}
	}
	for _, args := range [][]string{{"-j", schema}, {"--json-schema", schema}, {"-jf", file("s.json", schema)}} {
		r := do(t, "", append([]string{"run", "--seed", "3", "-n", "60", "--no-display-prompt", "Once"}, args...)...)
		var v struct{ N int }
		if err := json.Unmarshal([]byte(r.out), &v); r.code != 0 || err != nil || v.N < 1 || v.N > 9 {
			t.Errorf("%q: %+v, %v", args, r, err)
		}
	}
	for want, args := range map[string][]string{
		"line 1":   {"--grammar", "root ::= ("},
		"enough":   {"--grammar", gbnf, "-j", schema},
		"minItems": {"-j", `{"type":"array","minItems":-1}`},
	} {
		if r := do(t, "", append([]string{"run", "Once"}, args...)...); r.code != 2 || !strings.Contains(r.stderr, want) {
			t.Errorf("%q: %+v", args, r)
		}
	}
	if r := do(t, "", "run", "--grammar-file", filepath.Join(dir, "nothing"), "Once"); r.code != 1 {
		t.Errorf("no file: %+v", r)
	}
}
