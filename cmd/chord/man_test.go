package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestMan writes all pages and lets mandoc check them, where it is.
func TestMan(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man1")
	ok(t, "", "man", dir)
	var files []string
	eachVisible(func(cmd *cobra.Command) {
		if cmd.Name() == "help" {
			return
		}
		file := filepath.Join(dir, manName(cmd)+".1")
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
		for _, f := range visible(cmd.LocalFlags()) {
			if !strings.Contains(string(b), roff("--"+f.Name)) {
				t.Errorf("%s has no --%s", file, f.Name)
			}
		}
	})
	if got := ok(t, "", "man"); !strings.Contains(got, ".BR chord\\-run (1)") || !strings.HasPrefix(got, ".TH CHORD 1") {
		t.Errorf("got %s", got)
	}
	mandoc, err := exec.LookPath("mandoc")
	if err != nil {
		t.Skip("no mandoc here to check the pages")
	}
	out, _ := exec.Command(mandoc, append([]string{"-T", "lint", "-W", "warning"}, files...)...).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if !strings.Contains(line, "missing date") { // the pages of a commit are always the same
			t.Error(line)
		}
	}
}

func TestRoff(t *testing.T) {
	for text, want := range map[string]string{
		"plain":        "plain",
		"-m a\\b":      "\\-m a\\eb",
		".start":       "\\&.start",
		"a\n'quote":    "a\n\\&'quote",
		"`x` ~ ^caret": "\\(gax\\(ga \\(ti \\(hacaret",
	} {
		if got := roff(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
