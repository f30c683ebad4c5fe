package main

import (
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// environment lists the flags that llama.cpp also takes from environment variables.
// A flag on the command line takes precedence.
var environment = []struct{ variable, flag string }{
	{"LLAMA_ARG_MODEL", "model"},
	{"LLAMA_ARG_HF_REPO", "hf-repo"},
	{"LLAMA_ARG_HF_FILE", "hf-file"},
	{"LLAMA_ARG_MODEL_URL", "model-url"},
	{"LLAMA_ARG_CTX_SIZE", "ctx-size"},
	{"LLAMA_ARG_THREADS", "threads"},
	{"LLAMA_ARG_N_PREDICT", "n-predict"},
	{"LLAMA_ARG_CACHE_TYPE_K", "cache-type-k"},
	{"LLAMA_ARG_CACHE_TYPE_V", "cache-type-v"},
	{"LLAMA_ARG_TOP_K", "top-k"},
	{"LLAMA_ARG_NO_REPACK", "no-repack"},
}

// ownVariable returns chord's variable of a flag of cmd, "" if it has none: CHORD_ and
// the name of the flag, for each flag of chord serve.
func ownVariable(cmd *cobra.Command, f *pflag.Flag) string {
	if cmd.Name() != "serve" || f.Hidden || f.Name == "help" || cmd.InheritedFlags().Lookup(f.Name) != nil {
		return ""
	}
	return "CHORD_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
}

// ownVariablesOf returns chord's variables of cmd, in the order of its flags.
func ownVariablesOf(cmd *cobra.Command) (list []string) {
	for _, f := range visible(cmd.LocalFlags()) {
		if v := ownVariable(cmd, f); v != "" {
			list = append(list, v)
		}
	}
	return list
}

// ownText says what chord's variables are.
const ownText = "Variables set flags that are not given, with commas between several values:"

// ownValue returns the value of one of chord's variables. An empty one is none, nor is
// the CHORD_PORT that Kubernetes sets for a service called chord: an address.
func ownValue(name string) (string, bool) {
	value := os.Getenv(name)
	if name == "CHORD_PORT" && strings.HasPrefix(value, "tcp://") {
		return "", false
	}
	return value, value != ""
}

// A variable is a flag's value from an environment variable.
type variable struct{ name, value string }

// variableOf returns what the environment sets a flag of cmd to: chord's own variable
// comes before llama.cpp's.
func variableOf(cmd *cobra.Command, f *pflag.Flag) (variable, bool) {
	if name := ownVariable(cmd, f); name != "" {
		if value, ok := ownValue(name); ok {
			return variable{name, value}, true
		}
	}
	for _, e := range environment {
		if value, ok := os.LookupEnv(e.variable); ok && e.flag == f.Name {
			if f.Value.Type() == "bool" { // as in llama.cpp, whose variable has NO in its name
				value = "true"
			}
			return variable{e.variable, value}, true
		}
	}
	return variable{}, false
}

// setFromEnvironment sets the flags of cmd that the command line does not. The flags of
// chord bench are those of llama-bench, which reads no variables.
func setFromEnvironment(cmd *cobra.Command) (err error) {
	if cmd.Name() == "bench" {
		return nil
	}
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		v, ok := variableOf(cmd, f)
		if !ok || f.Changed || err != nil {
			return
		}
		values := []string{v.value}
		if _, list := f.Value.(pflag.SliceValue); list {
			values = strings.Split(v.value, ",")
		}
		for _, value := range values {
			if e := f.Value.Set(value); e != nil {
				err = usagef("%s=%s: %v", v.name, value, e)
				return
			}
		}
	})
	return err
}

// fromEnvironment reports whether [setFromEnvironment] has set a flag of cmd.
func fromEnvironment(cmd *cobra.Command, f *pflag.Flag) bool {
	_, ok := variableOf(cmd, f)
	return ok && !f.Changed
}
