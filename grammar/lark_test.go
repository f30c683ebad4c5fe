package grammar

import (
	"strings"
	"testing"
)

// larkCases are texts of grammars and others. What llguidance documents is among
// them.
var larkCases = []struct {
	name, src string
	yes, no   []string
}{
	{"a repeat of characters", `start: /.../ "abc" /.../`, []string{"abcabcabc", "aaaabcccc", "éèêabc日本語"}, []string{"aaabcccc", "aaaabccc"}},
	{"alternatives on lines", "start: a\n  | b -> other // c\n\n  | \"c\" # d\na: \"x\"\nb: \"y\"", []string{"x", "y", "c"}, []string{"", "xy"}},
	{"braces", "start: ab{3,5}\nab: \"a\" | \"b\"", []string{"aba", "bbbbb"}, []string{"ab", "aaaaaa"}},
	{"open braces", `start: "a"{2,} "b"{,2} "c"{1}`, []string{"aac", "aaaabbc"}, []string{"ac", "aabbbc"}},
	{"tilde", `start: "a"~2 "b" ~ 1..2`, []string{"aab", "aabb"}, []string{"ab", "aabbb"}},
	{"operators", `start: "a"? "b"* ["c" | "d"] ("e")+`, []string{"e", "abbcee", "de"}, []string{"a", "cde"}},
	{"inline rules", "?start: _x A-1\n!_x.2: \"x\"\nA-1.-3: \"a\"", []string{"xa"}, []string{"x"}},
	{"left and right recursion", "start: start \"+\" t | t\nt: \"(\" start \")\" | \"-\" t | /[0-9]+/", []string{"1+(2+-3)+4"}, []string{"1+", "()"}},
	{"ranges of characters", `start: "a".."f" "\u00e0".."ü"`, []string{"aé", "fü"}, []string{"gé", "az"}},
	{"escapes", `start: "\x41\n\t\"\\\/\u00e9\ud83d\ude00"`, []string{"A\n\t\"\\/é😀"}, nil},
	{"cases of letters", `start: "Straße"i /k/i`, []string{"STRAßEK", "straẞeK", "Straßek"}, []string{"Strassek"}},
	{"a long text, regular or not", "start: A & /a+/ | A A | \"b\" start\nA: \"" + strings.Repeat("a", 5000) + "\"", []string{"b" + strings.Repeat("a", 5000)}, []string{strings.Repeat("a", 5001)}},
	{"flags", "start: /a.b/s | /(?i:x)Y/ | /(?s).x/", []string{"a\nb", "XY", "xY", "\nx"}, []string{"xy"}},
	{"classes of Unicode", `start: /\d\w\s[^\W\d]\pL\p{Greek}[[:digit:]x]/`, []string{"٣é\u2003zÄω7"}, []string{"aé zÄω7", "1é 1Äω7"}},
	{"what is ignored", "%import common.WS\n%ignore WS\nstart: \"a\" A (\"b\")*\nA: \"c\" \"d\"", []string{"acd", "a  cd b\n b ", "a cd "}, []string{"a c d", " acd"}},
	{"ignored once", "%llguidance {\"ignore_once\": true}\n%ignore /[ \\t]{1,3}/\nstart: \"A\" \"!\"", []string{"A!", "A   !"}, []string{"A    !"}},
	{"ignored first", "%llguidance {\"allow_initial_skip\": true}\n%ignore / /\nstart: \"A\"", []string{"A", "  A "}, nil},
	{"two ignored", "%ignore / /\n%ignore /#[^\\n]*\\n/\nstart: \"a\" \"b\"", []string{"a #x\n #y\nb", "ab"}, []string{"a#b"}},
	{"ignored in recursive rules", "%ignore / +/\nstart: \"(\" start \")\" | /[a-z]+/", []string{"( ( ab ) )"}, []string{"(a b)"}},
	{"imports", "%import common (INT, ESCAPED_STRING)\n%import common.SIGNED_NUMBER -> N\nstart: INT \":\" N ESCAPED_STRING", []string{`12:-1.5e3"a\"b"`, `0:.5""`}, []string{`-1:2""`, `1:2"""`}},
	{"comments of C", "%import common.C_COMMENT\nstart: C_COMMENT", []string{"/**/", "/* a * b **/", "/*/*/"}, []string{"/*/", "/* */ */"}},
	{"and and not", "start: A \":\" B\nA: /[a-z]+/ & ~(\"if\" | \"else\") & ~/.*x.*/\nB: ~\"a\"{2} | \"!\"", []string{"iffy:!", "if:", "elses:bb"}[:1], []string{"if:!", "axe:!"}},
	{"not in a rule", "start: \"<\" (~/(?s:.*)>(?s:.*)/ & /.{0,3}/) \">\"", []string{"<>", "<abc>", "<é>"}, []string{"<>>", "<abcd>"}},
	{"lines without an empty one", `start: /[a-z\n]*/ & ~/(?s:.*)\n\n(?s:.*)/`, []string{"", "a\nb\n"}, []string{"a\n\nb"}},
	{"a schema", "start: T | f\nT: /[^{](.|\\n)*/\nf: %json {\"type\": \"object\",\n \"properties\": {\"name\": {\"const\": \"w\"}}, \"required\": [\"name\"]}", []string{"no call\n{", `{"name": "w"}`}, []string{`{"name": "v"}`, "{x"}},
	{"two schemas, and ignored after them", "%ignore / /\nstart: %json {\"type\": \"integer\"} \";\" %json {\"type\": \"boolean\"}", []string{"12 ; true ", "1;false"}, []string{"1;2"}},
	{"words", `start: "A" %regex {"substring_words": "foo bar. baz"} "B"`, []string{"AB", "AfooB", "A bar.B", "Abar. bazB"}, []string{"Afo", "AfoobarB"}},
	{"chunks", "start: S\nS: %regex {\"substring_chunks\": [\"ab\", \"c\", \"ab\", \"d\"]} \".\"", []string{".", "abcab.", "abd.", "cabd."}, []string{"abab.", "cd."}},
	{"characters", `start: %regex {"substring_chars": "der schöne Tag, der"}`, []string{"", "schö", "Tag", "der", "r sch", ", der"}, []string{"schT", "derT"}},
	{"a suffix", "start: f \"!\"\nf[capture, suffix=\"<end>\"]: /.*/", []string{"foo<end>!", "<end>!"}, []string{"foo<end>bar<end>!", "foo"}},
	{"a lazy rule", "start: f /b?/\nf[lazy]: /[ab]*<end>/", []string{"ab<end>", "<end>b"}, []string{"<end>a", "a<end>b<end>"}},
	{"a lazy rule of nothing", "start: f \"x\"\nf[lazy]: /.*/", []string{"x"}, []string{"xx"}},
	{"a lazy rule of one digit", "start: f f\nf[lazy]: /[0-9]+/", []string{"12"}, []string{"1", "123"}},
	{"calls of tools", "start: ( f | g )* end\nend: TEXT\nTEXT: /(.|\\n)*/\nfh[lazy]: TEXT \"<function\"\nf: fh \"=foo>\" %json {\"type\": \"object\"} \"</function>\"\ngh[lazy]: TEXT \"<function\"\ng: gh \"=bar>\" /[0-9]+/ \"</function>\"",
		[]string{"hi", "a <func b", "x<function=bar>12</function>y<function=foo>{}</function>", "é\n<function=bar>1</function>"},
		[]string{"a <function b", "<function=bar>x", "<function=bar>1</function> <function>"}},
	{"lazy and ignored", "%ignore / /\nstart: f \"b\"\nf[suffix=\";\"]: /[a-z]+/", []string{"ab; b ", "x;b"}, []string{"a b;b"}},
	{"an empty text", "%ignore / /\nstart: \"\" \"a\" | \"b\"", []string{"a", "b "}, []string{" a"}},
	{"first line", "%llguidance {}\n\nstart: \"a\"\r\n\r\n", []string{"a"}, nil},
}

func TestLark(t *testing.T) {
	for _, c := range larkCases {
		t.Run(c.name, func(t *testing.T) {
			g, err := Lark(c.src)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range c.yes {
				if ok, at := g.Match([]byte(text)); !ok {
					t.Errorf("rejects %q at %d", text, at)
				}
			}
			for _, text := range c.no {
				if ok, _ := g.Match([]byte(text)); ok {
					t.Errorf("accepts %q", text)
				}
			}
		})
	}
}

// TestLarkErrors wants the place and the name of what is wrong.
func TestLarkErrors(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{`root: "a"`, `there is no rule "start"`},
		{"start: foo{7,6}\nfoo: \"a\"", "line 1, column 11: {7,6}: the first is larger"},
		{"start: FOO\nFOO: (\"a\" | \"b\")~5..2", "line 2, column 17: ~5..2: the first is larger"},
		{"start: foo{x}\nfoo: \"a\"", "line 1, column 11: templates cannot"},
		{"start: \"a\"{-1,}", "line 1, column 11: templates cannot"},
		{"start: FOO\nFOO: \"a\" | BAR\nBAR: \"b\" FOO", "line 3, column 10: terminal \"FOO\" leads to itself"},
		{"start: foo\nfoo: \"x\" foo", "no text matches"},
		{"start: \"é\" FOO", `line 1, column 12: there is no rule "FOO"`},
		{"%import common.BLAH\nstart: BLAH", `line 1, column 1: common has no "BLAH"`},
		{"%import python.NAME\nstart: NAME", "line 1, column 9: only common"},
		{"start: /[abc/", "line 1, column 8: regular expression"},
		{"start: /abc/l", "flag l cannot be enforced"},
		{"start: /a/x", "flag x cannot be enforced"},
		{"start: FOO\nFOO: @qux", "line 2, column 6: other grammars"},
		{"start: FOO\nFOO: %json {}", "line 2, column 6: %json in a terminal"},
		{"start: FOO\nFOO: foo\nfoo: \"a\"", `line 2, column 6: rule "foo" in a terminal`},
		{"start: \"a\" <|eot|>", "line 1, column 12: special tokens"},
		{`start: "ab".."c"`, `line 1, column 8: "ab".."c" is no range`},
		{`start: "d".."a"`, "is no range"},
		{"start: foo\nfoo: \"a\"\nfoo: \"c\"", `line 3, column 1: "foo" is there twice`},
		{"start: / \"test\"", "line 1, column 8: a regular expression without an end"},
		{"start: \"test\nblah: \"x\"", "line 1, column 8: a text without an end"},
		{"start: %json {", "line 1, column 8: %json: "},
		{"start: \"a\"\n  | %json {\"uniqueItems\": true, \"type\": \"array\"}", "line 2, column 5: %json: at #: uniqueItems"},
		{"%llguidance {\"no_forcing\": \"x\"}\nstart: \"a\"", "line 1, column 1: %llguidance: "},
		{"%llguidance {\"foo\": 1}\nstart: \"a\"", `unknown field "foo"`},
		{"start: %regex {\"foobar\": true}", `%regex: "foobar" cannot be enforced`},
		{"start: %regex {}", "%regex: one of"},
		{"start: %regex {\"substring_words\": \"a\", \"substring_chars\": \"b\"}", "%regex: one of"},
		{"start: foo\nfoo[foobar=12]: /.*/", `line 2, column 5: unknown attribute "foobar"`},
		{"start: foo\nfoo[stop=\"x\"]: /.*/", "line 2, column 5: stop, which takes text back"},
		{"start: foo\nfoo[max_tokens=3]: /.*/", "max_tokens cannot be enforced"},
		{"start: foo\nfoo[temperature=0.5]: /.*/", "temperature cannot be enforced"},
		{"start::_: \"a\"", "line 1, column 8: rules with parameters"},
		{"start: a::incr(_)\na: \"a\"", "line 1, column 8: rules with parameters"},
		{"start{x}: \"a\"", "line 1, column 6: templates"},
		{"%declare A\nstart: A", "line 1, column 1: %declare cannot be enforced"},
		{"start: /a$/", "an anchor cannot be enforced"},
		{"start: /a(?=b)/", "look-around cannot be enforced"},
		{`start: /a\b/`, `\b cannot be enforced`},
		{"start: /.*?x/", "a lazy quantifier: use [lazy]"},
		{"start: /a{,3}/", "a quantifier without numbers"},
		{"start: /[a&&b]/", "&& in a class cannot be enforced"},
		{"%ignore FOO\nstart: \"a\"", `line 1, column 9: there is no rule "FOO"`},
		{"start: Foo", `there is no rule "Foo"`},
		{"Foo: \"a\"", "has small and capital letters"},
		{"start: (\"a\"", "line 1, column 8: a group without an end"},
		{"start: \"a\" )", `line 1, column 12: unexpected ")"`},
		{"start: a & \"b\"\na: \"b\"", `line 1, column 8: rule "a" in a terminal`},
		{"start: \"\\q\"", `unknown escape \q`},
		{"start: \"\\ud800\"", "half of a surrogate pair"},
		{"start: A\nA: \"a\" & \"b\"", "no text matches"},
		{"start \"a\"", `"start": a colon is missing`},
		{"start: \"a\"\n%ignore start", `rule "start" in a terminal`},
		{"start: \xff", "invalid UTF-8"},
	} {
		_, err := Lark(c.src)
		if err == nil || !strings.HasPrefix(err.Error(), "grammar: Lark: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %q", c.src, err, c.want)
		}
	}
}
