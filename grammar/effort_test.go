package grammar

import (
	"math/rand/v2"
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

// follow reads n times the byte a, as many tokens, and returns how many are read before
// an error.
func follow(t *testing.T, g *Grammar, n int) (read int, err error) {
	t.Helper()
	v := smallVocab()
	m := g.NewMatcher(v.Vocab)
	mask := make([]uint64, v.Words())
	for read < n {
		if m.Mask(mask); m.Err() == nil && !allowed(mask, 'a') {
			break
		}
		if m.m.build.left < -1 {
			t.Fatalf("after %d tokens: more work than %d", read, m.m.work)
		}
		if err = m.Err(); err == nil {
			err = m.Accept('a')
		}
		if m.m.build.left < -1 {
			t.Fatalf("after %d tokens: more work than %d", read, m.m.work)
		}
		if err != nil {
			break
		}
		read++
	}
	return read, err
}

// TestAmbiguous follows grammars in which the ways to read a text grow with it: an error
// ends that, and nothing else of the grammar.
func TestAmbiguous(t *testing.T) {
	for name, src := range map[string]string{
		"any split":        `root ::= root root | "a" | ""`,
		"splits in six":    `root ::= root root root root root root | "a" | ""`,
		"stars":            "root ::= a* a* a* a* a* a*\na ::= b | \"a\"\nb ::= \"a\" root?",
		"empty in empty":   "root ::= x x x x\nx ::= y y y y | \"a\"\ny ::= root? \"a\"? root?",
		"counts in counts": "root ::= (x{0,50}){0,50}\nx ::= \"a\" y\ny ::= x?",
		"left and right":   `root ::= root "a" | root root | "a" root | "a"`,
	} {
		g, err := GBNF(src)
		if err != nil {
			t.Fatal(name, err)
		}
		g.current.work = 20_000
		n, err := follow(t, g, 2000)
		if n < 20 || n == 2000 || err != errTooAmbiguous {
			t.Errorf("%s: %d tokens, then %v", name, n, err)
		}
		if ok, _ := g.Match([]byte("aaa")); !ok {
			t.Errorf("%s: a short text is rejected afterwards", name)
		}
		if again, _ := follow(t, g, 2000); again < n {
			t.Errorf("%s: %d tokens, and then %d", name, n, again)
		}
	}
}

// TestAmbiguousReplay wants a text through a grammar whose automaton is full to be read
// again with little more work than before, or to be refused.
func TestAmbiguousReplay(t *testing.T) {
	g, err := GBNF(`root ::= root root | "a" | ""`)
	if err != nil {
		t.Fatal(err)
	}
	v := smallVocab()
	m := g.NewMatcher(v.Vocab)
	for range 100 {
		if err := m.Accept('a'); err != nil {
			t.Fatal(err)
		}
	}
	mask := make([]uint64, v.Words())
	for _, c := range []struct {
		work int
		want error
	}{{1000, errTooAmbiguous}, {maxWork, nil}} {
		full, err := g.build()
		if err != nil {
			t.Fatal(err)
		}
		full.work = c.work
		if _, err := full.replay(m); err != c.want {
			t.Errorf("work of %d: %v, want %v", c.work, err, c.want)
		}
	}
	g.current.budget.used = maxMemory + 1
	if old := m.m; !m.Mask(mask) || m.m == old || m.Err() != nil {
		t.Errorf("after a new automaton: %v", m.Err())
	}
}

// TestAmbiguousSearch follows small random grammars: none needs more work for a token
// than it may.
func TestAmbiguousSearch(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	atoms := []string{`"a"`, `"aa"`, "root", "x", "y", "root?", "x?", "x*", "y+", `"a"*`, "(x y)?", "x{0,3}", `""`}
	refused, followed := 0, 0
	for range 300 {
		side := func() string {
			var b strings.Builder
			for range 1 + rng.IntN(3) {
				for range 1 + rng.IntN(4) {
					b.WriteString(atoms[rng.IntN(len(atoms))] + " ")
				}
				b.WriteString("| ")
			}
			return b.String() + `"a"`
		}
		g, err := GBNF("root ::= " + side() + "\nx ::= " + side() + "\ny ::= " + side())
		if err != nil {
			t.Fatal(err)
		}
		g.current.work = 5000
		n, err := follow(t, g, 200)
		if followed++; err != nil {
			refused++
		}
		if n < 10 && err != nil {
			t.Errorf("%s: %v after %d tokens", g.Source().Text, err, n)
		}
	}
	t.Logf("%d of %d are too ambiguous", refused, followed)
	if refused < 10 || refused == followed {
		t.Errorf("%d of %d are too ambiguous", refused, followed)
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
		if at, _, _ := g.current.run(g.current.root, []byte(c.text)); at.free != c.free {
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
