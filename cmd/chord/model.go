package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/llama"
)

// modelFlags say which model is opened and how, with llama.cpp's names.
type modelFlags struct {
	path    string
	options chord.Options
}

// flags registers the flags.
func (m *modelFlags) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&m.path, "model", "m", "", "GGUF `file`; without it, the model in the binary")
	f.IntVarP(&m.options.Context, "ctx-size", "c", 0, "prompt and text have at most `N` tokens; 0 is what the model says")
	threadsFlag(f, &m.options.Threads)
	f.StringVar(&m.options.CacheTypeK, "cache-type-k", llama.KVTypes()[0], "`type` of the keys in the cache: "+strings.Join(llama.KVTypes(), ", ")+" (also -ctk)")
	f.StringVar(&m.options.CacheTypeV, "cache-type-v", llama.KVTypes()[0], "`type` of the values there (also -ctv)")
	complete(cmd, "cache-type-k", llama.KVTypes()...)
	complete(cmd, "cache-type-v", llama.KVTypes()...)
	fileFlags(f, &m.options)
	modelFiles(cmd)
}

// promptCacheFlags registers --prompt-cache, whose name is llama.cpp's: there it is a
// file with one prompt, here a folder with all, and what lies there is always used.
func promptCacheFlags(f *pflag.FlagSet, o *chord.Options) {
	f.StringVar(&o.CacheDir, "prompt-cache", "", "keep what was computed of prompts in `folder`, for later ones that begin alike")
	f.Int64Var(&o.CacheDiskBytes, "prompt-cache-bytes", 8<<30, "at most `N` bytes there; what was used least recently goes")
}

// fileFlags registers the flags about how a file is read, which chord bench has
// too.
func fileFlags(f *pflag.FlagSet, o *chord.Options) {
	f.BoolVar(&o.NoRepack, "no-repack", false, "compute from the file as it lies: opened at once, slower")
	overrideKV(f, &o.OverrideKV)
}

// overrideKV registers --override-kv, the same for all commands.
func overrideKV(f *pflag.FlagSet, list *[]string) {
	f.Var((*keyValues)(list), "override-kv",
		"give a key of the file another value, `KEY=TYPE:VALUE` with TYPE int, float, bool or str, as in\n"+
			"tokenizer.ggml.pre=str:llama-bpe; may be given more than once")
}

// A keyValues has the values of --override-kv.
type keyValues []string

// String returns the values.
func (l *keyValues) String() string { return strings.Join(*l, " ") }

// Type names a value in help texts.
func (l *keyValues) Type() string { return "string" }

// Set adds a value that gguf.ParseKV can parse.
func (l *keyValues) Set(s string) error {
	if _, err := gguf.ParseKV(s); err != nil {
		return err
	}
	*l = append(*l, s)
	return nil
}

// setDefault gives a flag another default.
func setDefault(cmd *cobra.Command, name, value string) {
	f := cmd.Flags().Lookup(name)
	f.DefValue = value
	if err := f.Value.Set(value); err != nil {
		panic(err)
	}
}

// modelFiles completes the value of -m with GGUF files, and registers the flags that
// name a model in its place.
func modelFiles(cmd *cobra.Command) {
	if err := cmd.RegisterFlagCompletionFunc("model", modelNames); err != nil {
		panic(err)
	}
	hubFlags(cmd)
}

// check returns an error about the flags, and sets the options.
func (m *modelFlags) check() error {
	if m.options.Context < 0 {
		return usagef("-c %d: want 0 (the model's) or more", m.options.Context)
	}
	return checkCacheTypes([]string{m.options.CacheTypeK}, []string{m.options.CacheTypeV})
}

// checkCacheTypes returns an error about the values of -ctk and -ctv.
func checkCacheTypes(keys, values []string) error {
	for _, k := range keys {
		if _, err := llama.ParseKVType(k); err != nil {
			return usagef("-ctk %v", err)
		}
	}
	for _, v := range values {
		if _, err := llama.ParseKVType(v); err != nil {
			return usagef("-ctv %v", err)
		}
	}
	return nil
}
