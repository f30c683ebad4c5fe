package main

import (
	"os"

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

// setFromEnvironment sets the flags of cmd that the command line does not. As in
// llama.cpp, a variable with NO in its name is true for any value. The flags of
// chord bench are those of llama-bench, which reads no variables.
func setFromEnvironment(cmd *cobra.Command) error {
	if cmd.Name() == "bench" {
		return nil
	}
	for _, e := range environment {
		f := cmd.Flags().Lookup(e.flag)
		value, ok := os.LookupEnv(e.variable)
		if f == nil || !ok || f.Changed {
			continue
		}
		if f.Value.Type() == "bool" {
			value = "true"
		}
		if err := f.Value.Set(value); err != nil {
			return usagef("%s=%s: %v", e.variable, value, err)
		}
	}
	return nil
}

// fromEnvironment reports whether [setFromEnvironment] has set a flag.
func fromEnvironment(f *pflag.Flag) bool {
	for _, e := range environment {
		if _, ok := os.LookupEnv(e.variable); ok && e.flag == f.Name && !f.Changed {
			return true
		}
	}
	return false
}
