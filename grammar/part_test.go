package grammar

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// partOfSchema returns the part of a schema.
func partOfSchema(t *testing.T, schema string) Part {
	t.Helper()
	p, err := Value(json.RawMessage(schema))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPart(t *testing.T) {
	strs := func(schema string, marks ...string) Part {
		p, dropped := Strings(json.RawMessage(schema), marks...)
		if dropped != nil {
			t.Errorf("%s: dropped %q", schema, dropped)
		}
		return p
	}
	number := partOfSchema(t, `{"type":"integer"}`)
	call := Sequence(Literal(`<call>{"n": `), number, Literal("}</call>"))
	for _, c := range []struct {
		name      string
		part      Part
		good, bad []string
	}{
		{"nothing", Part{}, []string{""}, []string{"a"}},
		{"literal", Literal("ab"), []string{"ab"}, []string{"", "a", "abc"}},
		{"pattern", Pattern("[a-c]{2}"), []string{"ab"}, []string{"a", "ad"}},
		{"sequence", Sequence(Literal("a"), Pattern("b?"), Part{}), []string{"a", "ab"}, []string{"b"}},
		{"value between marks", call, []string{`<call>{"n": 17}</call>`}, []string{`<call>{"n": x}</call>`, `<call>{"n": 1`}},
		{"either", Either(Literal("a"), call), []string{"a", `<call>{"n": 1}</call>`}, []string{"b", "a1"}},
		{"either, regular", Either(Literal("a"), Part{}), []string{"a", ""}, []string{"b"}},
		{"repeat", Repeat(Sequence(number, Literal(";")), 1, 2), []string{"1;", "1;2;"}, []string{"", "1;2;3;", "1"}},
		{"repeat without limit", Repeat(Literal("a"), 0, -1), []string{"", "aaaa"}, []string{"b"}},
		{"text before a mark", Sequence(Without("</x>"), Literal("</x>")), []string{"</x>", "a</y></x>", "é\n</</x>"}, []string{"a", "</x></x>", "\x01</x>"}},
		{"any string", strs(`{"type":"string"}`, "</x>"), []string{"", "a\"b"}, []string{"a</x>"}},
		{"lengths", strs(`{"minLength":2,"maxLength":3}`, "x"), []string{"ab", "żół"}, []string{"a", "abcd", "axb"}},
		{"pattern of a string", strs(`{"pattern":"^a+$"}`), []string{"a", "aa"}, []string{"", "ab"}},
		{"enum", strs(`{"enum":["a","b c"]}`), []string{"a", "b c"}, []string{"c", ""}},
		{"const", strs(`{"const":"a"}`), []string{"a"}, []string{"b", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, err := c.part.Grammar()
			if err != nil {
				t.Fatal(err)
			}
			again, err := g.Source().Grammar()
			if err != nil {
				t.Fatal(err)
			}
			if again.Source() != g.Source() {
				t.Errorf("source %s, and of what is made of it %s", g.Source(), again.Source())
			}
			for _, g := range []*Grammar{g, again} {
				for _, s := range c.good {
					if ok, at := g.Match([]byte(s)); !ok {
						t.Errorf("%q is refused at %d", s, at)
					}
				}
				for _, s := range c.bad {
					if ok, _ := g.Match([]byte(s)); ok {
						t.Errorf("%q is accepted", s)
					}
				}
			}
		})
	}
}

// TestPartSource reads sources that nobody wrote: an error, or a grammar soon.
func TestPartSource(t *testing.T) {
	doubled := `[{"op":"literal","text":"a"}`
	for i := range 200 {
		doubled += fmt.Sprintf(`,{"op":"sequence","parts":[%d,-1,-1,%d]}`, i, i)
	}
	empty := strings.Replace(doubled, `"a"`, `""`, 1) + "]"
	deep := `[{"op":"pattern","text":"a*"}`
	for i := range 2000 {
		deep += fmt.Sprintf(`,{"op":"repeat","parts":[%d],"most":1}`, i)
	}
	for _, c := range []struct {
		name, text string
		err        string
	}{
		{"nothing", `[]`, ""},
		{"no JSON", `[`, "unexpected end"},
		{"itself", `[{"op":"sequence","parts":[0]}]`, "[0]: part 0 is none before it"},
		{"a part to come", `[{"op":"either","parts":[1]},{"op":"literal"}]`, "part 1"},
		{"an unknown kind", `[{"op":"yaml"}]`, `"yaml"`},
		{"a repeat of nothing", `[{"op":"repeat","most":3}]`, "one part"},
		{"a repeat backwards", `[{"op":"literal"},{"op":"repeat","parts":[0],"least":3,"most":2}]`, "one part"},
		{"a repeat without bounds", `[{"op":"literal","text":"a"},{"op":"repeat","parts":[0],"least":9999999999,"most":-1}]`, "one part"},
		{"a schema that is none", `[{"op":"value","text":"{"}]`, "[0]"},
		{"a schema that allows nothing", `[{"op":"value","text":"false"}]`, "no text"},
		{"doubling", doubled + "]", "too large"},
		{"doubling of nothing", empty, ""},
		{"too deep", deep + "]", "within each other"},
	} {
		_, err := Source{"parts", c.text}.Grammar()
		if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.err)
		}
	}
	g, err := Literal("\xff").Grammar()
	if err != nil {
		t.Fatal(err)
	}
	if s := g.Source(); s != (Source{}) {
		t.Errorf("a text that is not UTF-8: source %+v", s)
	}
}

func TestPartErrors(t *testing.T) {
	if _, err := Value(json.RawMessage(`{"type":`)); err == nil {
		t.Error("broken JSON is a schema")
	}
	if _, err := Value(json.RawMessage(`{"maxContains":2,"contains":{}}`)); err == nil {
		t.Error("a keyword that cannot be enforced is")
	}
	if _, err := Sequence(Literal("a"), Pattern("(")).Grammar(); err == nil {
		t.Error("a broken expression is one")
	}
	if _, err := Pattern("[^\\s\\S]").Grammar(); err == nil {
		t.Error("a part without texts is a grammar")
	}
}

// TestRelaxed leaves out what cannot be enforced, and says so.
func TestRelaxed(t *testing.T) {
	for _, c := range []struct {
		name, schema string
		dropped      []string // parts of what is said
		good, bad    []string
	}{
		{"nothing", `{"type":"integer"}`, nil, []string{"1"}, []string{`"a"`}},
		{"a keyword", `{"type":"object","properties":{"a":{"type":"array","items":{"type":"integer"},"uniqueItems":true}},"required":["a"],"additionalProperties":false}`,
			[]string{"/properties/a: uniqueItems"}, []string{`{"a":[1,1]}`}, []string{`{"a":["x"]}`, `{}`}},
		{"a reference to nothing", `{"type":"object","properties":{"a":{"$ref":"#/$defs/b"}},"required":["a"],"additionalProperties":false}`,
			[]string{"$ref"}, []string{`{"a":{"b":1}}`}, []string{`{}`}},
		{"no schema", `[1]`, []string{"a schema is an object"}, []string{`{}`, `{"a":1}`}, []string{"1"}},
		{"no JSON", `{`, []string{"EOF"}, []string{`{}`}, []string{"1"}},
		{"contradiction", `{"type":"object","minProperties":3,"maxProperties":2}`, []string{"minProperties"}, []string{`{}`}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, dropped := Relaxed(json.RawMessage(c.schema))
			if len(dropped) != len(c.dropped) {
				t.Fatalf("dropped %q, want %q", dropped, c.dropped)
			}
			for i, want := range c.dropped {
				if !strings.Contains(dropped[i], want) {
					t.Errorf("dropped %q, want %q", dropped[i], want)
				}
			}
			g, err := p.Grammar()
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range c.good {
				if ok, at := g.Match([]byte(s)); !ok {
					t.Errorf("%q is refused at %d", s, at)
				}
			}
			for _, s := range c.bad {
				if ok, _ := g.Match([]byte(s)); ok {
					t.Errorf("%q is accepted", s)
				}
			}
		})
	}
	if _, dropped := Strings(json.RawMessage(`{"format":"date","pattern":"("}`)); !slices.Equal(dropped, []string{"format", "pattern"}) {
		t.Errorf("strings: dropped %q", dropped)
	}
	if _, dropped := Strings(json.RawMessage(`{"enum":["x"]}`), "x"); len(dropped) != 1 {
		t.Errorf("an enumeration of marks: dropped %q", dropped)
	}
}

// TestMatcherAfter goes on within a text.
func TestMatcherAfter(t *testing.T) {
	g, err := Literal("<call>ab").Grammar()
	if err != nil {
		t.Fatal(err)
	}
	v := NewVocab([][]byte{[]byte("a"), []byte("b"), []byte("ab"), []byte("<"), nil}, []int32{4}, nil)
	m := g.NewMatcherAfter(v, []byte("<call>"))
	if m == nil {
		t.Fatal("no text begins so")
	}
	if g.NewMatcherAfter(v, []byte("<calls")) != nil {
		t.Error("a text begins otherwise")
	}
	mask := make([]uint64, v.Words())
	if m.Mask(mask); mask[0] != 0b101 {
		t.Errorf("mask %b, want a and ab", mask[0])
	}
	for _, id := range []int32{0, 1, 4} {
		if err := m.Accept(id); err != nil {
			t.Fatal(err)
		}
	}
	m.Reset()
	if m.Mask(mask); mask[0] != 0b101 {
		t.Errorf("mask %b after Reset", mask[0])
	}
}
