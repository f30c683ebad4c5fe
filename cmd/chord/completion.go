package main

import (
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/querent-ai/chord/internal/quantize"
)

// shells are the shells of chord completion.
var shells = []string{"bash", "zsh", "fish", "powershell"}

// completionCommand returns chord completion.
func (a *app) completionCommand() *cobra.Command {
	var plain bool
	cmd := &cobra.Command{
		Use:   "completion " + strings.Join(shells, "|"),
		Short: "Print a script that completes chord's command lines in a shell",
		Long: "Print a script with which a shell completes commands, flags, names of models and\n" +
			"values: types, formats, files of the right kind.\n\n" +
			"For every new shell:\n\n" +
			"  bash        chord completion bash > ~/.local/share/bash-completion/\n" +
			"              completions/chord (with the package bash-completion)\n" +
			"  zsh         chord completion zsh > \"${fpath[1]}/_chord\"\n" +
			"  fish        chord completion fish > ~/.config/fish/completions/chord.fish\n" +
			"  powershell  chord completion powershell >> $PROFILE",
		Example: `  source <(chord completion bash)
  chord completion fish | source`,
		Args:                  cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs:             shells,
		DisableFlagsInUseLine: true,
	}
	a.runs(cmd, func(cmd *cobra.Command, args []string) error {
		return writeCompletion(a.out, cmd.Root(), args[0], plain)
	})
	cmd.Flags().BoolVar(&plain, "no-descriptions", false, "complete without the texts about commands and flags")
	return cmd
}

// writeCompletion writes the script of a shell.
func writeCompletion(w io.Writer, root *cobra.Command, shell string, plain bool) error {
	switch {
	case shell == "bash":
		return root.GenBashCompletionV2(w, !plain)
	case shell == "zsh" && plain:
		return root.GenZshCompletionNoDesc(w)
	case shell == "zsh":
		return root.GenZshCompletion(w)
	case shell == "fish":
		return root.GenFishCompletion(w, !plain)
	case plain:
		return root.GenPowerShellCompletion(w)
	}
	return root.GenPowerShellCompletionWithDesc(w)
}

// modelNames completes the value of -m: the names of the configuration and of the cache
// that begin so, the one in the binary, and GGUF files beside them. Where no name begins
// so, the shell completes files, in folders too.
func modelNames(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	names, _ := cachedNames(cmd, args, begun)
	names = append(names, configuredNames(cmd)...)
	names = append(names, embeddedName)
	names = slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, begun) })
	if len(names) == 0 {
		return []string{"gguf"}, cobra.ShellCompDirectiveFilterFileExt
	}
	slices.Sort(names)
	entries, _ := os.ReadDir(".")
	for _, e := range entries {
		if name := e.Name(); !e.IsDir() && strings.HasPrefix(name, begun) && strings.EqualFold(filepath.Ext(name), ".gguf") {
			names = append(names, name)
		}
	}
	return slices.Compact(names), cobra.ShellCompDirectiveNoFileComp
}

// configuredNames returns the names of the models of the configuration, none if it
// cannot be read.
func configuredNames(cmd *cobra.Command) []string {
	a := app{}
	if f := cmd.Flag("config"); f != nil {
		a.config = f.Value.String()
	}
	file, _ := a.configFile()
	c, err := readConfig(file)
	if err != nil {
		return nil
	}
	return slices.Collect(maps.Keys(c.Models))
}

// plainUsages takes the quotes around the names of values out of the texts about the
// flags of cmd and all commands below it, which completions show as they are.
func plainUsages(cmd *cobra.Command) {
	for _, set := range []*pflag.FlagSet{cmd.Flags(), cmd.PersistentFlags()} {
		set.VisitAll(func(f *pflag.Flag) {
			_, text := pflag.UnquoteUsage(f)
			f.Usage = strings.ReplaceAll(text, "\n", " ")
		})
	}
	for _, c := range cmd.Commands() {
		plainUsages(c)
	}
}

// flagFiles are the endings of the files that flags name.
var flagFiles = map[string][]string{
	"model-draft": {"gguf"}, "lora": {"gguf"}, "lora-scaled": {"gguf"}, "imatrix": {"gguf", "dat"},
	"grammar-file": {"gbnf", "lark"}, "lark": {"lark"}, "json-schema-file": {"json"}, "messages": {"json"}, "tools": {"json"},
	"chat-template-file": {"jinja"}, "config": {"toml"}, "receipt": {"json"}, "vocab": {"model", "json", "bin"},
}

// flagValues are the values of flags that are words.
var flagValues = map[string]func() []string{
	"output-tensor-type": quantTypes, "token-embedding-type": quantTypes,
	"mirostat": func() []string { return []string{"0", "1", "2"} },
}

// quantTypes returns the types of chord quantize.
func quantTypes() []string { return quantize.Mixes() }

// argumentFiles are the endings of the files that commands take as arguments.
var argumentFiles = map[string][]string{
	"inspect": {"gguf"}, "merge": {"gguf"}, "split": {"gguf"}, "pack": {"gguf"}, "verify": {"json"},
}

// completeAll completes the flags and arguments of all commands below cmd that do not
// complete their own.
func completeAll(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) { completeFlag(cmd, f) })
	if cmd.ValidArgsFunction == nil && len(cmd.ValidArgs) == 0 {
		cmd.ValidArgsFunction = arguing(cmd.Name())
	}
	for _, c := range cmd.Commands() {
		completeAll(c)
	}
}

// completeFlag completes the values of one flag.
func completeFlag(cmd *cobra.Command, f *pflag.Flag) {
	if _, ok := cmd.GetFlagCompletionFunc(f.Name); ok {
		return
	}
	ends, files := flagFiles[f.Name]
	values, words := flagValues[f.Name]
	value, _ := pflag.UnquoteUsage(f)
	switch {
	case f.Annotations[cobra.BashCompFilenameExt] != nil:
	case files:
		if err := cmd.MarkFlagFilename(f.Name, ends...); err != nil {
			panic(err)
		}
	case words:
		complete(cmd, f.Name, values()...)
	case f.Name == "hf-repo":
		if err := cmd.RegisterFlagCompletionFunc(f.Name, cachedNames); err != nil {
			panic(err)
		}
	case f.NoOptDefVal == "" && !strings.Contains(value, "file") && !strings.Contains(value, "folder"):
		complete(cmd, f.Name) // a number or a text: no files
	}
}

// arguing returns the completion of the arguments of the command called name: files of
// its kind, no files where arguments are texts, else what the shell completes.
func arguing(name string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		ends, files := argumentFiles[name]
		switch {
		case name == "quantize" && len(args) == 2:
			return quantTypes(), cobra.ShellCompDirectiveNoFileComp
		case name == "quantize" && len(args) < 2:
			return []string{"gguf"}, cobra.ShellCompDirectiveFilterFileExt
		case files:
			return ends, cobra.ShellCompDirectiveFilterFileExt
		case slices.Contains([]string{"convert", "quantize"}, name):
			return nil, cobra.ShellCompDirectiveDefault
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}
