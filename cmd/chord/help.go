package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"
)

// The widths of help: as wide as the terminal, within these; plainWidth if there is
// none.
const (
	leastWidth = 40
	plainWidth = 80
	mostWidth  = 100
)

// flagColumn is the column of the text about a flag. A longer flag has a line of its
// own.
const flagColumn = 29

// On a terminal of fewer columns than narrow every name has a line of its own.
const narrow = 60

// manyFlags is the number of flags from which they are in groups.
const manyFlags = 20

// A helpGroup is a heading and the names below it.
type helpGroup struct {
	title string
	names []string
}

// commandGroups lists commands by what they are for; others come last.
var commandGroups = []helpGroup{
	{"Use models", []string{"run", "chat", "embed", "rerank", "tokenize", "logits", "apply-template", "grammar", "batch"}},
	{"Models on this machine", []string{"pull", "list", "show", "rm", "create", "import"}},
	{"Servers", []string{"serve", "web", "ps", "stop", "health", "mcp"}},
	{"Files", []string{"inspect", "convert", "quantize", "imatrix", "pack", "split", "merge", "export-lora"}},
	{"Measure and check", []string{"bench", "perplexity", "verify", "synth"}},
}

// flagGroups lists flags by what they are about; others come first, as Flags.
var flagGroups = []helpGroup{
	{"Model", []string{"model", "hf-repo", "hf-file", "hf-token", "model-url", "offline", "yes", "model-file", "alias", "ctx-size", "threads",
		"cache-type-k", "cache-type-v", "no-repack", "override-kv", "mmproj", "lora", "lora-scaled", "config"}},
	{"Text", []string{"prompt", "file", "stdin", "escape", "system-prompt", "system-prompt-file", "raw", "no-cnv", "chat-template", "no-parse-special", "image",
		"n-predict", "stop", "banned-string", "ignore-eos", "min-tokens"}},
	{"Reasoning", []string{"reasoning", "reasoning-budget", "reasoning-format", "reasoning-effort", "no-thinking", "think"}},
	{"Sampling", []string{"samplers", "temp", "dynatemp-range", "dynatemp-exp", "top-k", "top-p", "min-p", "typical", "top-n-sigma",
		"xtc-probability", "xtc-threshold", "repeat-penalty", "repeat-last-n", "presence-penalty", "frequency-penalty",
		"dry-multiplier", "dry-base", "dry-allowed-length", "dry-penalty-last-n", "dry-sequence-breaker",
		"mirostat", "mirostat-ent", "mirostat-lr", "adaptive-target", "adaptive-decay", "seed", "logit-bias"}},
	{"Structured output", []string{"grammar", "grammar-file", "json-schema", "json-schema-file"}},
	{"Speculative decoding", []string{"model-draft", "draft-max", "draft-min", "draft-p-min", "draft-prompt"}},
	{"Who may connect", []string{"host", "port", "api-key", "api-key-file", "insecure", "allow-host", "allow-origin"}},
	{"Limits", []string{"parallel", "max-queue", "any-model", "keep-alive", "max-memory", "drain"}},
	{"Tests", []string{"n-prompt", "n-gen", "pg", "n-depth", "batch-size", "ubatch-size", "batch", "repetitions", "no-warmup", "output"}},
	{"Comparisons", []string{"limits", "busy", "vs", "load"}},
}

// setHelp gives root and its commands chord's own help.
func (a *app) setHelp(root *cobra.Command) {
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		w := cmd.OutOrStdout()
		h := &helpPage{w: w, width: helpWidth(w), paint: painter(a.colored(w))}
		h.command(cmd)
		_, _ = io.WriteString(w, h.b.String())
	})
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return suggestFlag(cmd, err)
	})
	root.SetHelpCommand(&cobra.Command{
		Use: "help [command]", Short: "Print the help of a command", Args: cobra.ArbitraryArgs,
		Example:           "  chord help run",
		ValidArgsFunction: completeCommands,
		RunE:              func(_ *cobra.Command, args []string) error { return a.helpOf(root, args) },
	})
}

// helpOf prints the help of a command.
func (a *app) helpOf(root *cobra.Command, args []string) error {
	cmd, rest, err := root.Find(args)
	if err == nil && len(rest) > 0 {
		err = a.noSuchCommand(cmd, rest)
	}
	if err != nil {
		return err
	}
	return cmd.Help()
}

// completeCommands completes the name of a command.
func completeCommands(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	at, _, err := cmd.Root().Find(args)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, c := range at.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name()+"\t"+c.Short)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// terminalSize returns the columns and lines of the terminal w, 0 if it is none.
func terminalSize(w any) (columns, lines int) {
	f, ok := w.(*os.File)
	if !ok {
		return 0, 0
	}
	columns, lines, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0, 0
	}
	return columns, lines
}

// terminalWidth returns the columns of the terminal w, 0 if it is none.
func terminalWidth(w any) int {
	n, _ := terminalSize(w)
	return n
}

// helpWidth returns the width of a help text on w.
func helpWidth(w any) int {
	n := terminalWidth(w)
	if n <= 0 {
		return plainWidth
	}
	return min(max(n, leastWidth), mostWidth)
}

// A helpPage is the help of one command.
type helpPage struct {
	w     io.Writer
	b     strings.Builder
	width int
	paint painter
}

// command writes the help of cmd.
func (h *helpPage) command(cmd *cobra.Command) {
	h.b.WriteString(wrapText(commandText(cmd), h.width))
	h.heading("Usage")
	for _, line := range usageLines(cmd) {
		h.hanging("  "+line, 4)
	}
	if cmd.Example != "" {
		h.heading("Examples")
		h.b.WriteString(strings.TrimRight(cmd.Example, "\n") + "\n")
	}
	h.commands(cmd)
	h.flags(cmd)
	if names := ownVariablesOf(cmd); len(names) > 0 {
		h.heading("Environment")
		h.hanging("  "+ownText, 2)
		h.hanging("  "+strings.Join(names, " "), 2)
	}
	if cmd.HasAvailableSubCommands() {
		h.b.WriteString("\n")
		h.hanging(fmt.Sprintf("%s COMMAND --help tells more about a command.", cmd.CommandPath()), 0)
	}
}

// commandText returns the text about cmd.
func commandText(cmd *cobra.Command) string {
	if cmd.Long != "" {
		return strings.TrimSpace(cmd.Long)
	}
	return cmd.Short + "."
}

// usageLines returns how cmd is called.
func usageLines(cmd *cobra.Command) (lines []string) {
	if cmd.Runnable() && !(cmd.HasAvailableSubCommands() && !cmd.HasParent()) {
		lines = append(lines, cmd.UseLine())
	}
	if cmd.HasAvailableSubCommands() {
		lines = append(lines, cmd.CommandPath()+" COMMAND [flags]")
	}
	return lines
}

// heading begins a section.
func (h *helpPage) heading(title string) {
	h.b.WriteString("\n" + h.paint.paint(bold, title+":") + "\n")
}

// hanging writes text whose lines after the first are indented.
func (h *helpPage) hanging(text string, indent int) {
	first := len(text) - len(strings.TrimLeft(text, " "))
	lines := wrapWords(strings.TrimLeft(text, " "), h.width-first, h.width-indent)
	for i, line := range lines {
		if i == 1 {
			first = indent
		}
		h.b.WriteString(strings.Repeat(" ", first) + line + "\n")
	}
}

// commands writes the commands below cmd.
func (h *helpPage) commands(cmd *cobra.Command) {
	var list []*cobra.Command
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			list = append(list, c)
		}
	}
	for _, g := range grouped(list, (*cobra.Command).Name, commandGroups, "Commands", cmd.HasParent()) {
		h.heading(g.title)
		for _, c := range g.items {
			h.entry("  "+c.Name(), c.Short, 18)
		}
	}
}

// flags writes the flags of cmd.
func (h *helpPage) flags(cmd *cobra.Command) {
	for _, g := range flagSections(cmd) {
		h.heading(g.title)
		for _, f := range g.items {
			h.entry(flagName(f), flagText(f), flagColumn)
		}
	}
}

// flagSections returns the flags of cmd in their groups.
func flagSections(cmd *cobra.Command) []helpSection[*pflag.Flag] {
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	list := append(visible(cmd.LocalFlags()), visible(cmd.InheritedFlags())...)
	return grouped(list, func(f *pflag.Flag) string { return f.Name }, flagGroups, "Flags", len(list) < manyFlags)
}

// entry writes a name and, from a column on, the text about it.
func (h *helpPage) entry(name, text string, column int) {
	if h.width < narrow {
		column = 8
	}
	lines := wrapWords(text, h.width-column, h.width-column)
	n := width(name)
	bare := strings.TrimLeft(name, " ")
	name = strings.Repeat(" ", len(name)-len(bare)) + h.paint.paint(bold, bare)
	if n > column-2 || len(lines) == 0 {
		h.b.WriteString(name + "\n")
	} else {
		h.b.WriteString(name + strings.Repeat(" ", column-n) + lines[0] + "\n")
		lines = lines[1:]
	}
	for _, line := range lines {
		h.b.WriteString(strings.Repeat(" ", column) + line + "\n")
	}
}

// A helpSection is a heading and the things below it.
type helpSection[T any] struct {
	title string
	items []T
}

// grouped returns list in its groups, in the order of each group's names. What is in
// none is under other: last for commands, first for flags, and all of it if whole.
func grouped[T any](list []T, name func(T) string, groups []helpGroup, other string, whole bool) (sections []helpSection[T]) {
	if whole {
		groups = nil
	}
	rest := slices.Clone(list)
	for _, g := range groups {
		s := helpSection[T]{title: g.title}
		for _, n := range g.names {
			if i := slices.IndexFunc(rest, func(x T) bool { return name(x) == n }); i >= 0 {
				s.items = append(s.items, rest[i])
				rest = slices.Delete(rest, i, i+1)
			}
		}
		if len(s.items) > 0 {
			sections = append(sections, s)
		}
	}
	if len(rest) > 0 {
		if len(sections) > 0 {
			other = "Other " + strings.ToLower(other)
		}
		sections = append(sections, helpSection[T]{other, rest})
	}
	return sections
}
