package grammar

import (
	"fmt"
	"strings"
	"testing"
)

func TestJSONSchema(t *testing.T) {
	for _, c := range []struct {
		name, schema string
		yes, no      []string
	}{
		{"order and extra members", `{"properties":{"a":{"type":"integer"},"b":{"type":"null"}},"required":["b"]}`,
			[]string{`{"a": 1, "b": null, "c": [true]}`, `{"b":null}`, `"x"`, `[]`}, []string{`{"b": null, "a": 1}`, `{"a": 1}`, `{"a": 1.5, "b": null}`}},
		{"blanks", `{"type":"object","properties":{"a":{"type":"array","items":{"type":"boolean"}}},"additionalProperties":false}`,
			[]string{"{\n  \"a\": [\n    true,\n    false\n  ]\n}", "{}", "{ }", "{\"a\":[]}"},
			[]string{"{\n\n\n}", "{" + strings.Repeat(" ", 3) + "}", "{\n" + strings.Repeat(" ", 21) + "}"}},
		{"escapes", `{"type":"string","minLength":2,"maxLength":2}`,
			[]string{`"\u00e9\n"`, `"\ud83d\ude00x"`, `"日本"`}, []string{`"a"`, `"\ud83dx"`, "\"a\n\"", `"abc"`}},
		{"pattern", `{"type":"string","pattern":"a+\"$"}`, []string{`"xa\""`, `"a\u0022"`}, []string{`"a"`, `"\u0061\""`}},
		{"names beside additional ones", `{"type":"object","properties":{"ab":{"type":"null"}},"additionalProperties":{"type":"integer"}}`,
			[]string{`{"ab": null, "a": 1, "abc": 2}`, `{"a\n": 1}`}, []string{`{"ab": 1}`, `{"a": null}`, `{"\u0061b": 1}`}},
		{"numbers", `{"type":"number","minimum":-1.5,"exclusiveMaximum":10}`, []string{"-1.5", "0", "-0", "9.999", "3", "-1.49"}, []string{"-1.51", "10", "10.0", "01", "1e1", "-2"}},
		{"exponents", `{"type":"number"}`, []string{"1e5", "1E+05", "-2.5e-324", "1e300", "9.99e307", "12e239", "0e0", "1e-999", "1e007"},
			[]string{"1e", "1e+", "1e308", "12e240", "1e-1000", "1e0005", "1e--1", "1e1.0"}},
		{"integers", `{"type":"integer","minimum":95,"maximum":1003}`, []string{"95", "99", "100", "999", "1003"}, []string{"94", "1004", "9", "0950", "100.0"}},
		{"multiples", `{"type":"number","multipleOf":0.25}`, []string{"0.5", "-7.75", "12", "1.250"}, []string{"0.3", "1.251"}},
		{"oneOf by a constant", `{"oneOf":[{"properties":{"t":{"const":"a"},"x":{"type":"integer"}},"required":["t"]},{"properties":{"t":{"const":"b"}},"required":["t"]}],"type":"object"}`,
			[]string{`{"t": "a", "x": 1}`, `{"t": "b", "x": "y"}`}, []string{`{"t": "a", "x": "y"}`, `{"t": "c"}`, `{}`}},
		{"oneOf made exact", `{"type":"object","oneOf":[{"required":["a"]},{"required":["b"]}]}`, []string{`{"a": 1}`, `{"b": 1}`}, []string{`{}`, `{"a": 1, "b": 2}`}},
		{"allOf", `{"allOf":[{"properties":{"a":{"minimum":2}},"required":["a"]},{"properties":{"a":{"maximum":5,"type":"integer"}}}],"type":"object"}`, []string{`{"a": 3}`}, []string{`{"a": 1}`, `{"a": 6}`, `{}`}},
		{"if", `{"type":"object","if":{"properties":{"a":{"const":1}},"required":["a"]},"then":{"required":["b"]},"else":{"maxProperties":1}}`,
			[]string{`{"a": 1, "b": 2}`, `{"a": 2}`, `{}`}, []string{`{"a": 1}`, `{"a": 2, "b": 3}`}},
		{"counts", `{"type":"object","properties":{"a":{},"b":{},"c":{}},"additionalProperties":false,"minProperties":2,"maxProperties":2}`,
			[]string{`{"a": 1, "c": 1}`, `{"b": 1, "c": 1}`}, []string{`{"a": 1}`, `{"a": 1, "b": 1, "c": 1}`}},
		{"contains", `{"type":"array","contains":{"type":"null"},"maxItems":3}`, []string{`[null]`, `[1, null, 2]`}, []string{`[]`, `[1]`, `[1, 2, 3, null]`}},
		{"not additional", `{"type":"object","not":{"additionalProperties":{"type":"integer"}}}`, []string{`{"a": 1, "b": "x"}`, `{"a": null}`}, []string{`{}`, `{"a": 1}`}},
		{"recursion", `{"$defs":{"n":{"type":"object","properties":{"next":{"anyOf":[{"$ref":"#/$defs/n"},{"type":"null"}]}},"required":["next"],"additionalProperties":false}},"$ref":"#/$defs/n"}`,
			[]string{`{"next": {"next": {"next": null}}}`}, []string{`{"next": {}}`, `{"next": {"next": null}`}},
		{"the older draft", `{"$schema":"http://json-schema.org/draft-04/schema#","type":"number","minimum":1,"exclusiveMinimum":true}`, []string{"1.5", "2"}, []string{"1", "1.0"}},
		{"unknown words", `{"type":"boolean","format":"colour","x-order":1,"title":"t"}`, []string{"true"}, []string{"null"}},
	} {
		g, err := JSONSchema([]byte(c.schema))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		checkMatch(t, c.name, g, c.yes, c.no)
	}
}

func TestJSONSchemaErrors(t *testing.T) {
	for _, c := range []struct{ schema, want string }{
		{`{"properties":{"a":{"uniqueItems":true}}}`, "#/properties/a: uniqueItems: cannot"},
		{`{"items":{"unevaluatedProperties":false,"allOf":[{}]}}`, "#/items: unevaluatedProperties: cannot"},
		{`{"properties":{"a/b":{"type":"string","pattern":"(a)\\1"}}}`, "#/properties/a~1b: pattern: "},
		{`{"type":"string","minLength":5,"maxLength":2}`, "#: minLength: 5 is more than maxLength 2"},
		{`{"type":"integer","minimum":5,"maximum":2}`, "#: minimum: no number"},
		{`{"type":"array","minItems":5,"maxItems":2}`, "#: minItems: 5 is more"},
		{`{"type":"object","minProperties":5,"maxProperties":2}`, "#: minProperties: 5 is more"},
		{`{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/a"}}}`, "#/$defs/a: $ref: leads to itself"},
		{`{"$ref":"other.json"}`, "#: $ref: \"other.json\" is not in the document"},
		{`{"$defs":{"a":{"type":"object","properties":{"a":{"$ref":"#/$defs/a"}},"required":["a"]}},"$ref":"#/$defs/a"}`, "no text matches"},
		{`{"type":"strnig"}`, `#: type: unknown type "strnig"`},
		{`{"type":"string","enum":"x"}`, "#: enum: is no array"},
		{`{"items":3}`, "#/items: a schema is"},
		{`{"maximum":"x"}`, "#: maximum: is no number"},
		{`{"minLength":-1}`, "#: minLength: is no whole number"},
		{`{"multipleOf":0}`, "#: multipleOf: 0 is no number above 0"},
		{`{"type":"number","multipleOf":0.123456789}`, "#: multipleOf: "},
		{`{"type":`, "JSON Schema: "},
		{`{} {}`, "more than one JSON value"},
		{`{"properties":{"a":1,"a":2}}`, `#: properties: "a" is there twice`},
		{`{"items":{"type":"object","minProperties":2}}`, "#/items: minProperties: more than one member"},
		{`{"properties":{"a":{"contains":{},"maxContains":2}}}`, "#/properties/a: maxContains: cannot"},
		{`{"required":[1]}`, "#: required: "},
	} {
		if _, err := JSONSchema([]byte(c.schema)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.schema, err, c.want)
		}
	}
}

// TestJSONSchemaDepth nests a schema as deep as it may be, and deeper by one.
func TestJSONSchemaDepth(t *testing.T) {
	nested := func(levels int) []byte { // {} is one
		return []byte(strings.Repeat(`{"items":`, levels-1) + "{}" + strings.Repeat("}", levels-1))
	}
	if _, err := JSONSchema(nested(maxDepth + 1)); err != nil {
		t.Errorf("%d levels: %v", maxDepth+1, err)
	}
	if _, err := JSONSchema(nested(maxDepth + 2)); err == nil || !strings.Contains(err.Error(), "deeper than 64") {
		t.Errorf("%d levels: %v", maxDepth+2, err)
	}
}

// TestAnyOrder wants members in any order where there are few, and else in that of the
// schema.
func TestAnyOrder(t *testing.T) {
	eight, nine := "", ""
	for i := range 9 {
		p := fmt.Sprintf(`"p%d":{"type":"integer"},`, i)
		if nine += p; i < 8 {
			eight += p
		}
	}
	object := func(properties, rest string) string {
		return `{"type":"object","properties":{` + strings.TrimSuffix(properties, ",") + `}` + rest + `}`
	}
	closed := `,"additionalProperties":false`
	for _, c := range []struct {
		name, schema string
		good, bad    []string
	}{
		{"two", object(`"a":{"const":1},"b":{"const":2}`, `,"required":["b"]`+closed), []string{`{"b":2}`, `{"a":1,"b":2}`, `{"b":2, "a":1}`}, []string{`{}`, `{"a":1}`, `{"b":2,"b":2}`, `{"a":1,"b":2,"a":1}`, `{"b":1}`, `{"b":2,"c":2}`, `{"b":2,}`}},
		{"others among them", object(`"a":{"const":1},"b":{"const":2}`, `,"required":["b"],"additionalProperties":{"const":3}`), []string{`{"x":3,"b":2,"y":3,"a":1,"z":3}`, `{"b":2}`}, []string{`{"x":3}`, `{"x":3,"b":3}`, `{"a":3,"b":2}`, `{"b":2,"x":3,"b":2}`}},
		{"within each other", object(`"o":`+object(`"a":{},"b":{}`, closed)+`,"n":{"type":"null"}`, closed), []string{`{"n":null,"o":{"b":1,"a":2}}`, `{"o":{"a":1},"n":null}`, `{}`}, []string{`{"o":{"b":1,"b":1}}`}},
		{"none", object("", closed), []string{`{}`}, []string{`{"a":1}`}},
		{"one that may not be", object(`"a":false,"b":{"const":1}`, ""), []string{`{"c":0,"b":1}`}, []string{`{"b":1,"a":1}`}},
		{"eight", object(eight, closed), []string{`{"p7":1,"p3":2,"p0":3}`}, []string{`{"p7":1,"p3":2,"p7":3}`}},
		{"nine", object(nine, closed), []string{`{"p0":1,"p8":2}`}, []string{`{"p8":1,"p0":2}`}},
		{"a number of members", object(eight, closed+`,"minProperties":2`), []string{`{"p0":1,"p7":2}`}, []string{`{"p7":1}`, `{"p7":1,"p0":2}`}},
	} {
		g, err := JSONSchemaWith([]byte(c.schema), SchemaOptions{AnyOrder: true})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for _, s := range c.good {
			if ok, at := g.Match([]byte(s)); !ok {
				t.Errorf("%s: rejects %s at %d", c.name, s, at)
			}
		}
		for _, s := range c.bad {
			if ok, _ := g.Match([]byte(s)); ok {
				t.Errorf("%s: accepts %s", c.name, s)
			}
		}
		again, err := g.Source().Grammar()
		if err != nil || again.Source() != g.Source() {
			t.Errorf("%s: source %+v, %v", c.name, g.Source(), err)
		}
	}
	if g, _ := JSONSchema([]byte(object(`"a":{},"b":{}`, ""))); g != nil {
		if ok, _ := g.Match([]byte(`{"b":1,"a":1}`)); ok {
			t.Error("members come in any order without being asked for")
		}
	}
}

// TestAnyOrderSize bounds what many objects in any order take to compile.
func TestAnyOrderSize(t *testing.T) {
	eight := ""
	for i := range 8 {
		eight += fmt.Sprintf(`"p%d":{"type":"integer"},`, i)
	}
	inner := `{"type":"object","properties":{` + strings.TrimSuffix(eight, ",") + `}}`
	for _, n := range []int{1, 8, 60} {
		schema := `{"prefixItems":[`
		for i := range n {
			schema += strings.Replace(inner, "p0", fmt.Sprintf("q%d", i), 1) + ","
		}
		schema = strings.TrimSuffix(schema, ",") + `]}`
		g, err := JSONSchemaWith([]byte(schema), SchemaOptions{AnyOrder: true})
		if err != nil {
			t.Fatalf("%d objects: %v", n, err)
		}
		if used := g.current.budget.used; used > int64(1+n)*400<<10 {
			t.Errorf("%d objects take %d KiB", n, used>>10)
		}
	}
}
