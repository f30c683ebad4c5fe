// Package examples_test builds and runs the examples, each of which is a small
// complete program in a folder of its own.
package examples_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/querent-ai/chord/chordtest"
)

// runs has a run of each example and what it prints. The model is the default,
// chord-tales, whose text of a seed is the same on every machine; CAT in an
// argument is a file of one that always answers "It is a cat.".
var runs = []struct {
	name  string // the folder
	args  []string
	stdin string
	want  string
}{
	{"complete", []string{"-n", "12", "-seed", "7", "Once upon a time"}, "",
		"Once upon a time, there was a little boy named Timmy. Timmy loved to\n"},
	{"stream", []string{"-seed", "3", "-stop", ".", "Once upon a time"}, "",
		"Once upon a time there was a little girl named Lily\n"},
	{"chat", []string{"-m", "CAT", "-system", "You know animals."}, "What is it?\nReally?\n",
		"> It is a cat.\n> It is a cat.\n> \n"},
	{"session", []string{"There was a little cat", " who was sad", " who could fly"}, "",
		"There was a little cat who was sad by one a beautiful little cat and a tunnel.\n" +
			"There was a little cat who could fly at the house.\n"},
	{"search", []string{"-k", "1", "MIT License", "LICENSE-MIT"}, "",
		"1.000 MIT License\n"},
	{"choose", []string{"The dog likes to", " play", " sing"}, "",
		" 96.4 %  perplexity      6.6 \" play\"\n  3.6 %  perplexity    173.2 \" sing\"\n"},
	{"batch", []string{"-n", "6", "-seed", "5"}, "The cat\nThe dog\nOnce upon\n",
		`{"prompt":"The cat","text":"erpillar had a"}` + "\n" +
			`{"prompt":"The dog","text":", the boy and the dog"}` + "\n" +
			`{"prompt":"Once upon","text":" a time there was a little"}` + "\n"},
	{"ask", []string{"-m", "CAT", "-k", "1", "MIT License", "LICENSE-MIT"}, "",
		"It is a cat.\n[LICENSE-MIT, paragraph 1]\n"},
}

// TestExamples builds every example, and runs it in the root of the repository
// as its comment says.
func TestExamples(t *testing.T) {
	bin := t.TempDir()
	build := exec.Command("go", "build", "-ldflags", "-s -w", "-o", bin+string(filepath.Separator), "./...")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cat := filepath.Join(bin, "cat.gguf")
	b, err := chordtest.File("It is a cat.")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cat, b, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, r := range runs {
		t.Run(r.name, func(t *testing.T) {
			var args []string
			for _, a := range r.args {
				args = append(args, strings.ReplaceAll(a, "CAT", cat))
			}
			var stdout, stderr bytes.Buffer
			cmd := exec.Command(filepath.Join(bin, r.name), args...)
			cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = "..", strings.NewReader(r.stdin), &stdout, &stderr
			if err := cmd.Run(); err != nil {
				t.Fatalf("%v\n%s", err, &stderr)
			}
			if got := stdout.String(); got != r.want {
				t.Errorf("got %q, want %q", got, r.want)
			}
		})
	}
}

// TestEveryExample wants a run of every folder, a comment that says how to run
// it, and a row in README.md.
func TestEveryExample(t *testing.T) {
	mains, err := filepath.Glob("*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, main := range mains {
		name := filepath.Dir(main)
		b, err := os.ReadFile(main)
		if err != nil {
			t.Fatal(err)
		}
		comment, _, _ := strings.Cut(string(b), "\npackage main")
		if !strings.HasPrefix(comment, "// Command "+name+" ") || !strings.Contains(comment, "\n//\tgo run ./examples/"+name+" ") {
			t.Errorf("%s: the comment does not say what Command %s does and how to go run ./examples/%s", main, name, name)
		}
		if !strings.Contains(string(readme), "\n| ["+name+"]("+name+"/main.go) | ") {
			t.Errorf("README.md: no row for %s", name)
		}
		found := false
		for _, r := range runs {
			found = found || r.name == name
		}
		if !found {
			t.Errorf("%s: no run in the table", name)
		}
	}
	if len(mains) == 0 {
		t.Error("no examples")
	}
}
