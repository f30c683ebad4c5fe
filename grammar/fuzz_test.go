package grammar

import (
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// fuzzLimit is above what a grammar and a few masks may take: budgets count
// steps, the clock here only sees that they hold.
const fuzzLimit = 3 * time.Second

var fuzzVocab = sync.OnceValue(smallVocab)

func FuzzGBNF(f *testing.F) {
	for _, s := range []string{
		"root ::= \"a\" [b-d]* ( x | . ){2,5} # c\nx ::= root? \"\\x41\\u00e9\"",
		"root ::= root \"+\" root | [0-9]+", "root ::= (((\"a\"{0,9}){0,9}){0,9})", "root ::= a\na ::= b b b\nb ::= a | \"\"",
	} {
		f.Add(s, "a+b")
	}
	f.Fuzz(func(t *testing.T, src, text string) {
		tryGrammar(t, text, func() (*Grammar, error) { return GBNF(src) })
	})
}

func FuzzLark(f *testing.F) {
	for _, c := range larkCases {
		if len(c.src) < 1000 { // longer ones take long with counters of coverage
			f.Add(c.src, "ab<end>")
		}
	}
	f.Fuzz(func(t *testing.T, src, text string) {
		tryGrammar(t, text, func() (*Grammar, error) { return Lark(src) })
	})
}

func FuzzRegexp(f *testing.F) {
	for _, s := range []string{`^(a|b)*c{2,}$`, `(?!x)[^\d]\p{L}+`, `(a{0,100}){0,100}`, `((($|a)*b)*|^c)+`, `(?=.{3}$)(?:\u{1F600}|\w)*`} {
		f.Add(s, "abc")
	}
	f.Fuzz(func(t *testing.T, src, text string) {
		tryGrammar(t, text, func() (*Grammar, error) { return Regexp(src) })
	})
}

func FuzzJSONSchema(f *testing.F) {
	for _, s := range []string{
		`{"type":"object","properties":{"a":{"type":["string","null"],"format":"date"}},"required":["b"],"maxProperties":3}`,
		`{"oneOf":[{"minimum":1.5},{"multipleOf":0.3},{"type":"array","items":{"$ref":"#"},"minItems":2}]}`,
		`{"not":{"properties":{"a":{"const":[1,{"b":null}]}},"patternProperties":{"^x":false}},"if":{"required":["q"]},"then":false}`,
		`{"$ref":"#/$defs/a","$defs":{"a":{"allOf":[{"$ref":"#/$defs/b"}]},"b":{"anyOf":[{"type":"string","maxLength":5},{"$ref":"#/$defs/a"}]}}}`,
		`{"dependentRequired":{"a":["b"]},"propertyNames":{"pattern":"^[ab]"},"minProperties":1,"unevaluatedProperties":false}`,
	} {
		f.Add(s, `{"a":1}`)
	}
	f.Fuzz(func(t *testing.T, src, text string) {
		tryGrammar(t, text, func() (*Grammar, error) { return JSONSchema([]byte(src)) })
	})
}

// tryGrammar makes a grammar and, if there is one, follows text through it.
func tryGrammar(t *testing.T, text string, compile func() (*Grammar, error)) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start := now()
	defer func() {
		if d := now() - start; d > fuzzLimit {
			t.Fatalf("takes %v", d)
		}
	}()
	g, err := compile()
	if err != nil {
		if !strings.HasPrefix(err.Error(), "grammar: ") {
			t.Fatalf("error %v", err)
		}
		return
	}
	v := fuzzVocab()
	m := g.NewMatcher(v.Vocab)
	mask := make([]uint64, v.Words())
	for i := 0; i < len(text) && i < 64; i++ {
		any := m.Mask(mask)
		id := int32(text[i])
		err := m.Accept(id)
		if (err == nil) != allowed(mask, id) {
			t.Fatalf("byte %d of %q: the mask and Accept differ", i, text)
		}
		if err == nil && !any {
			t.Fatal("a token may come, and none may")
		}
		if err != nil {
			break
		}
	}
}
