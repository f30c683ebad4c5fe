package grammar

import (
	"strings"
	"testing"
)

func TestRegexp(t *testing.T) {
	for _, c := range []struct {
		re      string
		yes, no []string
	}{
		{"a+b?", []string{"a", "aab"}, []string{"", "b", "abb"}},
		{"^(ab|c){2,3}$", []string{"abab", "cc", "cabc"}, []string{"ab", "cccc"}},
		{"[^a-z]é+", []string{"Aé", "日éé"}, []string{"aé", "A"}},
		{`\d{1,1000000000}`, []string{"1", "123456"}, []string{"", "a"}},
		{`(?!foo)\w+`, []string{"fo", "fob"}, []string{"foo", "food"}},
		{`(?=.*\d)\w{3}`, []string{"ab1", "123"}, []string{"abc"}},
		{`\p{Lu}\p{Script=Greek}`, []string{"Aα"}, []string{"aα"}},
		{`(\/?((\.{2})|([a-z]*))($|\/))*`, []string{"", "/", "a/b", "../a", "a/"}, []string{"A", ".x"}},
		{`[\w.-]+@(?:x|y)?\u0041\x42\u{1F600}`, []string{"a.b@xAB😀", "a@AB😀"}, []string{"@AB😀"}},
		{`(?<n>a)??b*?`, []string{"", "a", "abb"}, []string{"aa"}},
		{`a{,2}`, []string{"a{,2}"}, []string{"aa"}},
		{`a{2,5}x|a{0,5}x`, []string{"x", "aax", "aaaaax"}, []string{"aaaaaax"}},
		{`(a{1,20}b){1,20}c`, []string{"aababc"}, []string{"abac", "c"}},
		{``, []string{""}, []string{"a"}},
	} {
		g, err := Regexp(c.re)
		if err != nil {
			t.Errorf("%s: %v", c.re, err)
			continue
		}
		checkMatch(t, c.re, g, c.yes, c.no)
	}
}

func TestRegexpErrors(t *testing.T) {
	for _, c := range []struct{ re, want string }{
		{"a{5,2}", "the first is larger"},
		{"(a", "without an end"},
		{"a)", "unexpected"},
		{"[a", "without an end"},
		{"[z-a]", "out of order"},
		{`(a)\1`, "back reference"},
		{`a\b`, `\b cannot be enforced`},
		{"(?<=a)b", "look-behind"},
		{"*a", "nothing to repeat"},
		{"a**", "quantifier of a quantifier"},
		{`\`, "backslash"},
		{`\p{Nope}`, "unknown property"},
		{`\y`, "unknown escape"},
		{"a\xff", "invalid UTF-8"},
		{"a$b", "no text matches"},
		{"((a{1,1000}){1,1000}){1,1000}", "too large"},
		{strings.Repeat("(", 10000), "too deep"},
	} {
		if _, err := Regexp(c.re); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40q: got %v, want %q", c.re, err, c.want)
		}
	}
}

func TestChoices(t *testing.T) {
	g, err := Choices([]string{"yes", "no", "not sure", "日本"})
	if err != nil {
		t.Fatal(err)
	}
	checkMatch(t, "choices", g, []string{"yes", "no", "not sure", "日本"}, []string{"", "n", "nothing", "日"})
	if _, err := Choices(nil); err == nil {
		t.Error("no choices are a grammar")
	}
}
