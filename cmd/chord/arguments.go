package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// An arguments translates a command line in llama.cpp's spelling to that of pflag,
// which reads -ngl as three flags of one letter.
type arguments struct {
	cmd   *cobra.Command
	bench bool // all flags of llama-bench have values
	in    []string
	out   []string
	notes []string // to be printed, each once
}

// plainFlags returns args in the spelling of pflag, and notes about flags that are
// ignored.
func plainFlags(root *cobra.Command, args []string) (out, notes []string, err error) {
	cmd, _, err := root.Find(args)
	if err != nil || len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		return args, nil, nil // cobra reports the error, or completes the command line
	}
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	a := arguments{cmd: cmd, bench: cmd.Name() == "bench", in: args}
	for len(a.in) > 0 {
		arg := a.next()
		switch {
		case arg == "--":
			return append(append(a.out, arg), a.in...), a.notes, nil
		case len(arg) < 2 || arg[0] != '-':
			a.out = append(a.out, arg)
		default:
			if err := a.flag(arg); err != nil {
				return nil, nil, err
			}
		}
	}
	return a.out, a.notes, nil
}

// next takes the next argument.
func (a *arguments) next() string {
	arg := a.in[0]
	a.in = a.in[1:]
	return arg
}

// flag takes a flag and its value.
func (a *arguments) flag(arg string) error {
	name, value, has := strings.Cut(arg, "=")
	if f := a.own(name); f != nil {
		a.keep(arg, has || f.NoOptDefVal != "")
		return nil
	}
	for _, f := range foreign[spelled(name)] {
		if f.kind == renamed {
			if own := a.own(strings.TrimSuffix(f.text, "=always")); own != nil {
				a.rename(f, value, has)
				return nil
			}
			continue
		}
		if a.cmd.Flags().Lookup("model") != nil { // other commands run no models
			return a.drop(f, name, has)
		}
	}
	if strings.HasPrefix(arg, "--") || len(name) == 2 || a.attached(arg) {
		a.out = append(a.out, arg) // pflag knows it, or reports it as unknown
		return nil
	}
	return suggestFlag(a.cmd, fmt.Errorf("unknown flag: %s", name))
}

// spelled returns the name of a flag with llama.cpp's dashes for underscores.
func spelled(name string) string { return strings.ReplaceAll(name, "_", "-") }

// own returns the flag of the command called name: --name, or -n.
func (a *arguments) own(name string) *pflag.Flag {
	for _, set := range []*pflag.FlagSet{a.cmd.Flags(), a.cmd.InheritedFlags()} {
		var f *pflag.Flag
		if long, ok := strings.CutPrefix(name, "--"); ok {
			f = set.Lookup(long)
		} else if len(name) == 2 {
			f = set.ShorthandLookup(name[1:])
		}
		if f != nil {
			return f
		}
	}
	return nil
}

// keep passes on a flag, and its value unless that is attached or the flag has none.
func (a *arguments) keep(arg string, whole bool) {
	a.out = append(a.out, arg)
	if !whole && len(a.in) > 0 {
		a.out = append(a.out, a.next())
	}
}

// rename passes on a flag under chord's name. Colours are on unless a value says
// otherwise.
func (a *arguments) rename(f *foreignFlag, value string, has bool) {
	name := f.text
	if color, ok := strings.CutSuffix(name, "=always"); ok {
		if len(a.in) > 0 && !has && (a.in[0] == "on" || a.in[0] == "off" || a.in[0] == "auto") {
			value, has = a.next(), true
		}
		word := map[string]string{"off": "never", "auto": "auto"}[value]
		if has && word != "" {
			name = color + "=" + word
		}
		a.out = append(a.out, name)
		return
	}
	if has {
		name += "=" + value
	}
	a.keep(name, has || f.value == noValue)
}

// drop removes a flag and its value, or returns an error about it.
func (a *arguments) drop(f *foreignFlag, name string, has bool) error {
	if f.kind == refused {
		return fmt.Errorf("%s: %s", name, f.text)
	}
	takes := f.value == oneValue || a.bench && !strings.HasPrefix(name, "-v") && !strings.HasPrefix(name, "--v") ||
		f.value == maybeWord && len(a.in) > 0 && switchWords[a.in[0]]
	if takes && !has {
		if len(a.in) == 0 {
			return fmt.Errorf("flag needs an argument: %s", name)
		}
		a.next()
	}
	if f.kind == ignored {
		note := fmt.Sprintf("%s: %s is ignored", f.text, name)
		for _, n := range a.notes {
			if n == note {
				return nil
			}
		}
		a.notes = append(a.notes, note)
	}
	return nil
}

// attached reports whether arg is a flag of one letter with a number attached, such
// as -n8.
func (a *arguments) attached(arg string) bool {
	f := a.own(arg[:2])
	if f == nil || f.NoOptDefVal != "" {
		return false
	}
	rest := strings.TrimPrefix(arg[2:], "-")
	return rest != "" && strings.Trim(rest, "0123456789") == ""
}
