package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// manCommand returns chord man.
func (a *app) manCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "man [folder]",
		Short: "Print the manual, or write a page for each command to a folder",
		Long: "Print the manual page of chord, or write chord.1 and a page for each command to a\n" +
			"folder, which is made if it is not there.",
		Example: `  chord man | man -l -
  chord man ~/.local/share/man/man1 && man chord-run`,
		Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
	}
	return a.runs(cmd, func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			_, err := io.WriteString(a.out, manPage(cmd.Root()))
			return err
		}
		return a.writeManual(cmd.Context(), cmd.Root(), args[0])
	})
}

// writeManual writes the pages of cmd and of all commands below it to a folder.
func (a *app) writeManual(ctx context.Context, cmd *cobra.Command, folder string) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	err := a.create(ctx, filepath.Join(folder, manName(cmd)+".1"), func(w io.Writer) error {
		_, err := io.WriteString(w, manPage(cmd))
		return err
	})
	for _, c := range cmd.Commands() {
		if err == nil && c.IsAvailableCommand() {
			err = a.writeManual(ctx, c, folder)
		}
	}
	return err
}

// manName returns the name of a command's page.
func manName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// A manual is a page in the macros of man(7).
type manual struct{ b strings.Builder }

// manPage returns the page of a command.
func manPage(cmd *cobra.Command) string {
	var m manual
	name := manName(cmd)
	m.line(".TH %s 1 \"\" chord \"chord Manual\"", roff(strings.ToUpper(name)))
	m.line(".SH NAME\n%s \\- %s", roff(name), roff(cmd.Short))
	m.line(".SH SYNOPSIS\n.nf")
	for _, line := range usageLines(cmd) {
		m.line("%s", roff(line))
	}
	m.line(".fi\n.SH DESCRIPTION")
	m.text(commandText(cmd))
	m.commands(cmd)
	m.flags(cmd)
	if cmd.Example != "" {
		m.line(".SH EXAMPLES\n.nf\n%s\n.fi", roff(strings.TrimRight(cmd.Example, "\n")))
	}
	if !cmd.HasParent() {
		m.environment()
	}
	if names := ownVariablesOf(cmd); len(names) > 0 {
		m.line(".SH ENVIRONMENT\n%s\n%s", roff(ownText), roff(strings.Join(names, " ")))
	}
	m.seeAlso(cmd)
	return m.b.String()
}

// line writes a line.
func (m *manual) line(format string, args ...any) { fmt.Fprintf(&m.b, format+"\n", args...) }

// text writes paragraphs; indented lines stay as they are.
func (m *manual) text(text string) {
	literal, empty := false, true
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		indented := line != "" && (line[0] == ' ' || line[0] == '\t')
		switch {
		case indented && !literal:
			m.line(".nf")
		case !indented && literal:
			m.line(".fi")
		}
		literal = indented
		switch {
		case line != "":
			m.line("%s", roff(line))
		case !empty:
			m.line(".PP")
		}
		empty = line == ""
	}
	if literal {
		m.line(".fi")
	}
}

// commands writes the commands below cmd.
func (m *manual) commands(cmd *cobra.Command) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	m.line(".SH COMMANDS")
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			m.line(".TP\n.B %s\n%s", roff(c.Name()), roff(c.Short))
		}
	}
}

// flags writes the flags of cmd.
func (m *manual) flags(cmd *cobra.Command) {
	cmd.InitDefaultHelpFlag()
	m.line(".SH OPTIONS")
	for _, s := range flagSections(cmd) {
		if s.title != "Flags" {
			m.line(".SS %s", roff(s.title))
		}
		for _, f := range s.items {
			m.line(".TP\n.B %s\n%s", roff(strings.TrimSpace(flagName(f))), roff(strings.ReplaceAll(flagText(f), glue, " ")))
		}
	}
}

// environment writes what all commands share.
func (m *manual) environment() {
	m.line(".SH ENVIRONMENT")
	for _, e := range environment {
		m.line(".TP\n.B %s\nthe default of \\-\\-%s", e.variable, roff(e.flag))
	}
	m.line(".TP\n.B NO_COLOR, CLICOLOR=0, TERM=dumb\nno colours")
	m.line(".TP\n.B CHORD_CPU\nthe kernels to use, such as avx2 or generic")
	m.line(".SH \"EXIT STATUS\"\n0 success, 1 failure, 2 wrong usage, 130 Ctrl\\-C, 143 SIGTERM.")
}

// seeAlso names the pages of the commands above and below cmd.
func (m *manual) seeAlso(cmd *cobra.Command) {
	var names []string
	if cmd.HasParent() {
		names = append(names, manName(cmd.Parent()))
	}
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, manName(c))
		}
	}
	if len(names) == 0 {
		return
	}
	m.line(".SH \"SEE ALSO\"")
	for i, name := range names {
		comma := ","
		if i == len(names)-1 {
			comma = ""
		}
		m.line(".BR %s (1)%s", roff(name), comma)
	}
}

// roff returns text with the characters escaped that mean something to roff.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "`", "\\(ga", "^", `\(ha`, "~", `\(ti`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
