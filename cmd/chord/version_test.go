package main

import (
	"bytes"
	"encoding/json"
	"regexp"
	"runtime"
	"runtime/debug"
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

// TestBuildInfo has what the compiler notes in the ways of building chord.
func TestBuildInfo(t *testing.T) {
	vcs := []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "false"}}
	for _, c := range []struct {
		name            string
		main            debug.Module
		settings        []debug.BuildSetting
		version, commit string
	}{
		{"in a clone, at a tag", debug.Module{Version: "v0.1.0"}, vcs, "v0.1.0", "commit 0123456789abcdef"},
		{"in a clone, changed", debug.Module{Version: "v0.1.0+dirty"}, append(vcs[:1:1], debug.BuildSetting{Key: "vcs.modified", Value: "true"}), "v0.1.0+dirty", "commit 0123456789abcdef, modified"},
		{"in a clone, without a tag", debug.Module{Version: "v0.0.0-20260102030405-0123456789ab"}, vcs, "v0.0.0-20260102030405-0123456789ab", "commit 0123456789abcdef"},
		{"installed, a tag", debug.Module{Version: "v0.1.0", Sum: "h1:x="}, nil, "v0.1.0", "commit with the tag cmd/chord/v0.1.0, module h1:x="},
		{"installed, no tag", debug.Module{Version: "v0.1.1-0.20260102030405-0123456789ab", Sum: "h1:x="}, nil, "v0.1.1-0.20260102030405-0123456789ab", "commit 0123456789ab"},
		{"without a repository", debug.Module{Version: "(devel)"}, nil, "(devel)", "unknown commit"},
		{"without anything", debug.Module{}, nil, "(devel)", "unknown commit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b build
			b.read(&debug.BuildInfo{Main: c.main, Settings: c.settings})
			if b.Version != c.version || b.commit() != c.commit {
				t.Errorf("got %s, %s, want %s, %s", b.Version, b.commit(), c.version, c.commit)
			}
		})
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

// TestOfRelease wants a program of a tag or of go install to be told from one of a clone.
func TestOfRelease(t *testing.T) {
	for _, c := range []struct {
		build build
		want  bool
	}{
		{build{Version: "v0.1.0", Sum: "h1:x="}, true},
		{build{Version: "v0.1.0", trimmed: true}, true},
		{build{Version: "v0.1.0"}, false}, // go build in a clone of a tag
		{build{Version: "v0.1.1-0.20260101000000-0123456789ab", trimmed: true}, false},
		{build{Version: "v0.0.0-20260101000000-0123456789ab+dirty", trimmed: true}, false},
		{build{Version: "(devel)", trimmed: true}, false},
	} {
		if got := c.build.ofRelease(); got != c.want {
			t.Errorf("%+v: %t, want %t", c.build, got, c.want)
		}
	}
}
