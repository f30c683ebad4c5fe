package grammar

import (
	"strings"
	"testing"

	"github.com/querent-ai/chord/internal/fixtures"
)

// TestGBNFFiles takes llama.cpp's own grammars.
func TestGBNFFiles(t *testing.T) {
	for _, c := range []struct {
		name    string
		yes, no []string
	}{
		{"arithmetic", []string{"1+2=3\n", "(1+x)*20 /3 = y\n"}, []string{"1+=\n", "1=2"}},
		{"c", []string{"int main(){return 0;}", "int f(int a){a = b*2;while(a<3){return a;}}"}, []string{"int main({}"}},
		{"chess", []string{"1. e4 e5\n2. Nf3 Nc6\n"}, []string{"e4"}},
		{"english", []string{"Hello, world!"}, []string{"日"}},
		{"japanese", []string{"ひらがな", "日本語 カタカナ"}, []string{"latin"}},
		{"json", []string{`{"a": [1, 2.5e3, "x\u00e9", null], "b": {}}`}, []string{`[1]`, `{"a":}`, `{'a': 1}`, "{\"a\": \"\t\"}"}},
		{"json_arr", []string{"[\n1,\n{\"a\": [true]}\n]"}, []string{"{}"}},
		{"list", []string{"- one\n- two\n"}, []string{"one\n", "- \n\n"}},
	} {
		g, err := GBNF(string(fixtures.Read(t, "grammar/"+c.name+".gbnf")))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		checkMatch(t, c.name, g, c.yes, c.no)
	}
}

func checkMatch(t *testing.T, name string, g *Grammar, yes, no []string) {
	t.Helper()
	for _, s := range yes {
		if ok, at := g.Match([]byte(s)); !ok {
			t.Errorf("%s: rejects %q at %d", name, s, at)
		}
	}
	for _, s := range no {
		if ok, _ := g.Match([]byte(s)); ok {
			t.Errorf("%s: accepts %q", name, s)
		}
	}
}

func TestGBNF(t *testing.T) {
	for _, c := range []struct {
		name, src string
		yes, no   []string
	}{
		{"left recursion", `root ::= root "+" [0-9] | [0-9]`, []string{"1", "1+2+3"}, []string{"+1", "1+"}},
		{"hidden left recursion", "root ::= e root \"a\" | \"b\"\ne ::= \"x\"?", []string{"b", "baa", "xba", "xxbaa"}, []string{"a", "xb"}},
		{"right recursion", "root ::= \"a\" root | \"b\"", []string{"b", "aaaaab"}, []string{"a", "ba"}},
		{"palindromes", "root ::= \"a\" root \"a\" | \"b\" root \"b\" | \"\"", []string{"", "abba", "aabbaa"}, []string{"ab", "aba"}},
		{"repeats of groups", "root ::= (x \",\"){2,3} x\nx ::= \"(\" x \")\" | \"y\"", []string{"y,y,y", "(y),y,((y)),y"}, []string{"y,y", "y,y,y,y,y"}},
		{"repeat of a repeat", "root ::= (x+ \";\")*\nx ::= \"(\" x? \")\"", []string{"", "()();(());"}, []string{";", "()"}},
		{"repeats in a row", "root ::= x{1,2} x{2,3} \"!\"\nx ::= \"(\" x? \")\"", []string{"()()()!", "()(())()()()!"}, []string{"()()!", "()()()()()()!"}},
		{"empty repeated", "root ::= x* \"!\"\nx ::= (\"(\" x \")\")?", []string{"!", "(())!", "()()!"}, []string{"(!"}},
		{"escapes", `root ::= "\x41\u00e9\U0001F600\"\\\n" [\]\-a] [^\x00-\x7F] .`, []string{"Aé😀\"\\\n]é\n", "Aé😀\"\\\n-日x"}, []string{"Aé😀\"\\\nbéx"}},
		{"lines", "# a comment\nroot ::= (\n  \"a\" # more\n  | b\n)\nb ::=\n  \"b\" |\n  \"c\"\n", []string{"a", "b", "c"}, []string{"ab"}},
		{"huge repeat", `root ::= "a"{2,1000000000} ("(" root ")")?`, []string{"aa", "aaaa(aa)"}, []string{"a", "aa(a)"}},
	} {
		g, err := GBNF(c.src)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		checkMatch(t, c.name, g, c.yes, c.no)
	}
}

func TestGBNFErrors(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{``, `no rule "root"`},
		{`root ::= x`, `rule "root": line 1: there is no rule "x"`},
		{"root ::= \"a\"{5,2}", "line 1: bad repeat"},
		{"root ::= \"a\"{1,10000000000}", "line 1: bad repeat"},
		{"root ::= \"a\" root", "no text matches"},
		{"root ::= a\na ::= b\nb ::= a", "no text matches"},
		{"root ::= \"a", "without an end"},
		{"root ::= [a", "without an end"},
		{"root ::= (\"a\"", "without an end"},
		{"root ::= \"a\"\nroot ::= \"b\"", "twice"},
		{"root = \"a\"", "::= is missing"},
		{"root ::= \"\\q\"", "unknown escape"},
		{"root ::= \"a\" )", "unexpected"},
		{"root ::= [z-a]", "out of order"},
		{"root ::= \"\\u12\"", "digits"},
		{"root ::= " + strings.Repeat("(", 1000), "too deep"},
	} {
		if _, err := GBNF(c.src); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40q: got %v, want %q", c.src, err, c.want)
		}
	}
}
