package main

import (
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

var updateScreens = flag.Bool("update-screens", false, "write the screens in testdata/screens anew")

// screenIs compares a screen with its file in testdata/screens.
func screenIs(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "screens", name+".txt")
	if *updateScreens {
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.ReplaceAll(string(want), "\r\n", "\n"); got != text {
		t.Errorf("%s: got\n%s\nwant\n%s\n(go test ./cmd/chord -update-screens, if that is meant)", file, got, text)
	}
}

// eachVisible calls f with every command that help shows.
func eachVisible(f func(*cobra.Command)) {
	var visit func(*cobra.Command)
	visit = func(cmd *cobra.Command) {
		f(cmd)
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() || c.Name() == "help" {
				visit(c)
			}
		}
	}
	root := newApp(nil, io.Discard, io.Discard).rootCommand()
	root.InitDefaultHelpCmd()
	visit(root)
}

// TestHelpPages wants the help of every command to fit 80 columns and narrower terminals, to
// have examples that name the command, and to tell the defaults of its flags.
func TestHelpPages(t *testing.T) {
	eachVisible(func(cmd *cobra.Command) {
		t.Run(strings.ReplaceAll(cmd.CommandPath(), " ", "-"), func(t *testing.T) {
			if !strings.Contains(cmd.Example, cmd.CommandPath()) {
				t.Errorf("no example")
			}
			for line := range strings.Lines(cmd.Example) {
				if n := width(strings.TrimRight(line, "\n")); n > plainWidth || !strings.HasPrefix(line, "  ") {
					t.Errorf("%d columns, want %d, and two spaces first: %q", n, plainWidth, line)
				}
			}
			for _, columns := range []int{plainWidth, 60} {
				h := helpPage{width: columns}
				h.command(cmd)
				text := strings.ReplaceAll(h.b.String(), cmd.Example, "")
				for line := range strings.Lines(text) {
					if n := width(strings.TrimRight(line, "\n")); n > columns && !strings.HasPrefix(line, "  ") {
						t.Errorf("%d columns, want %d: %q", n, columns, line)
					} else if n > plainWidth {
						t.Errorf("%d columns, want %d: %q", n, plainWidth, line)
					}
				}
				if strings.Contains(text, glue) {
					t.Errorf("there is glue in %q", text)
				}
			}
			h := helpPage{width: 10000}
			h.command(cmd)
			for _, f := range visible(cmd.Flags()) {
				if def := defaultText(f); def != "" && !strings.Contains(h.b.String(), "(default "+def+")") {
					t.Errorf("--%s: no default %s", f.Name, def)
				}
			}
		})
	})
}

// TestHelpScreens compares screens of help with those that somebody has looked at.
func TestHelpScreens(t *testing.T) {
	for _, args := range []string{"quantize", "help"} {
		screenIs(t, "help-"+args, ok(t, "", args, "--help"))
	}
	a := newApp(nil, nil, nil)
	cmd, _, err := a.rootCommand().Find([]string{"stop"})
	if err != nil {
		t.Fatal(err)
	}
	h := helpPage{width: 50, paint: true}
	h.command(cmd)
	screenIs(t, "help-stop-50-color", h.b.String())
	if got, want := ok(t, "", "help", "split"), ok(t, "", "split", "--help"); got != want {
		t.Errorf("chord help split: got\n%s, want\n%s", got, want)
	}
	if r := do(t, "", "help", "splitt"); r.code != exitUsage || !strings.Contains(r.stderr, "did you mean split?") {
		t.Errorf("got %+v", r)
	}
}

func TestSuggestFlag(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"run --tmep 0 x", "unknown flag: --tmep, did you mean --temp?"},
		{"run --top-kk 3 x", "did you mean --top-k?"},
		{"run --ctx 5 x", "did you mean --ctx-size?"},
		{"run --sed 5 x", "did you mean --seed?"},
		{"inspect --jsn x", "did you mean --json?"},
		{"inspect --colour x", "did you mean --color?"},
		{"run -tmep 0", "unknown flag: -tmep, did you mean --temp?"},
	} {
		r := do(t, "", strings.Fields(c.args)...)
		if r.code != exitUsage || !strings.Contains(r.stderr, c.want) {
			t.Errorf("%s: exit %d, stderr %q, want %q", c.args, r.code, r.stderr, c.want)
		}
	}
	if r := do(t, "", "run", "--xyzzy", "a"); strings.Contains(r.stderr, "did you mean") {
		t.Errorf("got %q", r.stderr)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"temp", "temp", 0}, {"tmep", "temp", 1}, {"tem", "temp", 1}, {"temps", "temp", 1}, {"timp", "temp", 1}, {"a", "xyz", 3}, {"kitten", "sitting", 3}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%q %q: got %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestWrapWords(t *testing.T) {
	for _, c := range []struct {
		text     string
		first, n int
		want     string
	}{
		{"", 10, 10, ""},
		{"a  b\nc", 10, 10, "a b c"},
		{"one two three", 7, 7, "one two|three"},
		{"one two three", 3, 9, "one|two three"},
		{"anextremelylongword a", 5, 5, "anextremelylongword|a"},
		{"aa;bb;cc dd", 6, 6, "aa;bb;|cc dd"},
		{"x (default" + glue + "5)", 10, 12, "x|(default 5)"},
	} {
		if got := strings.Join(wrapWords(c.text, c.first, c.n), "|"); got != c.want {
			t.Errorf("%q in %d: got %q, want %q", c.text, c.n, got, c.want)
		}
	}
}
