package grammar

import (
	"strings"
	"testing"
)

// TestRightRecursion wants a text of a thousand rounds to need no more rows than
// one of three.
func TestRightRecursion(t *testing.T) {
	for name, src := range map[string]string{
		"right":  "root ::= x \",\" root | x\nx ::= \"(\" x \")\" | \"a\"",
		"left":   "root ::= root \",\" x | x\nx ::= \"(\" x \")\" | \"a\"",
		"repeat": "root ::= (x \",\")* x\nx ::= \"(\" x \")\" | \"a\"",
	} {
		g, err := GBNF(src)
		if err != nil {
			t.Fatal(err)
		}
		rows := func(n int) int {
			if ok, at := g.Match([]byte(strings.Repeat("a,", n) + "a")); !ok {
				t.Fatalf("%s: rejected at %d", name, at)
			}
			return len(g.current.build.rows)
		}
		if few, many := rows(3), rows(1000); few != many {
			t.Errorf("%s: %d rows for 3 rounds, %d for 1000", name, few, many)
		}
	}
}

// TestFree wants whole parts of the vocabulary to be allowed at once inside of
// strings.
func TestFree(t *testing.T) {
	for _, c := range []struct {
		schema, text string
		free         freedom
	}{
		{`{"type":"string"}`, `"ab`, freedom{manySafe, manySafe, manySafe}},
		{`{"type":"string","maxLength":12}`, `"ab`, freedom{10, 10, 10}},
		{`{"type":"string","pattern":"x.*y"}`, `"a`, freedom{manySafe, manySafe, manySafe}},
		{`{"properties":{"abc":{},"b":{}}}`, `{"`, freedom{manySafe, manySafe, manySafe}},
		{`{"properties":{"abc":{},"b":{}}}`, `{"a`, freedom{manySafe, manySafe, manySafe}},
		{`{"type":"string","pattern":"^[a-z]*$"}`, `"a`, freedom{manySafe}},
		{`{"type":"string","pattern":"^[\\w-]{3,20}$"}`, `"a`, freedom{19, 19}},
		{`{"type":"string","pattern":"^[a-y]*$"}`, `"a`, freedom{}},
		{`{"type":"string"}`, `"ab\`, freedom{}},
	} {
		g, err := JSONSchema([]byte(c.schema))
		if err != nil {
			t.Fatal(err)
		}
		if at, _ := g.current.run(g.current.root, []byte(c.text)); at.free != c.free {
			t.Errorf("%s after %s: %d characters are free, want %d", c.schema, c.text, at.free, c.free)
		}
	}
}

// TestEffort bounds what texts through hard expressions build.
func TestEffort(t *testing.T) {
	for _, c := range []struct {
		name, pattern, text string
		nodes, explored     int
	}{
		{"a complement that becomes everything", `^(?!xn--)(?=.{1,253}$)(?:[a-z0-9-]{1,63}\.)*[a-z]{1,63}$`, "xn--" + strings.Repeat("abcdefgh.", 25), 100, 20},
		{"counts in counts", `^(?:.{1,63}\.){1,127}[a-z]+$`, strings.Repeat("ab.", 60), 1000, 0},
		{"any text after a match", `x.{6}y`, "x123456y" + strings.Repeat("xx1x12x123x1", 20), 24, 0},
	} {
		g, err := JSONSchema([]byte(`{"type":"string","pattern":"` + strings.ReplaceAll(c.pattern, `\`, `\\`) + `"}`))
		if err != nil {
			t.Fatal(err)
		}
		m := g.current
		m.r.x.explored = 0
		before := len(m.r.x.nodes)
		g.Match([]byte(`"` + c.text))
		if n := len(m.r.x.nodes) - before; n > c.nodes || m.r.x.explored > c.explored {
			t.Errorf("%s: %d expressions, %d looked at for texts; want at most %d and %d", c.name, n, m.r.x.explored, c.nodes, c.explored)
		}
	}
}
