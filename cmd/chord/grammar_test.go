package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGrammarCheck wants the exit code of texts that are allowed, that are not,
// and of grammars that are wrong.
func TestGrammarCheck(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	schema := file("s.json", `{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}`)
	gbnf := file("g.gbnf", "root ::= \"a\"+ \"\\n\"?")
	lark := file("g.lark", "%ignore / /\nstart: \"a\" \"b\"")
	for _, c := range []struct {
		name, text string
		args       []string
		code       int
		stderr     string
	}{
		{"allowed", "{\"n\": 1}\n", []string{"--json-schema", schema}, 0, ""},
		{"allowed by GBNF", "aaa\n", []string{"--grammar", gbnf}, 0, ""},
		{"allowed by Lark", "a b", []string{"--lark", lark}, 0, ""},
		{"Lark as llama.cpp has it", "a b", []string{"--grammar", file("l.gbnf", "%llguidance {}\nstart: \"a b\"")}, 0, ""},
		{"not allowed by Lark", "a c", []string{"--lark", lark}, 1, "byte 3"},
		{"bad Lark", "", []string{"--lark", file("b.lark", "start: \"a\"\n  | <|eot|>")}, 2, "line 2, column 5: special tokens"},
		{"not allowed", "{\"n\":\n \"x\"}", []string{"--json-schema", schema}, 1, `line 2, byte 2 of the text: "\"x\"}" may not come here`},
		{"too early", "{\"n\": 1", []string{"--json-schema", schema}, 1, "ends too early"},
		{"empty", "", []string{"--grammar", gbnf}, 1, "ends too early"},
		{"a schema that cannot be enforced", "", []string{"--json-schema", file("u.json", `{"uniqueItems":true}`)}, 2, "uniqueItems"},
		{"bad GBNF", "", []string{"--grammar", file("b.gbnf", "root ::= \"a\"{5,2}")}, 2, "line 1"},
		{"no file", "", []string{"--grammar", filepath.Join(dir, "none")}, 2, "none"},
		{"no grammar", "", nil, 2, "one of"},
		{"both", "", []string{"--grammar", gbnf, "--json-schema", schema}, 2, "one of"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := do(t, c.text, append([]string{"grammar", "check"}, c.args...)...)
			if r.code != c.code || r.out != "" || !strings.Contains(r.stderr, c.stderr) || strings.Count(r.stderr, "\n") > 1 {
				t.Errorf("exit %d, stdout %q, stderr %q", r.code, r.out, r.stderr)
			}
		})
	}
	if r := do(t, "", "grammar", "chek"); r.code != 2 {
		t.Errorf("an unknown word: exit %d", r.code)
	}
}
