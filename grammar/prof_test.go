package grammar

import (
	"strings"
	"testing"
	"time"
)

func TestProf(t *testing.T) {
	for _, f := range []string{"hostname", "idn-hostname", "uri", "iri", "ipv6", "date-time", "email", "regex", "uri-template", "idn-email"} {
		t0 := time.Now()
		g, err := JSONSchema([]byte(`{"type":"string","format":"` + f + `"}`))
		if err != nil {
			t.Fatal(err)
		}
		t1 := time.Now()
		for _, s := range []string{`"www.example.com"`, `"` + strings.Repeat("abcd.", 40) + `x"`, `"` + strings.Repeat("ab1", 20) + `"`, `"http://www.example.com/foo?bar#x"`} {
			g.Match([]byte(s))
		}
		t.Log(f, t1.Sub(t0), time.Since(t1), len(g.current.r.x.nodes), len(g.current.r.x.derived), len(g.current.lex.states))
	}
}
