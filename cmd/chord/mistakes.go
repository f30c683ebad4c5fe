package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/querent-ai/chord/internal/hub"
)

// valueError says in chord's words what is wrong with the value of a flag.
func valueError(err error) error {
	e, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return err
	}
	f := e.GetFlag()
	name := "--" + f.Name
	if f.Shorthand != "" && f.ShorthandDeprecated == "" {
		name = "-" + f.Shorthand + ", " + name
	}
	why := errors.Unwrap(err)
	if number, ok := errors.AsType[*strconv.NumError](why); ok {
		why = errors.New(wantedNumber(f.Value.Type(), number))
	} else if f.Value.Type() == "duration" {
		why = errors.New("want a time such as 30s, 5m or 1h")
	}
	if reason := why.Error(); strings.HasPrefix(reason, strconv.Quote(e.GetValue())) {
		return fmt.Errorf("%s: %s", name, reason)
	}
	return fmt.Errorf("%s %q: %w", name, e.GetValue(), why)
}

// wantedNumber says what a flag of a type wants in place of what is no such number.
func wantedNumber(kind string, e *strconv.NumError) string {
	switch {
	case errors.Is(e.Err, strconv.ErrRange):
		return "too large"
	case strings.HasPrefix(kind, "float"):
		return "want a number"
	case kind == "bool":
		return "want true or false"
	}
	return "want a whole number"
}

// plainArgs lets cmd and all commands below it say how they are called where the number
// of arguments is wrong.
func plainArgs(cmd *cobra.Command) {
	if check := cmd.Args; check != nil && cmd.HasParent() {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			err := check(cmd, args)
			switch {
			case err == nil:
				return nil
			case strings.Contains(err.Error(), "arg(s)"):
				return fmt.Errorf("want %s", strings.TrimSuffix(cmd.UseLine(), " [flags]"))
			case strings.HasPrefix(err.Error(), "unknown command "):
				return fmt.Errorf("%s takes no arguments: %q", cmd.CommandPath(), strings.Join(args, " "))
			case strings.HasPrefix(err.Error(), "invalid argument "):
				return fmt.Errorf("%q: want %s", args[0], strings.Join(cmd.ValidArgs, ", "))
			}
			return err
		}
	}
	for _, c := range cmd.Commands() {
		plainArgs(c)
	}
}

// notThere is the error about a model that is neither a file nor in the cache: it names
// models that are nearly called so.
func notThere(name string, cache hub.Cache) error {
	near := ""
	entries, _ := cache.List() // without one nothing is near
	for _, e := range entries {
		if isNear(name, e.Name) {
			near = "; did you mean " + e.Name + "?"
			break
		}
	}
	if near == "" {
		near = " (chord list lists those of the cache, chord pull fetches one)"
	}
	return fmt.Errorf("%s: no such file, nor a model of the cache%s", printable(name), near)
}

// isNear reports whether somebody who says name may mean the model called whole, such as
// org/name-GGUF:Q4_0: name is a part of that, or has a typing error.
func isNear(name, whole string) bool {
	name, whole = strings.ToLower(name), strings.ToLower(whole)
	repo, _, _ := strings.Cut(whole, ":")
	short := repo[strings.LastIndexByte(repo, '/')+1:]
	for _, s := range []string{whole, repo, short, strings.TrimSuffix(short, "-gguf")} {
		if distance(name, s) <= farthest && len(name) > farthest {
			return true
		}
	}
	return len(name) > farthest && strings.Contains(whole, name)
}

// modelAsText returns an error if the first argument of a command that takes a text is a
// model, as the one of ollama run is, and no flag names one.
func modelAsText(f *pflag.FlagSet, args []string) error {
	if len(args) == 0 || f.Changed("model") || f.Changed("hf-repo") || f.Changed("model-url") || f.Changed("modelfile") {
		return nil
	}
	name := args[0]
	is := remote(name) && strings.HasPrefix(name, "hf://")
	if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() && strings.HasSuffix(strings.ToLower(name), ".gguf") {
		is = true
	}
	if cache, err := hub.DefaultCache(); err == nil && !is && strings.Contains(name, "/") {
		_, err := cache.Named(name)
		is = err == nil
	}
	if is {
		return usagef("%s is a model, and what has no flag is the text: -m names a model", printable(name))
	}
	return nil
}
