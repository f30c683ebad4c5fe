package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/querent-ai/chord/internal/hub"
)

// rmCommand returns chord rm.
func (a *app) rmCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "rm name...",
		Short: "Remove models from the cache",
		Long: "Remove models from the cache. What other versions of a model share with it stays. On a\n" +
			"terminal it asks first.",
		Example: `  chord rm Qwen/Qwen2.5-0.5B-Instruct-GGUF:Q8_0
  chord rm --yes Qwen/Qwen2.5-0.5B-Instruct-GGUF:Q4_K_M`,
		Args:              cobra.MinimumNArgs(1),
		Annotations:       map[string]string{ownNames: "yes"},
		ValidArgsFunction: cachedNames,
	}
	a.runs(cmd, func(_ *cobra.Command, args []string) error {
		cache, err := hub.DefaultCache()
		if err != nil {
			return err
		}
		for _, name := range args {
			e, err := cache.Named(name)
			if err != nil {
				return err
			}
			if !yes && a.interactive() {
				if err := a.confirm(fmt.Sprintf("Remove %s, %s? [y/N] ", printable(e.Name), bytesText(e.Size)), "not removed"); err != nil {
					return err
				}
			}
			n, err := cache.Remove(e)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.out, "removed %s, %s freed\n", printable(e.Name), bytesText(n))
		}
		return nil
	})
	cmd.Flags().BoolVar(&yes, "yes", false, "remove without a question")
	return cmd
}

// cachedNames completes the names of models in the cache.
func cachedNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	cache, err := hub.DefaultCache()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	entries, err := cache.List()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
