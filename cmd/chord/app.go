package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/mmap"
	"github.com/querent-ai/chord/internal/par"
)

// An app is one run of the program: its streams, its signals and the flags that
// all commands have.
type app struct {
	in       io.Reader
	out, err io.Writer
	signals  chan os.Signal
	exit     func(code int)               // ends the program at once; os.Exit except in tests
	graceful atomic.Bool                  // the running work watches its context, so a first Ctrl-C waits for it
	chatting atomic.Pointer[conversation] // nil: no chat is open
	started  bool                         // the code of a command runs: its errors are not usage errors
	color    colorMode
	config   string                    // --config
	aliases  map[string]map[string]any // models of the configuration
	alias    string                    // the one that is used
	named    string                    // the name in the cache of the model that is used, "" if a file was named
	inputs   []string                  // names of files that were read
	begun    func(context.Context)     // for tests: called before a file is written, if not nil
	notes    []string                  // about flags, printed when a command starts
	line     *liveLine                 // progress; nil if stderr is no terminal
	fitsIDs  bool                      // the context was made long enough for the token ids
	person   bool                      // for tests: somebody can be asked, as at a terminal
	opening  func(chord.Options) error // for tests: called with the options of every model that is opened
}

// newApp returns an app with these streams, which receives no signals yet.
func newApp(stdin io.Reader, stdout, stderr io.Writer) *app {
	return &app{in: stdin, out: stdout, err: stderr, signals: make(chan os.Signal, 2), exit: os.Exit}
}

// run runs one command line and returns the exit code.
func (a *app) run(args []string) (code int) {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	a.line = newLine(a.err)
	done := make(chan struct{})
	defer close(done)
	go a.watch(cancel, done)
	defer func() {
		if p := recover(); p != nil {
			code = a.report(fmt.Errorf("internal error: %v (a bug: please report it with the command line)", p))
			if os.Getenv("GOTRACEBACK") != "" {
				fmt.Fprintf(a.err, "%s", stackOf(p))
			}
		}
	}()
	root := a.rootCommand()
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		plainUsages(root)
	}
	args, notes, err := plainFlags(root, args)
	if err != nil {
		return a.report(usageError{err})
	}
	a.notes = notes
	root.SetArgs(args)
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	cmd, err := execute(ctx, root)
	if err == nil {
		return 0
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if !a.started {
		text := firstLine(err.Error())
		if !strings.Contains(text, "--help") {
			text += fmt.Sprintf(" (see %s --help)", cmd.CommandPath())
		}
		err = usageError{errors.New(text)}
	}
	return a.report(err)
}

// stackOf returns the stack of the goroutine that panicked with p.
func stackOf(p any) []byte {
	if p, ok := p.(*par.Panic); ok {
		return p.Stack
	}
	return debug.Stack()
}

// execute runs the command line. A mapped file that is cut short while it is read
// is an error.
func execute(ctx context.Context, root *cobra.Command) (cmd *cobra.Command, err error) {
	defer mmap.Recover(debug.SetPanicOnFault(true), &err)
	return root.ExecuteContextC(ctx)
}

// firstLine returns s up to its first line end: errors are one line.
func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// rootCommand returns the command tree.
func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "chord",
		Short: "Run language models in GGUF files",
		Long: "chord runs language models in GGUF files: Llama, Qwen, Gemma, Phi, gpt-oss and more. Results\n" +
			"go to stdout, everything else to stderr.",
		Example: `  chord run "Once upon a time"
  chord run -hf Qwen/Qwen2.5-0.5B-Instruct-GGUF "Why is the sky blue?"
  chord chat -m model.gguf
  chord serve -m model.gguf`,
		Version:       versionLine(),
		SilenceErrors: true,
		// Only findSuggestions, which Args replaces, would set its default.
		SuggestionsMinimumDistance: 2,
		SilenceUsage:               true,
		Args:                       a.noSuchCommand,
	}
	a.runs(root, func(cmd *cobra.Command, _ []string) error {
		root.SetOut(a.err)
		if err := root.Help(); err != nil {
			return err
		}
		return usageError{}
	})
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetGlobalNormalizationFunc(normalizeFlag)
	root.PersistentFlags().Var(&a.color, "color", "colours: auto, always or never")
	complete(root, "color", "auto", "always", "never")
	root.PersistentFlags().StringVar(&a.config, "config", "", "`file` with models by name and defaults, instead of chord.toml")
	a.setHelp(root)
	root.AddCommand(a.runCommand(), a.chatCommand(), a.benchCommand(), a.inspectCommand(), a.tokenizeCommand(),
		a.logitsCommand(), a.applyTemplateCommand(), a.packCommand(), a.convertCommand(), a.quantizeCommand(),
		a.imatrixCommand(), a.splitCommand(), a.mergeCommand(), a.exportLoraCommand(), a.perplexityCommand(), a.embedCommand(), a.rerankCommand(), a.grammarCommand(), a.verifyCommand(), a.serveCommand(), a.webCommand(), a.batchCommand(), a.mcpCommand(), a.pullCommand(), a.listCommand(), a.showCommand(), a.rmCommand(), a.synthCommand(), a.burnCommand(), a.versionCommand(),
		a.completionCommand(), a.manCommand(), a.psCommand(), a.stopCommand(), a.healthCommand())
	completeAll(root)
	plainArgs(root)
	return root
}

// noSuchCommand returns an error for any argument, which suggests a command.
func (a *app) noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := ""
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = ", did you mean " + strings.Join(near, " or ") + "?"
	}
	return fmt.Errorf("unknown command %q%s", args[0], hint)
}

// runs gives cmd its code and marks when it starts: an error before that is a
// usage error.
func (a *app) runs(cmd *cobra.Command, f func(*cobra.Command, []string) error) *cobra.Command {
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		a.started = true
		for _, note := range a.notes {
			fmt.Fprintln(a.err, note)
		}
		if err := firstError(setFromEnvironment(cmd), a.configure(cmd)); err != nil {
			return err
		}
		if err := a.fetchModel(cmd.Context(), cmd); err != nil {
			return err
		}
		args, err := a.fetchFiles(cmd.Context(), cmd, args)
		if err != nil {
			return err
		}
		return f(cmd, args)
	}
	return cmd
}

// complete sets the completions of the values of a flag.
func complete(cmd *cobra.Command, flag string, values ...string) {
	f := cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
	if err := cmd.RegisterFlagCompletionFunc(flag, f); err != nil {
		panic(err)
	}
}

// normalizeFlag replaces llama.cpp's other spellings of a flag.
func normalizeFlag(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	name = strings.ReplaceAll(name, "_", "-")
	switch name {
	case "predict":
		name = "n-predict"
	case "reverse-prompt":
		name = "stop"
	}
	return pflag.NormalizedName(name)
}
