package grammar

import "testing"

// TestSource makes grammars again of what they say that they were made of.
func TestSource(t *testing.T) {
	for kind, c := range map[string]struct {
		make    func() (*Grammar, error)
		yes, no string
	}{
		"gbnf":        {func() (*Grammar, error) { return GBNF("root ::= \"a\"") }, "a", "b"},
		"lark":        {func() (*Grammar, error) { return Lark("start: \"a\"~2") }, "aa", "a"},
		"json_schema": {func() (*Grammar, error) { return JSONSchema([]byte(`{"type":"null"}`)) }, "null", "1"},
		"regexp":      {func() (*Grammar, error) { return Regexp("a+") }, "aaa", ""},
		"choices":     {func() (*Grammar, error) { return Choices([]string{"a\"b", "é"}) }, "a\"b", "a"},
	} {
		g, err := c.make()
		if err != nil {
			t.Fatal(err)
		}
		if g.Source().Kind != kind {
			t.Errorf("%q, want %q", g.Source().Kind, kind)
		}
		again, err := g.Source().Grammar()
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		if yes, _ := again.Match([]byte(c.yes)); !yes || again.Source() != g.Source() {
			t.Errorf("%s: rejects %q", kind, c.yes)
		}
		if no, _ := again.Match([]byte(c.no)); no {
			t.Errorf("%s: accepts %q", kind, c.no)
		}
	}
	for _, s := range []Source{{}, {"yaml", ""}, {"choices", "{}"}, {"gbnf", "root"}} {
		if _, err := s.Grammar(); err == nil {
			t.Errorf("%+v: no error", s)
		}
	}
}
