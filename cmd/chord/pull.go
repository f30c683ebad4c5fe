package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/hub"
)

// pullCommand returns chord pull.
func (a *app) pullCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pull name...",
		Short: "Fetch models from Hugging Face",
		Long: "Fetch models, or what is new of them, and print where they are. A name is ORG/NAME,\n" +
			"with :QUANT if the files are not to be those of Q4_K_M (else the first), or\n" +
			"hf://ORG/NAME/FILE.gguf, ollama://HOST/NAME:TAG of a registry, or an address.\n\n" +
			"Files go to the cache that Python's huggingface_hub has too: CHORD_MODELS,\n" +
			"HF_HUB_CACHE or HF_HOME/hub. They are verified, and appear when they are whole;\n" +
			"what is cut short goes on at the next pull. HF_ENDPOINT names another hub, HF_TOKEN\n" +
			"a token, HF_HUB_OFFLINE=1 forbids the network.",
		Example: `  chord pull Qwen/Qwen2.5-0.5B-Instruct-GGUF
  chord pull Qwen/Qwen2.5-0.5B-Instruct-GGUF:Q8_0
  chord pull hf://Qwen/Qwen3-0.6B-GGUF/Qwen3-0.6B-Q8_0.gguf`,
		Args:        cobra.MinimumNArgs(1),
		Annotations: map[string]string{ownNames: "yes"},
	}
	a.runs(cmd, func(cmd *cobra.Command, args []string) error {
		for _, name := range args {
			path, err := a.pullName(cmd.Context(), cmd.Flags(), name)
			if err != nil {
				return err
			}
			fmt.Fprintln(a.out, path)
		}
		return nil
	})
	fetchFlags(cmd.Flags())
	return cmd
}

// pullName fetches one model and returns its path. A person is asked only if it does
// not fit in memory.
func (a *app) pullName(ctx context.Context, f *pflag.FlagSet, name string) (string, error) {
	r, err := hub.ParseRef(name)
	if err != nil {
		return "", usageError{err}
	}
	c, err := a.hub(f)
	if err != nil {
		return "", err
	}
	defer a.graceful.Store(a.graceful.Swap(true))
	m, err := a.find(ctx, c, r)
	if err != nil {
		return "", err
	}
	if e, ok := c.Cache.Lookup(r); !ok || e.Commit != m.Commit {
		fits := a.tell(ctx, c, m, chord.Options{})
		if yes, err := f.GetBool("yes"); err == nil && !yes && !fits && a.interactive() {
			if err := a.ask(fits); err != nil {
				return "", err
			}
		}
	}
	return a.pull(ctx, c, m)
}
