package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

var updateReference = flag.Bool("update-cli", false, "write the commands in "+referenceFile+" anew")

// referenceFile has a text about all commands, and after a mark each of them.
const (
	referenceFile = "../../docs/cli.md"
	referenceMark = "<!-- What follows is made of the commands: go test -run TestReference ./cmd/chord -update-cli -->\n"
)

// TestReference holds docs/cli.md to the commands and their flags.
func TestReference(t *testing.T) {
	b, err := os.ReadFile(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	text, old, ok := strings.Cut(strings.ReplaceAll(string(b), "\r\n", "\n"), referenceMark)
	if !ok {
		t.Fatalf("%s has no %q", referenceFile, referenceMark)
	}
	want := reference()
	if *updateReference {
		if err := os.WriteFile(referenceFile, []byte(text+referenceMark+want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if old != want {
		t.Errorf("%s is not what the commands are: go test -run TestReference ./cmd/chord -update-cli", referenceFile)
	}
	for _, e := range environment {
		if !strings.Contains(text, "`"+e.variable+"`") {
			t.Errorf("%s does not name %s", referenceFile, e.variable)
		}
	}
}

// reference is a table of the commands and a section for each.
func reference() string {
	root := newApp(strings.NewReader(""), io.Discard, io.Discard).rootCommand()
	var table, sections bytes.Buffer
	table.WriteString("\n| command | does |\n|---|---|\n")
	for _, cmd := range root.Commands() {
		if !cmd.IsAvailableCommand() {
			continue
		}
		fmt.Fprintf(&table, "| [`%s`](#chord-%s) | %s |\n", cmd.Name(), cmd.Name(), strings.ReplaceAll(cmd.Short, "|", `\|`))
		section(&sections, cmd)
	}
	return table.String() + sections.String()
}

// section writes the section of one command.
func section(w io.Writer, cmd *cobra.Command) {
	long := cmd.Long
	if long == "" {
		long = cmd.Short + "."
	}
	fmt.Fprintf(w, "\n## chord %s\n\n%s\n\n```text\n%s\n```\n", cmd.Name(), strings.TrimSpace(long), cmd.UseLine())
	if cmd.Example != "" {
		var lines []string
		for line := range strings.Lines(cmd.Example) {
			lines = append(lines, strings.TrimSpace(line))
		}
		fmt.Fprintf(w, "\n```sh\n%s\n```\n", strings.Join(lines, "\n"))
	}
	if flags := cmd.LocalFlags().FlagUsages(); flags != "" {
		fmt.Fprintf(w, "\n```text\n%s```\n", flags)
	}
	if names := ownVariablesOf(cmd); len(names) > 0 {
		fmt.Fprintf(w, "\n%s `%s`.\n", ownText, strings.Join(names, "`, `"))
	}
}
