package grammar

import "testing"

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
	} {
		g, err := Regexp(c.re)
		if err != nil {
			t.Errorf("%s: %v", c.re, err)
			continue
		}
		for _, s := range c.yes {
			if ok, at := g.Match([]byte(s)); !ok {
				t.Errorf("%s: rejects %q at %d", c.re, s, at)
			}
		}
		for _, s := range c.no {
			if ok, _ := g.Match([]byte(s)); ok {
				t.Errorf("%s: accepts %q", c.re, s)
			}
		}
	}
}
