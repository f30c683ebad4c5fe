package grammar

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestLimits compiles what is made to be large: a grammar or an error within a
// second, and within the memory of the budget.
func TestLimits(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, c := range limitCases() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		runtime.LockOSThread()
		start := now()
		g, err := c.make()
		took := now() - start
		runtime.UnlockOSThread()
		runtime.GC()
		runtime.ReadMemStats(&after)
		if err == nil {
			for range 3 {
				g.Match([]byte(strings.Repeat("a", 100)))
			}
		}
		runtime.KeepAlive(g)
		grown := int64(after.HeapAlloc) - int64(before.HeapAlloc)
		t.Logf("%s: %v, %d KiB, %.200v", c.name, took.Round(time.Millisecond), grown>>10, err)
		if grown > maxMemory {
			t.Errorf("%s: %d bytes, %v", c.name, grown, err)
		}
	}
}

func schemaOf(s string) func() (*Grammar, error) {
	return func() (*Grammar, error) { return JSONSchema([]byte(s)) }
}

func larkOf(s string) func() (*Grammar, error) {
	return func() (*Grammar, error) { return Lark(s) }
}

// A limitCase is a grammar that is made to be large.
type limitCase struct {
	name string
	make func() (*Grammar, error)
}

func limitCases() []limitCase {
	many := func(n int, f string) string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf(f, i, i, i)
		}
		return strings.Join(list, ",")
	}
	return []limitCase{
		{"enum of a million", schemaOf(`{"enum":[` + many(1_000_000, `"%[1]d"`) + `]}`)},
		{"enum of 30,000", schemaOf(`{"enum":[` + many(30_000, `"value %[1]d"`) + `]}`)},
		{"numbers", schemaOf(`{"enum":[` + many(50_000, `%[1]d`) + `]}`)},
		{"decimals", schemaOf(`{"enum":[` + many(20_000, `%[1]d.5`) + `]}`)},
		{"properties", schemaOf(`{"properties":{` + many(20_000, `"p%[1]d":{"type":"string"}`) + `}}`)},
		{"all required", schemaOf(`{"required":[` + many(20_000, `"p%[1]d"`) + `]}`)},
		{"counted properties", schemaOf(`{"minProperties":500,"properties":{` + many(1000, `"p%[1]d":{"type":"string"}`) + `},"additionalProperties":false}`)},
		{"patterns", schemaOf(`{"patternProperties":{` + many(300, `"a.*%[1]d":{"type":"string"}`) + `}}`)},
		{"branches", schemaOf(`{"anyOf":[` + many(3000, `{"properties":{"a":{"const":%[1]d}},"required":["a"]}`) + `]}`)},
		{"exclusive branches", schemaOf(`{"oneOf":[` + many(200, `{"properties":{"a":{"minimum":%[1]d}}}`) + `]}`)},
		{"products", schemaOf(`{"allOf":[` + many(40, `{"anyOf":[{"required":["a%[1]d"]},{"required":["b%[1]d"]},{"required":["c%[1]d"]}]}`) + `]}`)},
		{"deep", schemaOf(strings.Repeat(`{"items":`, 490) + `{}` + strings.Repeat("}", 490))},
		{"too deep", schemaOf(strings.Repeat(`{"items":`, 10_000) + `{}` + strings.Repeat("}", 10_000))},
		{"long list", schemaOf(`{"type":"array","minItems":1000000,"items":{"type":"integer"}}`)},
		{"long text", schemaOf(`{"type":"string","minLength":1000000,"maxLength":2000000}`)},
		{"hard pattern", schemaOf(`{"allOf":[{"pattern":"^(a|b)*a(a|b){40}$"},{"pattern":"^(a|b)*b(a|b){41}$"},{"not":{"pattern":"^(a|b)*a(a|b){42}$"}}],"type":"string"}`)},
		{"chain", schemaOf(`{"$ref":"#/$defs/0","$defs":{` + many(5000, `"%[1]d":{"allOf":[{"$ref":"#/$defs/%[2]d1"}]}`) + `}}`)},
		{"doubling", func() (*Grammar, error) {
			src := "root ::= a0\n"
			for i := range 60 {
				src += fmt.Sprintf("a%d ::= a%d a%d\n", i, i+1, i+1)
			}
			return GBNF(src + "a60 ::= \"\"\n")
		}},
		{"ambiguous", func() (*Grammar, error) { return GBNF("root ::= root root | \"a\" | \"\"") }},
		{"repeats", func() (*Grammar, error) {
			return GBNF(`root ::= ((("a"{0,1000}){0,1000}){0,1000} "b"?){0,1000000000}`)
		}},
		{"a long text", func() (*Grammar, error) { return GBNF(`root ::= "` + strings.Repeat("a", 500_000) + `"`) }},
		{"Lark: names", larkOf("start: " + strings.Repeat("A ", 200_000) + "\nA: \"a\"")},
		{"Lark: alternatives", larkOf("start: A\nA: " + strings.ReplaceAll(many(30_000, `"value %[1]d"`), ",", "|"))},
		{"Lark: rules", larkOf("start: " + strings.ReplaceAll(many(9_000, `a%[1]d`), ",", "|") + strings.ReplaceAll(many(9_000, "\na%[1]d: \"x\"~2 \"%[1]d\" start"), ",", "\n"))},
		{"Lark: groups", larkOf("start: " + strings.Repeat("(\"a\" ", 199) + strings.Repeat(")*", 199))},
		{"Lark: ands", larkOf("start: " + strings.Repeat("(\"a\" & ", 150) + "\"a\"" + strings.Repeat(")", 150))},
		{"Lark: too deep", larkOf("start: " + strings.Repeat("(", 200_000))},
		{"Lark: nots", larkOf("start: " + strings.Repeat("~", 200_000) + "A\nA: \"a\"")},
		{"Lark: alternating nots", larkOf("start: A\nA: " + strings.Repeat("~(\"a\" ", 99) + strings.Repeat(")+", 99))},
		{"Lark: words", larkOf("start: %regex {\"substring_words\": \"" + strings.Repeat("a ab aab ", 10_000) + "\"}")},
		{"Lark: characters", larkOf("start: %regex {\"substring_chars\": \"" + strings.Repeat("a", 30_000) + "\"}")},
		{"Lark: cases", larkOf("start: \"" + strings.Repeat("k", 500_000) + "\"i")},
		{"Lark: classes", larkOf("start: /" + strings.Repeat(`\W`, 30_000) + "/i")},
		{"Lark: schemas", larkOf("start: " + strings.Repeat("%json {} ", 50_000))},
		{"Lark: doubled terminals", func() (*Grammar, error) {
			src := "start: A0\n"
			for i := range 60 {
				src += fmt.Sprintf("A%d: A%d A%d\n", i, i+1, i+1)
			}
			return Lark(src + "A60: \"b\"?\n%ignore / */")
		}},
		{"Lark: hard", larkOf("start: A\nA: /(a|b)*a(a|b){40}/ & /(a|b)*b(a|b){41}/ & ~/(a|b)*a(a|b){42}/")},
		{"Lark: lazy", larkOf("start: f*\nf[lazy]: /(a|b)*a(a|b){400}/\n%ignore /(a|b)*b(a|b){401}/")},
		{"long expression", func() (*Grammar, error) { return Regexp(strings.Repeat("a?", 30_000) + "^") }},
	}
}
