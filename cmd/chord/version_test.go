package main

import (
	"bytes"
	"encoding/json"
	"regexp"
	"runtime"
	"slices"
	"testing"
)

func TestVersion(t *testing.T) {
	var b build
	if err := json.Unmarshal([]byte(ok(t, "", "version", "--json")), &b); err != nil {
		t.Fatal(err)
	}
	if b.Go != runtime.Version() || b.Arch != runtime.GOARCH || b.Version == "" || !slices.Contains(b.Tiers, "generic") || b.Tier != b.Tiers[0] {
		t.Errorf("got %+v", b)
	}
	for _, c := range []struct{ args, want string }{
		{"version", `^chord   .+\ncommit  .+\ngo      go.+\ncpu     .+\ntiers   .*generic\nin use  \w+\n$`},
		{"--version", `^chord .+ \(.*commit.*, go.+, .*generic, using \w+\)\n$`},
	} {
		if out := ok(t, "", c.args); !regexp.MustCompile(c.want).MatchString(out) {
			t.Errorf("chord %s: %q", c.args, out)
		}
	}
}

// TestColored has no terminal: only --color=always gives colours, and NO_COLOR and
// the others are checked before the terminal.
func TestColored(t *testing.T) {
	var out bytes.Buffer
	for _, c := range []struct {
		mode string
		want bool
	}{{"auto", false}, {"always", true}, {"never", false}} {
		a := newApp(nil, &out, &out)
		if err := a.color.Set(c.mode); err != nil {
			t.Fatal(err)
		}
		if got := a.colored(&out); got != c.want {
			t.Errorf("%s: got %v", c.mode, got)
		}
	}
	if got := ok(t, "", "run", "--color=always", "--temp=0", "-n=1", "Once"); got[:len(bold)] != bold {
		t.Errorf("got %q", got)
	}
}
